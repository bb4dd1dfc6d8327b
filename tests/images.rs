//! Which images a repository gets: the release that is asked for, and a system that it was published on.

use dockgen::repo::Repo;
use dockgen::wishes::Wishes;
use dockgen::{dockerfile, lint};

struct Got {
    images: Vec<String>,
    toolchain: String,
    warnings: Vec<String>,
    dockerfile: String,
}

fn got(files: &[(&str, &str)], runtime: Option<&str>) -> Got {
    let wishes = Wishes { runtime: runtime.map(str::to_owned), ..Wishes::default() };
    let mut draft = dockgen::draft(&Repo::from_list("app", files.iter().copied()), &wishes).unwrap();
    let dockerfile = draft.documents.remove(0).text;
    let mut images: Vec<String> =
        lint::bases(&dockerfile::steps(&dockerfile).unwrap()).into_iter().map(|(_, image)| image).collect();
    images.sort();
    images.dedup();
    let toolchain = draft.plan.decisions.into_iter().find(|decision| decision.topic == "toolchain").unwrap().value;
    Got { images, toolchain, warnings: draft.plan.warnings, dockerfile }
}

fn node(version_file: &str, engines: &str, runtime: Option<&str>) -> Got {
    let manifest =
        format!(r#"{{"name": "a", "engines": {{"node": "{engines}"}}, "scripts": {{"start": "node server.js"}}}}"#);
    let files = [
        (".nvmrc", version_file),
        ("package.json", manifest.as_str()),
        ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {}}"#),
        ("server.js", "require('http').createServer((q, s) => s.end('x')).listen(3000);\n"),
    ];
    got(&files[usize::from(version_file.is_empty())..], runtime)
}

fn python(file: &str, text: &str, runtime: Option<&str>) -> Got {
    let app = "from flask import Flask\napp = Flask(__name__)\n";
    got(&[(file, text), ("requirements.txt", "flask==3.0.0\ngunicorn==23.0.0\n"), ("app.py", app)], runtime)
}

fn go(lines: &str, runtime: Option<&str>) -> Got {
    let main = "package main\nimport \"net/http\"\nfunc main() { _ = http.ListenAndServe(\":4500\", nil) }\n";
    got(&[("go.mod", format!("module example.org/clock\n\n{lines}").as_str()), ("main.go", main)], runtime)
}

#[test]
fn an_exact_release_stands_on_what_it_was_published_on() {
    for (got, expected) in [
        (node("24.1.0", "*", Some("alpine")), "node:24.1.0-alpine3.22"),
        (node("24.1.0", "*", None), "node:24.1.0-bookworm-slim"),
        (node("24.5.0", "*", None), "node:24.5.0-trixie-slim"),
        (node("20.0.0", "*", None), "node:20.20.2-trixie-slim"),
        (node("16.0.0", "*", None), "node:16.20.2-bookworm-slim"),
        (node("18.16.0", "*", None), "node:18.16.0-bookworm-slim"),
        // No release of the line stands on anything better.
        (node("12.11.0", "*", None), "node:12.11.0-buster-slim"),
        (node("12.11.0", "*", Some("alpine")), "node:12.11.0-alpine"),
        (node("", "<24.17.0", None), "node:24.16.0-trixie-slim"),
        (node("24.20.0", "*", None), "node:24.20.0-trixie-slim"),
        (node("", ">=20 <20.6", None), "node:20.5.1-bookworm-slim"),
        (python("runtime.txt", "python-3.11.5", None), "python:3.11.5-slim-bookworm"),
        (python(".python-version", "3.11.11\n", None), "python:3.11.11-slim-bookworm"),
        (python(".python-version", "3.11.3\n", None), "python:3.11.16-slim-trixie"),
        (python(".python-version", "3.12.1\n", Some("alpine")), "python:3.12.1-alpine3.19"),
        (python(".python-version", "3.10.20\n", None), "python:3.10.20-slim-trixie"),
        (go("go 1.24.0\n\ntoolchain go1.26.2\n", None), "golang:1.26.2-trixie"),
        (go("go 1.24.0\n\ntoolchain go1.24.5\n", None), "golang:1.24.5-bookworm"),
        (go("go 1.24.0\n\ntoolchain go1.29.1\n", None), "golang:1.29.1-trixie"),
        (go("go 1.24.0\n", None), "golang:1.27.0-trixie"),
        (go("go 1.26.3\n\ntoolchain go1.26.2\n", None), "golang:1.27.0-trixie"),
    ] {
        assert!(got.images.iter().any(|image| image == expected), "{expected}: {:?}", got.images);
    }
}

#[test]
fn nobody_gets_another_release_or_an_ended_system_in_silence() {
    for (got, said) in [
        (python(".python-version", "3.11.3\n", None), "3.11.16, the newest of its line, is taken"),
        (node("24.0.9", "*", None), "has no images: 24.19.0"),
        (node("24.1.0", "*", Some("alpine")), ""),
        (node("24.0.0", "*", Some("alpine")), "`node:24.0.0-alpine3.21`: Alpine 3.21 and older gets no more"),
        (node("12.11.0", "*", None), "`node:12.11.0-buster-slim`: Debian 10 and older gets no more security updates"),
        (go("go 1.24.0\ntoolchain go1.29.1\n", None), "Go 1.29.1 is younger than this dockgen"),
        (
            go("go 1.26.3\ntoolchain go1.26.2\n", None),
            "`go.mod`: `toolchain go1.26.2` asks for Go 1.26.2, which `go.mod`: `go 1.26.3` (1.26.3) rules out",
        ),
    ] {
        let is_said = got.warnings.iter().any(|warning| warning.contains(said));
        assert!(if said.is_empty() { got.warnings.is_empty() } else { is_said }, "{said}: {:?}", got.warnings);
        let found =
            lint::promises("Dockerfile", &got.dockerfile).into_iter().filter(|reason| reason.rule == "end-of-life");
        for reason in found.filter(|reason| !reason.message.contains("out of support")) {
            assert!(got.warnings.contains(&reason.message), "check alone says: {}", reason.message);
        }
    }
}

fn bun(version: &str, start: &str) -> Got {
    let manifest = format!(
        r#"{{"name": "dove", "packageManager": "bun@{version}", "scripts": {{"start": "{start}"}}, "dependencies": {{"hono": "4.6.9"}}}}"#
    );
    got(
        &[
            ("package.json", &manifest),
            ("index.ts", "export default { port: 3000, fetch: () => new Response() };\n"),
            ("index.js", ""),
        ],
        None,
    )
}

#[test]
fn what_bun_runs_is_of_bun() {
    let old = bun("1.1.34", "bun run index.ts");
    assert_eq!(old.toolchain, "Bun 1.1.34");
    assert!(old.images.contains(&"oven/bun:1.1.34-distroless".to_owned()), "{:?}", old.images);
    // Its Debian is older than the one that tini comes from.
    assert!(
        old.dockerfile.contains("COPY --link --from=init /usr/bin/tini-static /usr/bin/tini\n"),
        "{}",
        old.dockerfile
    );
    assert!(
        old.warnings.iter().any(|warning| warning.contains("Debian 11, below these images of Bun")),
        "{:?}",
        old.warnings
    );
    // No distroless image was published of it.
    assert!(bun("1.2.4", "bun run index.ts").images.contains(&"oven/bun:1.2.4-slim".to_owned()));
    assert!(bun("1.4.0", "bun run index.ts").images.contains(&"oven/bun:1.4.0-distroless".to_owned()));
    assert_eq!(bun("1.1.34", "node index.js").toolchain, "Node 24.19.0");
}

#[test]
fn no_tool_is_fetched_on_a_debian_that_has_ended() {
    for got in [node("12.11.0", "*", None), python(".python-version", "3.7.4\n", None)] {
        let apt = got.dockerfile.split("FROM ").find(|stage| stage.contains("apt-get"));
        assert!(apt.is_none_or(|stage| stage.starts_with("debian:trixie-slim AS init")), "{}", got.dockerfile);
    }
    let node = node("12.11.0", "*", None).dockerfile;
    assert!(
        node.contains("FROM debian:trixie-slim AS init") && node.contains("--from=init /usr/bin/tini-static"),
        "{node}"
    );
}

#[test]
fn packages_have_the_names_of_the_release() {
    let cgo = |toolchain: &str| {
        let lines =
            format!("module e.com/x\n\ngo 1.24.0\ntoolchain go{toolchain}\nrequire github.com/h2non/bimg v1.1.9\n");
        let main =
            "package main\nimport _ \"github.com/h2non/bimg\"\nfunc main() { http.ListenAndServe(\":80\", nil) }\n";
        got(&[("go.mod", &lines), ("go.sum", ""), ("main.go", main)], None)
    };
    let (old, new) = (cgo("1.24.1"), cgo("1.26.2"));
    assert_eq!(old.images, ["debian:bookworm-slim", "golang:1.24.1-bookworm"]);
    assert_eq!(new.images, ["debian:trixie-slim", "golang:1.26.2-trixie"]);
    assert!(old.dockerfile.contains(" libvips42 ") && new.dockerfile.contains(" libvips42t64 "), "{}", old.dockerfile);
}

#[test]
fn version_files_lose_against_the_bound_of_the_manifest() {
    let pyproject =
        "[project]\nname = \"almanac\"\nversion = \"1.0.0\"\nrequires-python = \">=3.11\"\ndependencies = []\n";
    let python =
        got(&[(".tool-versions", "python 3.9.2\n"), ("pyproject.toml", pyproject), ("main.py", "print(1)\n")], None);
    assert_eq!(python.toolchain, "Python 3.13.15");
    assert_eq!(
        python.warnings,
        [
            "`.tool-versions`: `python 3.9.2` asks for Python 3.9.2, which `pyproject.toml`: `requires-python = \">=3.11\"` (>=3.11) rules out"
        ]
    );
    let main = "package main\nfunc main() {}\n";
    let go = got(&[(".go-version", "1.22.1\n"), ("go.mod", "module e.com/x\n\ngo 1.24.0\n"), ("main.go", main)], None);
    assert_eq!((go.toolchain.as_str(), go.warnings.len()), ("Go 1.27.0", 1));
    let node = |lock: (&'static str, &'static str)| {
        let manifest = r#"{"name": "a", "engines": {"node": ">=24"}, "scripts": {"start": "node server.js"}}"#;
        got(&[(".nvmrc", "22.11.0"), lock, ("package.json", manifest), ("server.js", "")], None).toolchain
    };
    // pnpm refuses what `engines` rules out, npm does not.
    assert_eq!(node(("pnpm-lock.yaml", "lockfileVersion: '9.0'\n")), "Node 24.19.0");
    assert_eq!(node(("package-lock.json", r#"{"lockfileVersion": 3, "packages": {}}"#)), "Node 22.11.0");
}

#[test]
fn the_release_follows_the_line() {
    assert_eq!(go("go 1.24.0\ntoolchain go1.26.2\n", None).toolchain, "Go 1.26.2");
    assert!(go("go 1.24.0\ntoolchain go1.26.4\n", None).dockerfile.contains("ARG GO_VERSION=1.26.4\n"));
}
