//! What the sources say: ports, and whether the program ends when it is told to.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use crate::facts::{Evidence, Strength};
use crate::repo::Repo;
use crate::source::mask::{JAVASCRIPT, Masked};
use crate::source::pattern;

use super::image::Argument;

/// No more sources than this are read; entry files come first.
const MOST_FILES: usize = 300;

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Ports, with what says so.
    pub ports: Vec<(u16, Evidence)>,
    /// Where the port is taken from the environment; the flag says that a default is there.
    pub from_environment: Option<(Evidence, bool)>,
    /// Where the program begins to listen.
    pub listens: Option<Evidence>,
    /// Where it is bound to its own machine, which nobody outside of the container reaches.
    pub local: Option<Evidence>,
    /// Where it handles SIGTERM.
    pub signals: Option<Evidence>,
    /// Names in string literals, to know which files are read.
    pub literals: String,
}

/// A number in one of a pattern's groups is a port.
static PORTS: LazyLock<[Regex; 6]> = LazyLock::new(|| {
    [
        r#"env(?:\.|\[['"])(?:APP_|HTTP_|SERVER_|API_|WEB_)?PORT(?:['"]\])?\s*\)?\s*(?:,\s*10\s*\))?\s*(?:\|\||\?\?|:)\s*(?:process\.env\.\w+\s*(?:\|\||\?\?)\s*)*['"`]?(\d{2,5})\b"#,
        r#"\bPORT\s*=\s*['"`]?(\d{2,5})['"`]?\s*[,}][\t -~]{0,40}=\s*process\.env"#,
        r#"(?:\.listen|\bserve)\(\s*(?:\{[^{}]*?\bport\s*:\s*)?['"`]?(\d{2,5})\b"#,
        r#"get(?:<\w+>)?\(\s*['"](?:APP_|HTTP_|SERVER_|API_)?PORT['"]\s*(?:,|\)\s*(?:\|\||\?\?))\s*['"`]?(\d{2,5})\b"#,
        r#"\bPORT\s*:\s*\w[\t -:<-~]{0,80}?\.default\(\s*['"]?(\d{2,5})\b"#,
        r#"\bPORT\s*:\s*\w+\(\s*\{[^{}]*\bdefault\s*:\s*['"]?(\d{2,5})\b"#,
    ]
    .map(pattern)
});

/// Weaker: a name that is a port's.
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:(?:const|let|var)\s+(?:\w*_)?port(?::\s*\w+)?\s*=|port\s*:)\s*(\d{2,5})\b"));
static ENVIRONMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\benv(?:\.PORT\b|\[['"]PORT['"]\])|\{[^{}]*\bPORT\b[^{}]*\}\s*=\s*process\.env|get(?:OrThrow)?(?:<\w+>)?\(\s*['"]PORT['"]"#,
    )
});
static LISTENS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\.listen\(|\bserve\(|export default \{[^}]*\bfetch\b"));
static LOCAL: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\.listen\([^)]*['"](?:localhost|127\.0\.0\.1)['"]"#));
static SIGNALS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"process\.(?:on|once)\(\s*['"`]SIGTERM['"`]|enableShutdownHooks\("#));

static PUBLIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:import\.meta|process)\.env\.((?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|PUBLIC|GATSBY|NUXT_PUBLIC)_[A-Z0-9_]+)",
    )
});

/// The variables that a build writes into what browsers load, as the sources name them, sorted.
pub fn public_variables(repo: &Repo, folder: &str) -> Vec<Argument> {
    let extensions = [".js", ".mjs", ".ts", ".jsx", ".tsx", ".vue", ".svelte", ".astro"];
    let files =
        repo.below(folder).filter(|path| extensions.iter().any(|end| path.ends_with(end)) && !path.contains(".test."));
    let texts = files.take(MOST_FILES).filter_map(|path| repo.text(path));
    let named = |pattern: &Regex, text: &str| -> Vec<String> {
        pattern.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_str().to_owned())).collect()
    };
    let mut names: BTreeSet<String> = texts.flat_map(|text| named(&PUBLIC, text)).collect();
    for file in [".env.example", ".env.sample", ".env.template", ".env.dist", ".env", ".env.production"] {
        let path = super::project::join(folder, file);
        names.extend(repo.text(&path).into_iter().flat_map(|text| named(&EXAMPLE, text)));
    }
    let files = [".env.production", ".env"].map(|file| repo.text(&super::project::join(folder, file)));
    let assigned = files.map(|text| text.map(assignments).unwrap_or_default());
    let value = |name: &str| assigned.iter().find_map(|set| plain_value(set.get(name)?));
    names.into_iter().map(|name| Argument { value: value(&name), name }).collect()
}

/// What a file of variables sets, as it stands; of two values for a name the later one counts.
fn assignments(text: &str) -> HashMap<&str, &str> {
    let lines = text.lines().filter_map(|line| line.trim().trim_start_matches("export ").split_once('='));
    lines.map(|(key, value)| (key.trim(), value)).collect()
}

/// A value without its quotes; what refers to others or stands on several lines is left to the build.
fn plain_value(value: &str) -> Option<String> {
    let value = value.trim();
    let quoted = ['"', '\'', '`'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let plain = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim());
    let sound = !plain.is_empty() && !plain.contains(['$', '"', '\'', '`', '\\', '\n']);
    sound.then(|| plain.to_owned())
}

/// The same in a file that shows which variables there are.
static EXAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*(?:export\s+)?((?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|GATSBY|NUXT_PUBLIC)_[A-Z0-9_]+)\s*=")
});

/// Lines at the top level that import something.
static IMPORTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)^(?:(?:const|let|var)\b[^\n]*?=\s*|module\.exports\s*=\s*)?(?:require\(\s*|import\s+|import\s[^\n"']*?from\s+|export\s[^\n"']*?from\s+)['"]([^'"\n]+)['"]"#,
    )
});

/// Names of the packages that a file, and what it imports of the repository, import whenever it is started.
pub fn imported(repo: &Repo, entry: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut seen = BTreeSet::from([entry.to_owned()]);
    let mut waiting = vec![entry.to_owned()];
    while let Some(path) = waiting.pop().filter(|_| seen.len() < MOST_FILES) {
        let Some(text) = repo.text(&path) else { continue };
        let masked = Masked::new(text, &JAVASCRIPT);
        let live =
            IMPORTS.captures_iter(text).filter(|found| found.get(0).is_some_and(|all| is_live(&masked, all.start())));
        for target in live.filter_map(|found| found.get(1)).map(|target| target.as_str()) {
            match target.starts_with('.') {
                true => waiting.extend(local(repo, &path, target).filter(|next| seen.insert(next.clone()))),
                false => names.extend(package_name(target)),
            }
        }
    }
    names
}

/// The file that a relative import names.
fn local(repo: &Repo, from: &str, target: &str) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = super::project::normal(&super::project::join(folder, target))?;
    let ends = ["", ".js", ".mjs", ".cjs", ".ts", "/index.js", "/index.ts"];
    ends.iter().map(|end| format!("{path}{end}")).find(|path| repo.has(path))
}

/// `@a/b/c` is of the package `@a/b`.
fn package_name(target: &str) -> Option<String> {
    let parts = if target.starts_with('@') { 2 } else { 1 };
    let name = target.split('/').take(parts).collect::<Vec<_>>().join("/");
    (!name.starts_with("node:") && !name.is_empty()).then_some(name)
}

/// Whether a path is code that may run in production.
fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let code = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"].iter().any(|end| name.ends_with(end))
        || path.ends_with("bin/www");
    let tools =
        [".test.", ".spec.", ".d.ts", ".config.", ".conf.", ".stories.", ".min.", "gulpfile", "Gruntfile", "webpack."];
    let aside = tools.iter().any(|part| name.contains(part));
    let folders =
        ["test", "tests", "__tests__", "e2e", "examples", "docs", "public", "dist", "build", "cypress", "coverage"];
    code && !aside && !path.split('/').any(|part| folders.contains(&part))
}

/// Reads the sources of a folder, those whose names say that something begins there first.
pub fn read(repo: &Repo, folder: &str, entry: Option<&str>) -> Findings {
    let mut files: Vec<&str> = repo.below(folder).filter(|path| is_code(path) || Some(*path) == entry).collect();
    let begins = ["server.", "main.", "index.", "app.", "www", "start."];
    let rank = |path: &&str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        (
            Some(*path) != entry,
            !begins.iter().any(|begin| name.starts_with(begin)),
            path.matches('/').count(),
            path.to_string(),
        )
    };
    files.sort_by_cached_key(rank);
    let mut findings = Findings::default();
    for path in files.into_iter().take(MOST_FILES) {
        if let Some(text) = repo.text(path) {
            findings.add(path, text, Some(path) == entry);
        }
    }
    findings
}

impl Findings {
    fn add(&mut self, path: &str, text: &str, is_entry: bool) {
        let masked = Masked::new(text, &JAVASCRIPT);
        let at = |pattern: &Regex| {
            pattern
                .find_iter(text)
                .find(|found| is_live(&masked, found.start()))
                .map(|found| Evidence::new(path, masked.line(found.start()), Strength::Stated))
        };
        for (index, pattern) in PORTS.iter().chain([&*NAMED]).enumerate() {
            for found in pattern.captures_iter(text) {
                let (Some(whole), Some(port)) =
                    (found.get(0), found.get(1).and_then(|digits| digits.as_str().parse().ok()))
                else {
                    continue;
                };
                if is_live(&masked, whole.start()) && port > 0 {
                    let named = index == PORTS.len();
                    if named && is_elsewhere(path, port) {
                        continue;
                    }
                    let strength = if named { Strength::Convention } else { Strength::Stated };
                    self.ports.push((port, Evidence::new(path, masked.line(whole.start()), strength)));
                }
            }
        }
        if self.from_environment.is_none() {
            let default = PORTS.iter().any(|pattern| at(pattern).is_some());
            self.from_environment = at(&ENVIRONMENT).map(|evidence| (evidence, default));
        }
        let listens = || LISTENS.find(masked.code()).map(|found| masked.line(found.start()));
        let listens = || listens().map(|line| Evidence::new(path, line, Strength::Stated));
        self.listens = self.listens.take().or_else(listens);
        self.local = self.local.take().or_else(|| at(&LOCAL));
        if is_entry || self.signals.is_none() {
            self.signals = self.signals.take().or_else(|| at(&SIGNALS));
        }
        for literal in masked.strings().filter(|literal| literal.len() < 200) {
            self.literals.push_str(literal);
            self.literals.push('\n');
        }
    }

    /// Whether a string of the program names this file or folder of the service.
    pub fn names(&self, entry: &str) -> bool {
        self.literals.lines().any(|literal| literal.split('/').any(|part| part == entry))
    }
}

/// Whether a number beside the word port is another service's: of mail, of a database, of a message broker.
fn is_elsewhere(path: &str, port: u16) -> bool {
    let usual = [
        21, 22, 25, 110, 143, 389, 465, 587, 636, 993, 995, 1025, 1433, 1521, 2525, 3306, 5432, 5672, 6379, 9042, 9092,
        9200, 11211, 27017,
    ];
    let words = [
        "mail",
        "smtp",
        "redis",
        "mongo",
        "mysql",
        "postgres",
        "database",
        "typeorm",
        "sequelize",
        "knex",
        "rabbit",
        "kafka",
        "ormconfig",
    ];
    let path = path.to_lowercase();
    usual.contains(&port) || words.iter().any(|word| path.contains(word))
}

/// Whether code stands at this offset, and neither a comment nor the inside of a string.
fn is_live(masked: &Masked, offset: usize) -> bool {
    masked.code().get(offset..).and_then(|tail| tail.chars().next()).is_some_and(|c| !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Findings {
        let repo = Repo::from_list("x", [("src/main.ts", text)]);
        read(&repo, "", Some("src/main.ts"))
    }

    #[test]
    fn ports() {
        for (text, port) in [
            ("app.listen(3000)", Some(3000)),
            ("// app.listen(3000)", None),
            ("const PORT = process.env.PORT || 8080; app.listen(PORT)", Some(8080)),
            ("app.listen(process.env.PORT ?? 5000)", Some(5000)),
            ("app.listen(parseInt(process.env.PORT || '4000', 10))", Some(4000)),
            ("const port = process.env['PORT'] ?? '4001'", Some(4001)),
            ("const port = process.env.PORT ? +process.env.PORT : 4002", Some(4002)),
            ("fastify.listen({ host: '0.0.0.0', port: 3001 })", Some(3001)),
            ("serve({ fetch: app.fetch, port: 8788 })", Some(8788)),
            ("const schema = { PORT: Joi.number().default(3003) }; app.listen(c.port)", Some(3003)),
            ("cleanEnv(process.env, { PORT: port({ default: 3004 }) })", Some(3004)),
            ("const { PORT = 3002 } = process.env;", Some(3002)),
            ("const port: number = 7000;\napp.listen(port)", Some(7000)),
            ("await app.listen(config.get<number>('PORT', 3333))", Some(3333)),
            ("app.set('port', process.env.PORT || process.env.OTHER_PORT || 8081); app.listen(x)", Some(8081)),
            ("mail({ port: 465 }); app.listen(x)", None),
            ("const host = process.env.PGPORT || 5432", None),
            ("console.log('process.env.PORT || 9000')", None),
        ] {
            assert_eq!(findings(text).ports.first().map(|(port, _)| *port), port, "{text}");
        }
    }

    #[test]
    fn the_environment_signals_and_local_addresses() {
        assert!(findings("app.listen(process.env.PORT)").from_environment.is_some_and(|(_, default)| !default));
        assert!(findings("app.listen(process.env.PORT || 3000)").from_environment.is_some_and(|(_, default)| default));
        assert!(findings("process.on('SIGTERM', () => server.close())").signals.is_some());
        assert!(findings("// process.on('SIGTERM')").signals.is_none());
        assert!(findings("app.listen(3000, '127.0.0.1')").local.is_some());
        assert!(findings("path.join(__dirname, '../views/a')").names("views"));
    }

    #[test]
    fn packages_are_found_through_what_is_imported() {
        let repo = Repo::from_list(
            "x",
            [
                (
                    "a.js",
                    "require('ts-node/register');\nconst b = require('./b');\n// require('c')\nif (x) {\n  require('d')\n}",
                ),
                ("b/index.js", "import x from '@e/f/g';\nimport 'node:fs';\nimport '../a';"),
            ],
        );
        assert_eq!(imported(&repo, "a.js").into_iter().collect::<Vec<_>>(), ["@e/f", "ts-node"]);
    }

    #[test]
    fn public_variables_with_what_is_committed() {
        let repo = Repo::from_list(
            "x",
            [
                ("a.ts", "import.meta.env.VITE_A; process.env.SECRET"),
                (".env.example", "VITE_B=1\nPASSWORD=x"),
                (".env", "VITE_A=dev\nVITE_C=\"two words\"\nVITE_D=$VITE_A\nSECRET=x"),
                (".env.production", "VITE_A=https://a.example/api # here"),
            ],
        );
        let found = public_variables(&repo, "");
        let found: Vec<_> = found.iter().map(|argument| (argument.name.as_str(), argument.value.as_deref())).collect();
        let expected = [
            ("VITE_A", Some("https://a.example/api")),
            ("VITE_B", None),
            ("VITE_C", Some("two words")),
            ("VITE_D", None),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_pattern_compiles() {
        let _ = (&*PUBLIC, &*PORTS, &*IMPORTS, &*EXAMPLE, &*NAMED, &*ENVIRONMENT, &*LISTENS, &*LOCAL, &*SIGNALS);
    }
}
