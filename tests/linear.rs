//! What a file costs grows with its length, in time and in memory: each row is a file of one piece, repeated.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "the test starts itself and the binary")]

mod support;

use std::process::Command;

use dockgen::repo::Repo;
use dockgen::wishes::Wishes;
use nix::sys::resource::{UsageWho, getrusage};
use support::Tree;

/// Files that make a repository: a path, and its text for a size. `{n}` is the number of the piece, `{m}` of the next one.
type Files = [(&'static str, &'static str, &'static str, &'static str)];

/// A row: what grows, how often its piece is repeated at first, and the files as path, head, piece, tail.
struct Row(&'static str, usize, &'static Files);

const GO_MOD: (&str, &str, &str, &str) = ("go.mod", "module e.com/x\n\ngo 1.24\n", "", "");
const GO_MAIN: (&str, &str, &str, &str) = ("main.go", "package main\nfunc main() {}\n", "", "");
const NODE: (&str, &str, &str, &str) = ("package.json", r#"{"name":"x","scripts":{"start":"node index.js"}}"#, "", "");
const SERVER: (&str, &str, &str, &str) = ("index.js", "require('http').createServer().listen(3000);\n", "", "");
const FLASK: (&str, &str, &str, &str) = ("requirements.txt", "flask==3.0\n", "", "");
const APP: (&str, &str, &str, &str) = ("app.py", "from flask import Flask\napp = Flask(__name__)\n", "", "");
const JAVA: (&str, &str, &str, &str) = (
    "src/main/java/a/App.java",
    "package a;\npublic class App { public static void main(String[] a) { new ServerSocket(8080); } }\n",
    "",
    "",
);
const POM: &str = "<project><groupId>a</groupId><artifactId>x</artifactId><version>1</version>";

const GO_ROWS: [Row; 17] = [
    Row(
        "services of a platform",
        300,
        &[
            GO_MOD,
            GO_MAIN,
            (
                "render.yaml",
                "services:\n",
                "- {type: web, name: s{n}, startCommand: ./s{n}, disk: {mountPath: /d{n}}}\n",
                "",
            ),
        ],
    ),
    Row(
        "manifests of a cluster",
        200,
        &[
            GO_MOD,
            GO_MAIN,
            (
                "k8s/a.yaml",
                "",
                "---\nkind: Deployment\nmetadata: {name: d{n}}\nspec: {template: {spec: {containers: [{image: x, args: [a{n}], ports: [{containerPort: 80}]}]}}}\n",
                "",
            ),
        ],
    ),
    Row("variables of an example", 1000, &[GO_MOD, GO_MAIN, (".env.example", "", "NAME_{n}=value\n", "")]),
    Row(
        "steps of a workflow",
        1000,
        &[
            GO_MOD,
            GO_MAIN,
            (
                ".github/workflows/a.yml",
                "steps:\n",
                "- uses: actions/setup-node@v4\n  with:\n    node-version: {n}\n",
                "",
            ),
        ],
    ),
    Row(
        "imports on a line",
        1000,
        &[GO_MOD, ("main.go", "package main\nimport (", "\"a/b{n}\";", ")\nfunc main() {}")],
    ),
    Row("strings on a line", 2000, &[GO_MOD, ("main.go", "package main\nfunc main() { x(\"\"", ",\"abc\"", ") }")]),
    Row(
        "servers on a line",
        666,
        &[GO_MOD, ("main.go", "package main\nfunc main() { ", "http.ListenAndServe(\":8080\", nil);", "}")],
    ),
    Row(
        "files that are read",
        2664,
        &[GO_MOD, ("main.go", "package main\nfunc main() {\n", "os.ReadFile(\"a/b{n}\")\n", "}")],
    ),
    Row(
        "files that are read and there",
        300,
        &[
            GO_MOD,
            ("main.go", "package main\nfunc main() {\n", "os.ReadFile(\"d/{n}.yaml\")\n", "}"),
            ("d/{n}.yaml", "", "port: 9000\n", ""),
        ],
    ),
    Row(
        "configuration by name",
        500,
        &[
            GO_MOD,
            ("main.go", "package main\nfunc main() {\n", "v.SetConfigName(\"a{n}\")\nv.AddConfigPath(\"c{n}\")\n", "}"),
        ],
    ),
    Row(
        "embedded folders",
        300,
        &[
            GO_MOD,
            ("main.go", "package main\n", "//go:embed d{n}/*\nvar v{n} embed.FS\n", "func main() {}"),
            ("d{n}/x", "", "", ""),
        ],
    ),
    Row("members of a workspace", 4000, &[GO_MOD, GO_MAIN, ("go.work", "use (\n", "\t./m{n}\n", ")\n")]),
    Row(
        "modules of a workspace",
        264,
        &[
            GO_MOD,
            GO_MAIN,
            ("go.work", "use (\n\t.\n", "\t./m{n}\n", ")\n"),
            ("m{n}/go.mod", "", "module e.com/m{n}\n", ""),
            ("m{n}/a.go", "", "package m\nimport \"e.com/m{m}\"\n", ""),
        ],
    ),
    Row("replacements", 2000, &[GO_MAIN, ("go.mod", "module x\nreplace (\n", "\ta/b{n} => ./b{n}\n", ")\n")]),
    Row("requirements", 5332, &[GO_MAIN, ("go.mod", "module x\nrequire (\n", "\ta/b{n} v1.0.0\n", ")\n")]),
    Row(
        "programs in a chain of packages",
        198,
        &[
            GO_MOD,
            ("cmd/s{n}/main.go", "", "package main\nimport \"e.com/x/p/p0\"\nfunc main() {}\n", ""),
            ("p/p{n}/a.go", "", "package p\nimport \"e.com/x/p/p{m}\"\nfunc X() { http.ListenAndServe() }\n", ""),
        ],
    ),
    Row("slashes of an import", 33330, &[GO_MOD, ("main.go", "package main\nimport \"", "a/", "\"\nfunc main() {}")]),
];

const NODE_ROWS: [Row; 13] = [
    Row("slashes that open nothing", 19998, &[NODE, ("index.js", "x", "=/[", "")]),
    Row("servers on a line", 3000, &[NODE, ("index.js", "", "app.listen(3000);", "")]),
    Row("servers in a comment", 3999, &[NODE, ("index.js", "/*", "export default {serve(", "*/")]),
    Row("ports of the environment", 1998, &[NODE, ("index.js", "", "process.env.PORT||3000;", "")]),
    Row(
        "scripts that call two others",
        999,
        &[
            SERVER,
            (
                "package.json",
                r#"{"scripts":{"start":"npm run s0","#,
                r#""s{n}":"npm run s{m} && npm run s{m}","#,
                r#""z":""}}"#,
            ),
        ],
    ),
    Row(
        "steps that call one another",
        498,
        &[
            SERVER,
            (
                "package.json",
                r#"{"scripts":{"b":"npm run a && npm run a","a":"npm run b && npm run b","start":""#,
                "npm run a && ",
                r#"node index.js"}}"#,
            ),
        ],
    ),
    Row(
        "words before a command",
        3000,
        &[SERVER, ("package.json", r#"{"scripts":{"start":"node index.js","build":""#, "shx ", r#"tsc"}}"#)],
    ),
    Row(
        "dependencies",
        1500,
        &[
            SERVER,
            (
                "package.json",
                r#"{"scripts":{"start":"node index.js"},"dependencies":{"#,
                r#""p{n}":"^1.0.0","#,
                r#""z":"1"}}"#,
            ),
        ],
    ),
    Row(
        "locked packages",
        1500,
        &[
            NODE,
            SERVER,
            (
                "package-lock.json",
                r#"{"lockfileVersion":3,"packages":{"#,
                r#""node_modules/p{n}":{"version":"1.0.0","dependencies":{"p{m}":"1"}},"#,
                r#""node_modules/z":{"version":"1.0.0"}}}"#,
            ),
        ],
    ),
    Row(
        "locked packages of Yarn",
        1500,
        &[NODE, SERVER, ("yarn.lock", "# yarn lockfile v1\n\n", "p{n}@^1.0.0:\n  version \"1.0.0\"\n\n", "")],
    ),
    Row(
        "locked packages of pnpm",
        1500,
        &[
            NODE,
            SERVER,
            ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n\npackages:\n", "  p{n}@1.0.0:\n    dev: true\n", ""),
        ],
    ),
    Row(
        "members of a workspace",
        99,
        &[
            SERVER,
            ("package.json", r#"{"scripts":{"start":"node index.js"},"workspaces":["#, r#""w{n}","#, r#""z"]}"#),
            ("w{n}/package.json", "", r#"{"name":"w{n}","version":"1.0.0"}"#, ""),
        ],
    ),
    Row(
        "variables of a build",
        999,
        &[
            (
                "package.json",
                r#"{"scripts":{"start":"vite preview","build":"vite build"},"devDependencies":{"vite":"5"}}"#,
                "",
                "",
            ),
            ("src/a.ts", "", "import.meta.env.VITE_A{n};", ""),
            (".env", "", "VITE_A{n}=1\n", ""),
        ],
    ),
];

const PYTHON_ROWS: [Row; 18] = [
    Row("calls on a line", 1000, &[FLASK, ("app.py", "x=[", "f(1),", "]")]),
    Row("calls in calls", 666, &[FLASK, ("app.py", "x=", "run(", "")]),
    Row("programs on a line", 500, &[FLASK, ("app.py", "import subprocess\n", "subprocess.run('ls');", "")]),
    Row("variables on a line", 666, &[FLASK, ("app.py", "x=[", "os.environ['A'],", "]")]),
    Row("ports of a name", 333, &[FLASK, ("app.py", "", "app.run(port=PORT)\n", "")]),
    Row("ports of an option", 333, &[FLASK, ("app.py", "", "app.run(port=args.port)\n", "")]),
    Row("imports that are not closed", 666, &[FLASK, ("app.py", "", "from a import (\n", "")]),
    Row("imports", 333, &[FLASK, ("app.py", "", "import a{n}\n", "")]),
    Row("applications", 166, &[FLASK, ("app.py", "", "import m{n}\nx{n} = flask.Flask(a)\n", "")]),
    Row("functions in a chain", 166, &[FLASK, ("app.py", "", "def g{n}():\n  return g{m}()\nx{n} = g{n}()\n", "")]),
    Row("a function that calls itself", 333, &[FLASK, ("app.py", "x = f()\ndef f():\n", "  f()\n", "")]),
    Row("files", 33, &[FLASK, APP, ("p/m{n}.py", "", "from p.m{m} import f\nx = f()\n", "")]),
    Row("processes", 333, &[FLASK, APP, ("Procfile", "", "p{n}: python a.py\n", "")]),
    Row("steps of a process", 1000, &[FLASK, APP, ("Procfile", "web: ", "a && ", "python app.py")]),
    Row("requirements", 200, &[APP, ("requirements.txt", "flask\n", "p{n}==1.0\n", "")]),
    Row("hashes", 1000, &[APP, ("requirements.txt", "flask==1", " \\\n  --hash=sha256:aaaa", "\n")]),
    Row(
        "tables",
        266,
        &[
            APP,
            ("pyproject.toml", "[project]\nname='x'\nversion='1'\ndependencies=['flask']\n", "[tool.a{n}]\nx=1\n", ""),
        ],
    ),
    Row(
        "locked packages",
        100,
        &[
            APP,
            ("pyproject.toml", "[project]\nname='x'\nversion='1'\ndependencies=['p0']\n", "", ""),
            (
                "uv.lock",
                "version = 1\n",
                "[[package]]\nname = 'p{n}'\nversion = '1'\ndependencies = [{ name = 'p{m}' }]\nwheels = [{ url = 'https://e.com/p{n}-1-py3-none-any.whl' }]\n",
                "",
            ),
        ],
    ),
];

const JAVA_ROWS: [Row; 8] = [
    Row(
        "dependencies",
        798,
        &[
            JAVA,
            (
                "pom.xml",
                "<project><artifactId>x</artifactId><dependencies>",
                "<dependency><groupId>g</groupId><artifactId>a{n}</artifactId><version>${v}</version></dependency>",
                "</dependencies></project>",
            ),
        ],
    ),
    Row(
        "plugins",
        798,
        &[
            JAVA,
            (
                "pom.xml",
                "<project><artifactId>x</artifactId><build><plugins>",
                "<plugin><artifactId>a{n}</artifactId><configuration><x>a/b{n}</x></configuration></plugin>",
                "</plugins></build></project>",
            ),
        ],
    ),
    Row(
        "properties in a chain",
        1998,
        &[
            JAVA,
            (
                "pom.xml",
                "<project><artifactId>x</artifactId><properties>",
                "<p{n}>${p{m}}</p{n}>",
                "</properties></project>",
            ),
        ],
    ),
    Row(
        "properties in a name",
        1998,
        &[
            JAVA,
            (
                "pom.xml",
                "<project><artifactId>x</artifactId><build><finalName>",
                "${project.artifactId}",
                "</finalName></build></project>",
            ),
        ],
    ),
    Row(
        "repositories",
        798,
        &[
            JAVA,
            (
                "pom.xml",
                "<project><artifactId>x</artifactId><repositories>",
                "<repository><id>r{n}</id><url>https://e.com/{n}</url></repository>",
                "</repositories></project>",
            ),
        ],
    ),
    Row(
        "modules",
        180,
        &[
            (
                "pom.xml",
                "<project><groupId>a</groupId><artifactId>x</artifactId><version>1</version><packaging>pom</packaging><modules>",
                "<module>m{n}</module>",
                "</modules></project>",
            ),
            (
                "m{n}/pom.xml",
                "",
                "<project><groupId>a</groupId><artifactId>m{n}</artifactId><version>1</version><dependencies><dependency><groupId>a</groupId><artifactId>m{m}</artifactId></dependency></dependencies></project>",
                "",
            ),
            ("m0/src/main/java/a/App.java", "class App { public static void main(String[] a) {} }", "", ""),
        ],
    ),
    Row(
        "sockets",
        798,
        &[
            ("pom.xml", POM, "", "</project>"),
            (
                "src/main/java/a/App.java",
                "class App { public static void main(String[] a) { ",
                "new ServerSocket(P{n});",
                "} }",
            ),
        ],
    ),
    Row(
        "settings",
        798,
        &[
            JAVA,
            (
                "pom.xml",
                POM,
                "",
                "<dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>",
            ),
            ("src/main/resources/application.yml", "server:\n  port: 8081\n", "a{n}:\n  b: 1\n", ""),
        ],
    ),
];

/// The files of a row; one whose path has a number is there once for each.
fn files(row: &Files, size: usize) -> Vec<(String, String)> {
    let fill = |text: &str, n: usize| match text.contains('{') {
        true => text.replace("{n}", &n.to_string()).replace("{m}", &(n + 1).to_string()),
        false => text.to_owned(),
    };
    let file = |(path, head, piece, tail): &(&str, &str, &str, &str)| match path.contains("{n}") {
        true => (0..size).map(|n| (fill(path, n), format!("{head}{}{tail}", fill(piece, n)))).collect(),
        false => {
            vec![((*path).to_owned(), format!("{head}{}{tail}", (0..size).map(|n| fill(piece, n)).collect::<String>()))]
        }
    };
    row.iter().flat_map(file).collect()
}

/// Seconds that this thread has computed.
fn computed() -> f64 {
    let time = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
    time(usage.user_time()) + time(usage.system_time())
}

fn cost(row: &Files, size: usize) -> f64 {
    let files = files(row, size);
    let repo = Repo::from_list("x", files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let before = computed();
    let _ = dockgen::draft(&repo, &Wishes::default());
    computed() - before
}

/// Four times the size may cost eight times as much, beyond what any repository costs. What grows with the square costs sixteen
/// times as much. A machine that is busy gets three trials.
fn all_grow_linearly(rows: &[Row]) {
    let fixed = rows.iter().take(3).map(|row| cost(row.2, 1)).fold(f64::MAX, f64::min);
    for Row(name, size, files) in rows {
        let trial = || {
            let (small, large) = (cost(files, *size) - fixed, cost(files, size * 4) - fixed);
            (small, large, large < 8.0 * small.max(0.02))
        };
        let trials: Vec<(f64, f64, bool)> = (0..3)
            .scan(false, |done, _| {
                let trial = (!*done).then(trial)?;
                *done = trial.2;
                Some(trial)
            })
            .collect();
        assert!(trials.iter().any(|trial| trial.2), "{name}: {trials:?}");
    }
}

#[test]
fn go_grows_linearly() {
    all_grow_linearly(&GO_ROWS);
}

#[test]
fn node_grows_linearly() {
    all_grow_linearly(&NODE_ROWS);
}

#[test]
fn python_grows_linearly() {
    all_grow_linearly(&PYTHON_ROWS);
}

#[test]
fn java_grows_linearly() {
    all_grow_linearly(&JAVA_ROWS);
}

/// What a process may take beside what it reads, in bytes.
const ALLOWANCE: usize = 50 << 20;

/// Files that are large, how often their piece is repeated, and the command that reads them.
const LARGE: [(&str, usize, &str, &Files); 12] = [
    ("requirements", 200_000, INIT, &[APP, ("requirements.txt", "flask\n", "p{n}==1.0\n", "")]),
    ("tables", 60_000, INIT, &[APP, ("pyproject.toml", "[project]\nname='x'\n", "[tool.a{n}]\n", "")]),
    ("lists in lists", 200_000, INIT, &[APP, ("pyproject.toml", "x=", "[", "")]),
    (
        "locked packages",
        3_000,
        INIT,
        &[
            APP,
            ("pyproject.toml", "[project]\nname='x'\nversion='1'\ndependencies=['p0']\n", "", ""),
            (
                "uv.lock",
                "version = 1\n",
                "[[package]]\nname = \"p{n}\"\nversion = \"1\"\ndependencies = [{ name = \"p{m}\" }]\nwheels = [\n    { url = \"https://files.example.org/packages/ab/cd/p{n}-1-cp312-cp312-manylinux_2_17_x86_64.whl\", hash = \"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", size = 1 },\n]\n",
                "",
            ),
        ],
    ),
    ("a line of Go", 100_000, INIT, &[GO_MOD, ("main.go", "package main\nfunc main() { x(\"\"", ",\"abc\"", ") }")]),
    ("a line of JavaScript", 50_000, INIT, &[NODE, ("index.js", "", "app.listen(3000);", "")]),
    ("processes", 20_000, INIT, &[FLASK, APP, ("Procfile", "", "p{n}: python a.py\n", "")]),
    ("patterns", 15_000, INIT, &[GO_MOD, GO_MAIN, (".gitignore", "", "**/a{n}/**\n", "")]),
    (
        "dependencies",
        8_000,
        INIT,
        &[
            JAVA,
            (
                "pom.xml",
                "<project><artifactId>x</artifactId><dependencies>",
                "<dependency><groupId>g</groupId><artifactId>a{n}</artifactId></dependency>",
                "</dependencies></project>",
            ),
        ],
    ),
    (
        "settings",
        40_000,
        INIT,
        &[JAVA, ("pom.xml", POM, "", "</project>"), ("src/main/resources/application.yml", "", "a{n}: {b: 1}\n", "")],
    ),
    (
        "steps",
        100_000,
        "explain Dockerfile:5",
        &[GO_MOD, GO_MAIN, ("Dockerfile", "FROM a:1\n", "RUN echo hello world\n", "")],
    ),
    ("documents", 60_000, "update", &[GO_MOD, GO_MAIN, ("dockgen.lock", "", "[[document]]\npath = \"p{n}\"\n", "")]),
];

const INIT: &str = "init --yes --dry-run -q";

/// Starts the binary for [`no_file_takes_more_than_twenty_times_its_size`], which wants a process of its own for each measurement.
#[test]
#[ignore = "started by another test"]
#[expect(clippy::disallowed_macros, reason = "another test reads it")]
fn measured() {
    let (Ok(words), Ok(folder)) = (std::env::var("MEASURED_WORDS"), std::env::var("MEASURED_FOLDER")) else { return };
    let done = Command::new(env!("CARGO_BIN_EXE_dockgen")).args(words.split(' ')).current_dir(folder).output().unwrap();
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    println!("measured {} {peak} {}", done.status.code().unwrap_or(-1), String::from_utf8_lossy(&done.stderr).trim());
}

/// The exit code, the most memory that was held, in bytes, and what was said.
fn peak(tree: &Tree, words: &str) -> (i32, usize, String) {
    let mut own = Command::new(std::env::current_exe().unwrap());
    own.args(["measured", "--exact", "--ignored", "--nocapture"]);
    let done = own.env("MEASURED_WORDS", words).env("MEASURED_FOLDER", tree.path()).output().unwrap();
    let out = String::from_utf8_lossy(&done.stdout).into_owned();
    let (_, line) =
        out.split_once("measured ").and_then(|_| out.split_once("\nmeasured ")).unwrap_or_else(|| panic!("{out}"));
    let mut parts = line.splitn(3, ' ');
    let mut number = || parts.next().unwrap().parse::<usize>().unwrap();
    let (code, kibibytes) = (number(), number());
    (code as i32, kibibytes << 10, parts.next().unwrap_or_default().to_owned())
}

#[test]
fn no_file_takes_more_than_twenty_times_its_size() {
    for (name, size, words, row) in LARGE {
        let texts = files(row, size);
        let tree = Tree::new(&[]);
        texts.iter().for_each(|(path, text)| tree.write(path, text.as_bytes()));
        let largest = texts.iter().map(|(_, text)| text.len()).max().unwrap_or_default();
        let (code, peak, said) = peak(&tree, words);
        assert!((0..=2).contains(&code), "{name}: {code} {said}");
        assert!(peak <= ALLOWANCE + 20 * largest.min(16 << 20), "{name}: {peak} of {largest}");
    }
}
