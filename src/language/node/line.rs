//! From the command line that people type to the words that the image runs: no package manager and, wherever it is
//! possible, no shell stands between.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::format::package_json::Texts;
use crate::source::pattern;
use crate::source::shell::{self, Command};

use super::catalog::CATALOG;
use super::catalog::WrapperKind;
use super::start::{self, PORT, Resolved, Start, with_port};
use super::wrapper::{
    bare, folder, inner, named_program, plain_program, without_development, without_port_variable, wrapper,
};

/// What is known of the project while its lines are read.
pub struct Resolver<'a> {
    /// The scripts of package.json.
    pub scripts: &'a Texts,
    /// `main` of package.json.
    pub main: Option<&'a str>,
    /// Finds the file of a package's command.
    pub command: &'a dyn Fn(&str) -> Option<String>,
    /// Finds what a configuration of pm2 starts.
    pub ecosystem: &'a dyn Fn(&str) -> Option<String>,
    /// Finds the interpreter in the first line of a file of the project.
    pub interpreter: &'a dyn Fn(&str) -> Option<String>,
}

/// How many scripts may call one another.
const DEEPEST: usize = 8;

impl Resolver<'_> {
    /// Reads a line.
    pub fn line(&self, line: &str) -> Resolved {
        let mut resolved = Resolved::default();
        resolved.start = match self.steps(&with_port(line), &mut resolved, 0) {
            Start::Shell(line) => Start::Shell(line.replace(PORT, "$PORT")),
            start => start,
        };
        resolved
    }

    fn steps(&self, line: &str, into: &mut Resolved, depth: usize) -> Start {
        let all = shell::steps(line);
        let (last, before) = all.split_last().map_or(("", &[][..]), |(last, before)| (*last, before));
        let mut left = Vec::new();
        let mut known = HashMap::new();
        for step in before.iter().filter(|step| !step.is_empty()) {
            match step.strip_prefix("set ").or_else(|| step.strip_prefix("export ")).and_then(shell::assignment) {
                Some((name, value)) => into.env.push((name.to_owned(), value.trim().to_owned())),
                None if self.is_done(step) => into.dropped.push((*step).to_owned()),
                None if self.makes(step, &mut known, 0) => into.makes.push((*step).to_owned()),
                None => left.push(self.hop(step)),
            }
        }
        let last = self.step(last, into, depth);
        if left.is_empty() {
            return match last {
                Start::Shell(line) => Start::Shell(replacing(&line)),
                last => last,
            };
        }
        let end = match &last {
            Start::Node(args) => format!("exec node {}", words(args)),
            Start::Bun(args) => format!("exec bun {}", words(args)),
            Start::Program(argv) => format!("exec {}", words(argv)),
            Start::Shell(line) => replacing(line),
            Start::Files(_) | Start::Develop(_) => return last,
        };
        left.push(&end);
        Start::Shell(left.join(" && "))
    }

    /// The line of the script that a step calls, where it is a single command.
    fn hop<'s>(&'s self, step: &'s str) -> &'s str {
        let Command::Simple { env, argv } = shell::parse(step) else { return step };
        let script = wrapper(&argv).filter(|(row, _)| row.kind == WrapperKind::Script && env.is_empty());
        let line = script.and_then(|(_, rest)| self.scripts.get(rest.first().filter(|_| rest.len() == 1)?));
        line.map(|line| line.trim()).filter(|line| shell::steps(line).len() == 1).unwrap_or(step)
    }

    fn is_done(&self, step: &str) -> bool {
        let begins = |list: &[String]| list.iter().any(|begin| step.starts_with(begin.as_str()));
        let script =
            step.strip_prefix("npm run ").or_else(|| step.strip_prefix("yarn ")).or_else(|| step.strip_prefix("pnpm "));
        let inner = script.and_then(|name| self.scripts.get(name.trim()));
        begins(&CATALOG.skipped.migrations)
            || begins(&CATALOG.skipped.built)
            || inner
                .is_some_and(|inner| CATALOG.skipped.migrations.iter().any(|begin| inner.starts_with(begin.as_str())))
    }

    /// Whether a step, with the scripts that it calls, only turns sources into files; `known` are scripts that were looked
    /// into, of which one that is not done yet calls itself.
    fn makes<'s>(&'s self, step: &str, known: &mut HashMap<&'s str, bool>, depth: usize) -> bool {
        let Command::Simple { argv, .. } = shell::parse(step) else { return false };
        let argv = plain_program(bare(argv));
        let script = wrapper(&argv).filter(|(row, _)| row.kind == WrapperKind::Script);
        let called = script.and_then(|(_, rest)| self.scripts.get_key_value(rest.first()?));
        let Some((name, line)) = called.filter(|_| depth < DEEPEST) else {
            return argv.first().is_some_and(|word| CATALOG.skipped.makers.contains(word));
        };
        if let Some(makes) = known.get(name.as_str()) {
            return *makes;
        }
        known.insert(name, false);
        let makes = shell::steps(line).into_iter().all(|step| self.makes(step, known, depth + 1));
        known.insert(name, makes);
        makes
    }

    fn step(&self, step: &str, into: &mut Resolved, depth: usize) -> Start {
        match shell::parse(step) {
            Command::Shell => Start::Shell(step.to_owned()),
            Command::Simple { env, argv } => {
                into.env.extend(env);
                self.words(argv, into, depth)
            }
        }
    }

    fn words(&self, argv: Vec<String>, into: &mut Resolved, depth: usize) -> Start {
        if depth > DEEPEST {
            return Start::Shell(words(&argv));
        }
        let argv = plain_program(argv);
        // Bun runs scripts and files by the same words.
        if argv.first().is_some_and(|word| word == "bun") {
            return self.bun(argv.get(1..).unwrap_or_default(), into, depth);
        }
        let plain = named_program(argv.clone());
        if let Some((row, rest)) = wrapper(&plain).filter(|_| plain != argv) {
            match row.kind {
                WrapperKind::Develop => return Start::Develop(words(&plain)),
                WrapperKind::Static => return Start::Files(folder(rest)),
                _ => {}
            }
        }
        let Some((wrapper, rest)) = wrapper(&argv) else { return self.program(argv) };
        match wrapper.kind {
            WrapperKind::Pass => self.words(inner(rest, into), into, depth + 1),
            WrapperKind::Script => self.script(&argv, rest, into, depth),
            WrapperKind::Node => self.node(rest, into, depth),
            WrapperKind::Typescript => {
                into.packages.extend(wrapper.packages.iter().cloned());
                Start::Node([wrapper.load.clone(), without_development(rest)].concat())
            }
            WrapperKind::Static => Start::Files(folder(rest)),
            WrapperKind::Develop => Start::Develop(words(&argv)),
        }
    }

    /// `npm run NAME -- more`; what is no script is a command of a package.
    fn script(&self, argv: &[String], rest: &[String], into: &mut Resolved, depth: usize) -> Start {
        let mut words = rest.iter().skip_while(|word| word.starts_with('-'));
        let Some(name) = words.next() else { return Start::Program(argv.to_vec()) };
        let more: Vec<String> = words.filter(|word| *word != "--").cloned().collect();
        if argv.first().is_some_and(|word| CATALOG.skipped.series.contains(word)) && !more.is_empty() {
            let all: Vec<String> = [vec![name.clone()], more].concat();
            let all: Vec<String> =
                all.iter().filter(|name| !name.starts_with('-')).map(|name| format!("npm run {name}")).collect();
            return self.steps(&all.join(" && "), into, depth + 1);
        }
        match self.scripts.get(name) {
            // Managers put what follows behind the script's line.
            Some(line) if more.is_empty() => self.steps(&with_port(line), into, depth + 1),
            Some(line) => self.steps(&with_port(&format!("{line} {}", self::words(&more))), into, depth + 1),
            None if name == "start" => self.node(&["server.js".to_owned()], into, depth),
            None => self.words([vec![name.clone()], more].concat(), into, depth + 1),
        }
    }

    fn node(&self, rest: &[String], into: &mut Resolved, depth: usize) -> Start {
        if let Some(at) = rest.iter().position(|word| word == "--exec" || word == "-x") {
            let line = rest.get(at + 1..).unwrap_or_default();
            return match line {
                [one] => self.step(one, into, depth + 1),
                [one, more @ ..] => self.step(&format!("{one} {}", words(more)), into, depth + 1),
                [] => Start::Develop(words(rest)),
            };
        }
        let args = without_development(rest);
        match args.iter().find(|word| !word.starts_with('-')).map(String::as_str) {
            Some("." | "./") => {
                let main = self.main.unwrap_or("index.js").to_owned();
                Start::Node(
                    args.into_iter()
                        .map(|word| if word == "." || word == "./" { main.clone() } else { word })
                        .collect(),
                )
            }
            Some(file) if start::is_typescript(file) && !args.iter().any(|word| word.starts_with('-')) => {
                self.typescript(args, into)
            }
            Some(file) => match (self.ecosystem)(file) {
                Some(script) => Start::Node(vec![script]),
                None => Start::Node(args),
            },
            None => Start::Node(args),
        }
    }

    /// Node reads TypeScript by itself since 22.18; nodemon and older ones take ts-node, where it is there.
    fn typescript(&self, args: Vec<String>, into: &mut Resolved) -> Start {
        match (self.command)("ts-node") {
            None => Start::Node(args),
            Some(_) => {
                into.packages.extend(["ts-node".to_owned(), "typescript".to_owned()]);
                Start::Node([vec!["--require".to_owned(), "ts-node/register".to_owned()], args].concat())
            }
        }
    }

    fn program(&self, argv: Vec<String>) -> Start {
        let (first, rest) = argv.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        if let Some(file) = (self.command)(first) {
            return Start::Node([vec![file], without_port_variable(first, rest)].concat());
        }
        match (self.interpreter)(first).as_deref() {
            Some("node") => Start::Node(argv),
            Some(shell) => Start::Program([vec![shell.to_owned()], argv].concat()),
            None => Start::Program(argv),
        }
    }

    fn bun(&self, rest: &[String], into: &mut Resolved, depth: usize) -> Start {
        let mut words =
            rest.iter().skip_while(|word| *word == "run" || *word == "--bun" || *word == "--hot" || *word == "--watch");
        let Some(name) = words.next() else { return Start::Program(vec!["bun".to_owned()]) };
        let more: Vec<String> = words.cloned().collect();
        match self.scripts.get(name) {
            Some(line) => self.steps(&with_port(line), into, depth + 1),
            None => Start::Bun([vec![name.clone()], more].concat()),
        }
    }
}

/// A line whose program takes the place of the shell, where it is a single one.
fn replacing(line: &str) -> String {
    let single = line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '/')
        && !line.contains(['|', ';', '&', '<', '>', '(', ')', '`']);
    let command =
        line.split_whitespace().next().is_some_and(|word| !word.contains('=') && word != "exec" && word != "echo");
    if single && command { format!("exec {line}") } else { line.to_owned() }
}

/// Words joined for a shell.
fn words(argv: &[String]) -> String {
    shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_default()
}

/// The first script that a configuration of pm2 names.
pub fn named_script(text: &str) -> Option<String> {
    static NAMED: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"\bscript['"]?\s*:\s*['"]?([A-Za-z0-9_./-]+\.[cm]?[jt]s)\b"#));
    Some(NAMED.captures(text)?.get(1)?.as_str().trim_start_matches("./").to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scripts(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(name, line)| ((*name).to_owned(), (*line).to_owned())).collect()
    }

    fn resolve(line: &str, scripts: &Texts) -> Resolved {
        let command = |name: &str| Some(format!("node_modules/{}", CATALOG.commands.get(name)?));
        let interpreter = |file: &str| (file == "./start.sh").then(|| "bash".to_owned());
        let ecosystem = |file: &str| (file == "ecosystem.config.js").then(|| "lib/cluster.js".to_owned());
        Resolver {
            scripts,
            main: Some("lib/main.js"),
            command: &command,
            ecosystem: &ecosystem,
            interpreter: &interpreter,
        }
        .line(line)
    }

    fn node(args: &str) -> Start {
        Start::Node(args.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn lines_come_down_to_what_runs() {
        let scripts = scripts(&[
            ("start", "node dist/a.js"),
            ("serve", "npm run start -- --x"),
            ("ring", "npm run ring"),
            ("db", "prisma migrate deploy"),
            ("css", "sass a.scss a.css && tailwindcss -i a -o b"),
            ("with-env", "dotenv -e ../../.env --"),
        ]);
        for (line, start) in [
            ("node index.js", node("index.js")),
            ("node .", node("lib/main.js")),
            ("node --inspect=0.0.0.0 --enable-source-maps a.js", node("--enable-source-maps a.js")),
            ("NODE_ENV=production node a.js", node("a.js")),
            ("cross-env NODE_ENV=production node a.js", node("a.js")),
            ("npm start", node("dist/a.js")),
            ("npm run serve", node("dist/a.js --x")),
            ("yarn start", node("dist/a.js")),
            ("pnpm run start", node("dist/a.js")),
            ("dotenv -e .env -- node a.js", node("a.js")),
            ("npx next start -p 4000", node("node_modules/next/dist/bin/next start -p 4000")),
            ("next start -p $PORT", node("node_modules/next/dist/bin/next start")),
            ("next start -p ${PORT:-4000}", node("node_modules/next/dist/bin/next start -p 4000")),
            ("remix-serve build/index.js", node("node_modules/@remix-run/serve/dist/cli.js build/index.js")),
            ("nodemon server.js", node("server.js")),
            ("nodemon --watch src --exec 'node a.js'", node("a.js")),
            ("pm2-runtime start a.js --name x", node("a.js")),
            ("pm2 start ecosystem.config.js --no-daemon", node("lib/cluster.js")),
            ("tsx src/a.ts", node("--import tsx src/a.ts")),
            ("npm run build && node dist/a.js", node("dist/a.js")),
            ("prisma migrate deploy && node dist/a.js", node("dist/a.js")),
            ("npm run db && node dist/a.js", node("dist/a.js")),
            ("npm run css && node dist/a.js", node("dist/a.js")),
            ("pnpm with-env next start", node("node_modules/next/dist/bin/next start")),
            ("echo hi && node a.js", Start::Shell("echo hi && exec node a.js".to_owned())),
            (
                "echo $(node --version) && node a.js",
                Start::Shell("echo $(node --version) && exec node a.js".to_owned()),
            ),
            ("node a.js $X", Start::Shell("exec node a.js $X".to_owned())),
            ("node a.js > b", Start::Shell("node a.js > b".to_owned())),
            ("./start.sh", Start::Program(vec!["bash".to_owned(), "./start.sh".to_owned()])),
            ("serve -s build -l 3000", Start::Files(Some("build".to_owned()))),
            ("vite preview", Start::Files(None)),
            ("node --x=1 ./node_modules/vite/bin/vite.js preview", Start::Files(None)),
            ("node node_modules/@angular/cli/bin/ng serve", Start::Files(None)),
            ("http-server ./dist/ -p 80", Start::Files(Some("dist".to_owned()))),
            ("nest start", Start::Develop("nest start".to_owned())),
            ("bun index.ts", Start::Bun(vec!["index.ts".to_owned()])),
            ("bun run start", node("dist/a.js")),
            ("bun run index.ts", Start::Bun(vec!["index.ts".to_owned()])),
            ("unknown x", Start::Program(vec!["unknown".to_owned(), "x".to_owned()])),
        ] {
            assert_eq!(resolve(line, &scripts).start, start, "{line}");
        }
        assert!(matches!(resolve("npm run ring", &scripts).start, Start::Shell(_)));
    }

    #[test]
    fn variables_and_left_out_steps_are_kept_in_mind() {
        let resolved = resolve("cross-env A=1 B=2 node a.js", &Texts::new());
        assert_eq!(resolved.env, [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())]);
        assert_eq!(resolve("prisma migrate deploy && node a.js", &Texts::new()).dropped, ["prisma migrate deploy"]);
        assert_eq!(resolve("npx sass a b && node a.js", &Texts::new()).makes, ["npx sass a b"]);
        assert_eq!(resolve("tsx a.ts", &Texts::new()).packages, ["tsx"]);
        assert_eq!(start::port(&["start".to_owned(), "-p".to_owned(), "4000".to_owned()]), Some(4000));
        assert_eq!(start::file(&["-r".to_owned(), "x".to_owned(), "--y".to_owned(), "a.js".to_owned()]), Some("a.js"));
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_a_panic(line in "(?s)(npm run a|node|&&|cross-env|\\$PORT|\\$\\{PORT|[ -~]{0,6}| ){0,12}") {
            resolve(&line, &scripts(&[("a", &line)]));
        }
    }
}
