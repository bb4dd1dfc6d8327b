//! From the command line that people type to the words that the image runs: no package manager and, wherever it is
//! possible, no shell stands between.

use crate::command;
use crate::format::package_json::Texts;
use crate::source::Pattern;
use crate::source::shell::{self, Command};

use super::catalog::{CATALOG, Wrapper, WrapperKind};
use super::start::{self, PORT, Resolved, Start, with_port};
use super::steps::{changes_database, expand, matching, named_program, plain_program, words, wrapper};

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

impl Resolver<'_> {
    /// Reads a line.
    pub fn line(&self, line: &str) -> Resolved {
        let read = command::read_by(&with_port(line), &|argv| self.hop(argv));
        let mut into = Resolved { env: read.environment, folder: read.folder.clone(), ..Resolved::default() };
        let mut left = Vec::new();
        for step in read.before {
            match shell::steps(&step).last().map_or((false, false), |own| (is_done(self.scripts, own), self.makes(own)))
            {
                (true, _) => into.dropped.push(step),
                (_, true) => into.makes.push(step),
                _ => left.push(self.said(step)),
            }
        }
        left.extend((!read.folder.is_empty()).then(|| format!("cd {}", joined(&[read.folder]))));
        let last = match read.argv.is_empty() {
            true => Start::Shell(read.rest),
            false => self.start(read.argv, &mut into),
        };
        into.start = behind(left, last);
        into
    }

    /// Takes up what managers run before a script.
    pub fn before(&self, line: &str, into: &mut Resolved) {
        let mut steps = Vec::new();
        expand(self.scripts, line, &mut steps, 0);
        for step in steps {
            match (is_done(self.scripts, &step), self.makes(&step)) {
                (true, _) => into.dropped.push(step),
                (_, true) => into.makes.push(step),
                _ => into.hooks.push(step),
            }
        }
    }

    /// The line that words stand for: that of a script, or the one that a watcher starts again.
    fn hop(&self, argv: &[String]) -> Option<String> {
        let plain = plain_program(argv.to_vec());
        if plain != argv {
            return Some(joined(&plain));
        }
        let (row, rest) = wrapper(argv)?;
        let mut words = rest.iter().skip_while(|word| word.starts_with('-'));
        match row.kind {
            WrapperKind::Node => {
                let at = rest.iter().position(|word| word == "--exec" || word == "-x")?;
                let (line, more) = rest.get(at + 1..)?.split_first()?;
                Some(format!("{line} {}", joined(more)))
            }
            WrapperKind::Series => {
                let names = words.filter(|word| !word.starts_with('-'));
                let names = names.flat_map(|name| matching(self.scripts, name));
                let lines: Vec<&str> = names.filter_map(|name| self.scripts.get(&name)).map(String::as_str).collect();
                (!lines.is_empty()).then(|| with_port(&lines.join(" && ")))
            }
            WrapperKind::Script | WrapperKind::Bun => {
                let name = words.next().filter(|name| !CATALOG.skipped.commands.contains(name))?;
                // Managers put what follows behind the script's line.
                let more = joined(&words.filter(|word| *word != "--").cloned().collect::<Vec<_>>());
                match self.scripts.get(name) {
                    Some(line) => Some(with_port(&format!("{line} {more}"))),
                    None if row.kind == WrapperKind::Bun => None,
                    None if name == "start" => Some("node server.js".to_owned()),
                    // What is no script is a command of a package.
                    None => Some(format!("{} {more}", joined(std::slice::from_ref(name)))),
                }
            }
            _ => None,
        }
    }

    /// A step; the line of the script that it calls, where that is a single command.
    fn said(&self, step: String) -> String {
        let mut inner = Vec::new();
        expand(self.scripts, &step, &mut inner, 0);
        let is_plain = matches!(shell::parse(&step), Command::Simple { env, .. } if env.is_empty());
        if inner.len() == 1 && is_plain { inner.remove(0) } else { step }
    }

    /// Whether a step, with the scripts that it calls, only turns sources into files.
    fn makes(&self, step: &str) -> bool {
        let mut inner = Vec::new();
        expand(self.scripts, step, &mut inner, 0);
        let makes = |step: &String| words(step).first().is_some_and(|word| CATALOG.skipped.makers.contains(word));
        !inner.is_empty() && inner.iter().all(makes)
    }

    fn start(&self, argv: Vec<String>, into: &mut Resolved) -> Start {
        let plain = named_program(argv.clone());
        if let Some((row, rest)) = wrapper(&plain).filter(|_| plain != argv) {
            match row.kind {
                WrapperKind::Develop => return Start::Develop(joined(&plain)),
                WrapperKind::Static => return Start::Files(folder(row, rest)),
                _ => {}
            }
        }
        let Some((row, rest)) = wrapper(&argv) else { return self.program(argv) };
        match row.kind {
            WrapperKind::Script | WrapperKind::Series => Start::Shell(joined(&argv)),
            WrapperKind::Node => self.node(without_development(rest), into),
            WrapperKind::Bun => Start::Bun(without_development(rest)),
            WrapperKind::Typescript => loaded(row, without_development(rest), into),
            WrapperKind::Static => Start::Files(folder(row, rest)),
            WrapperKind::Develop => Start::Develop(joined(&argv)),
        }
    }

    fn node(&self, args: Vec<String>, into: &mut Resolved) -> Start {
        // Node reads TypeScript by itself since 22.18; watchers and older ones take what is there for it.
        let helps = |row: &&Wrapper| row.helps && row.words.iter().any(|word| (self.command)(word).is_some());
        match args.iter().position(|word| !word.starts_with('-')).and_then(|at| Some((at, args.get(at)?.as_str()))) {
            Some((at, "." | "./")) => {
                let mut args = args.clone();
                args.splice(at..=at, [self.main.unwrap_or("index.js").to_owned()]);
                Start::Node(args)
            }
            Some((0, file)) if start::is_typescript(file) => match CATALOG.wrapper.iter().find(helps) {
                Some(row) => loaded(row, args, into),
                None => Start::Node(args),
            },
            Some((_, file)) => Start::Node((self.ecosystem)(file).map_or(args, |script| vec![script])),
            None => Start::Node(args),
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
}

/// Whether a step is left out of a start: the build of the image has done it, or it changes a database.
fn is_done(scripts: &Texts, step: &str) -> bool {
    let mut inner = Vec::new();
    expand(scripts, step, &mut inner, 0);
    let is_built = CATALOG.skipped.built.iter().any(|begin| step.starts_with(begin.as_str()));
    is_built || inner.first().is_some_and(|step| changes_database(step))
}

/// A source that a package loads.
fn loaded(row: &Wrapper, args: Vec<String>, into: &mut Resolved) -> Start {
    into.packages.extend(row.packages.iter().cloned());
    Start::Node([row.load.clone(), args].concat())
}

/// A start behind steps that only a shell can run before it.
fn behind(mut left: Vec<String>, last: Start) -> Start {
    let end = match &last {
        Start::Shell(line) => replacing(line),
        _ if left.is_empty() => return last,
        Start::Node(args) => format!("exec node {}", joined(args)),
        Start::Bun(args) => format!("exec bun {}", joined(args)),
        Start::Program(argv) => format!("exec {}", joined(argv)),
        Start::Files(_) | Start::Develop(_) => return last,
    };
    left.push(end);
    Start::Shell(left.join(" && ").replace(PORT, "$PORT"))
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
fn joined(argv: &[String]) -> String {
    shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_default()
}

/// The arguments of node without what only developers want.
fn without_development(rest: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let is_option = |option: &String| match option.strip_suffix('*') {
            Some(begin) => word.starts_with(begin),
            None => word.strip_prefix(option.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')),
        };
        if CATALOG.skipped.pairs.contains(word) {
            words.next();
        } else if !CATALOG.skipped.options.iter().any(is_option) {
            kept.push(word.clone());
        }
    }
    kept
}

/// The arguments of a program that takes PORT by itself, to which `-p $PORT` says nothing.
fn without_port_variable(program: &str, rest: &[String]) -> Vec<String> {
    let takes_port = CATALOG.skipped.ports.iter().any(|name| name == program);
    let Some(at) = rest.iter().position(|word| word == PORT).filter(|_| takes_port) else {
        return rest.to_vec();
    };
    rest.iter().enumerate().filter(|(index, _)| *index != at && index + 1 != at).map(|(_, word)| word.clone()).collect()
}

/// The folder that a file server is told of.
fn folder(row: &Wrapper, rest: &[String]) -> Option<String> {
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if row.values.contains(word) {
            words.next();
        } else if !word.starts_with('-') && !word.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(word.trim_start_matches("./").trim_end_matches('/').to_owned());
        }
    }
    None
}

/// The first script that a configuration of pm2 names.
pub fn named_script(text: &str) -> Option<String> {
    static NAMED: Pattern = Pattern::new(r#"\bscript['"]?\s*:\s*['"]?([A-Za-z0-9_./-]+\.[cm]?[jt]s)\b"#);
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
