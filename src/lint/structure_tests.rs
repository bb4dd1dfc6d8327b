use super::*;
use crate::service::Sharing;

static TOP: Service = Service { folder: String::new(), sharing: Sharing::Alone, apart: Vec::new() };

const FILES: [(&str, &str); 4] =
    [("go.mod", ""), ("assets/a.txt", ""), ("assets/b.txt", ""), ("package-lock.json", "")];

fn found(texts: &Texts) -> Vec<(&'static str, Option<usize>)> {
    let repo = Repo::from_list("x", FILES);
    structure(texts, &repo).into_iter().map(|reason| (reason.rule, reason.line)).collect()
}

fn rules(text: &str) -> Vec<(&'static str, Option<usize>)> {
    found(&Texts { dockerfile: Some(text), ..Texts::new(&TOP, |_| None) })
}

#[test]
fn a_stage_has_to_stand_above() {
    let unknown = |line| vec![("unknown-stage", Some(line))];
    assert_eq!(rules("FROM a:1 AS b\nFROM b\nCOPY --from=B x y\nCOPY --from=0 x y\nCOPY --from=a:1 x y\n"), []);
    assert_eq!(rules("FROM a:1 AS b\nFROM c:1\nCOPY --from=bb x y\n"), unknown(3));
    assert_eq!(rules("FROM a:1 AS b\nFROM c:1\nCOPY --from=1 x y\n"), unknown(3));
    assert_eq!(rules("FROM c:1\nRUN --mount=type=bind,from=b,target=/b true\n"), unknown(2));
    assert_eq!(rules("FROM c:1\nCOPY --from=b x y\nFROM a:1 AS b\n"), unknown(2));
    assert_eq!(rules("FROM b AS a\nFROM a:1 AS b\n"), unknown(1));
    assert_eq!(rules("FROM node AS node\nCOPY --from=$X a b\n"), unknown(1));
    assert_eq!(rules("FROM a:1 AS b\nFROM c:1 AS b\n"), [("duplicate-stage", Some(2))]);
}

#[test]
fn a_shell_has_to_be_there() {
    let base = "ARG V=13\nFROM gcr.io/distroless/static-debian${V}:nonroot AS base\n";
    let stage = |lines: &str| rules(&format!("{base}FROM base\n{lines}"));
    let none = vec![("no-shell", Some(4))];
    assert_eq!(stage("RUN true\n"), none);
    assert_eq!(stage("CMD x\n"), none);
    assert_eq!(stage("HEALTHCHECK CMD x\n"), none);
    assert_eq!(stage("RUN [\"/x\"]\nHEALTHCHECK NONE\nENTRYPOINT [\"/x\"]\n"), []);
    assert_eq!(stage("SHELL [\"/busybox/sh\", \"-c\"]\nRUN true\n"), []);
    assert_eq!(stage("COPY --from=busybox:1 /bin/sh /bin/sh\nRUN true\n"), []);
    assert_eq!(rules("FROM scratch\nADD rootfs.tar /\nRUN true\n"), []);
    assert_eq!(rules("FROM scratch\nRUN true\n"), [("no-shell", Some(2))]);
    assert_eq!(rules("FROM debian:13\nRUN true\n"), []);
}

#[test]
fn what_is_copied_may_not_be_hidden() {
    let with = |dockerfile, ignore| {
        found(&Texts { dockerfile: Some(dockerfile), dockerignore: Some(ignore), ..Texts::new(&TOP, |_| None) })
    };
    let hidden = vec![("hidden-input", Some(2))];
    assert_eq!(with("FROM a:1\nCOPY ./assets/ x\n", "assets"), hidden);
    assert_eq!(with("FROM a:1\nCOPY assets x\n", "*\n!assets/a.txt"), []);
    assert_eq!(with("FROM a:1\nCOPY package*.json ./\n", "*.json"), hidden);
    assert_eq!(with("FROM a:1\nRUN --mount=type=bind,source=go.mod,target=go.mod true\n", "*"), hidden);
    assert_eq!(with("FROM a:1\nCOPY . .\nCOPY not-here x\nCOPY --from=b:1 assets x\n", "assets"), []);
}

#[test]
fn any_sign_of_a_conflict_is_one() {
    for sign in ["<<<<<<< yours", "=======", ">>>>>>> dockgen", "||||||| base", "=======\r"] {
        let text = format!("FROM a:1\n{sign}\n");
        assert_eq!(rules(&text), [("conflict", Some(2))], "{sign}");
        assert_eq!(found(&Texts { dockerignore: Some(&text), ..Texts::new(&TOP, |_| None) }), [("conflict", Some(2))]);
        assert_eq!(found(&Texts { workflow: Some(&text), ..Texts::new(&TOP, |_| None) }), [("conflict", Some(2))]);
    }
    assert_eq!(rules("FROM a:1\nRUN x <<E\n========\nE\n"), []);
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    assert_eq!(rules("FROM a:1\nNOPE\n"), [("unparsable", Some(2))]);
    let yaml = |text| found(&Texts { workflow: Some(text), ..Texts::new(&TOP, |_| None) });
    assert_eq!(yaml("a: 1\nb: [\n")[0].0, "unparsable");
    assert_eq!(yaml("a: 1\n"), []);
}

#[test]
fn a_workflow_builds_a_stage_that_is_there() {
    let workflow = |with: &str| format!("jobs:\n  image:\n    steps:\n      - uses: x\n        with:\n{with}");
    let with = |text: &str| {
        let dockerfile = Some("FROM a:1 AS build\n");
        found(&Texts { dockerfile, workflow: Some(&workflow(text)), ..Texts::new(&TOP, |_| None) })
    };
    assert_eq!(with("          context: .\n          target: Build\n"), []);
    assert_eq!(with("          target: deps\n"), [("unknown-stage", Some(6))]);
    assert_eq!(with("          file: other/Dockerfile\n          target: deps\n"), []);
    assert_eq!(with("          target: ${{ matrix.target }}\n"), []);
}

#[test]
fn a_digest_belongs_to_a_version() {
    let read =
        |version: &str, digest: &str| steps(&format!("ARG V={version}\nFROM a:${{V}}-slim@sha256:{digest}\n")).unwrap();
    assert_eq!(foreign_digests(&read("1", "aa"), &read("1", "aa")), []);
    assert_eq!(foreign_digests(&read("1", "aa"), &read("2", "bb")), []);
    assert_eq!(foreign_digests(&read("1", "aa"), &read("2", "aa")), [(2, "a:2-slim@sha256:aa".to_owned())]);
}

/// The rows of the catalogs are the test: a runtime has a shell where its row says so.
#[test]
fn runtimes_without_a_shell_are_known() {
    let texts = [
        include_str!("../../templates/go/catalog.toml"),
        include_str!("../../templates/java/catalog.toml"),
        include_str!("../../templates/node/catalog.toml"),
        include_str!("../../templates/python/catalog.toml"),
    ];
    let mut rows = 0;
    for text in texts {
        let catalog: toml::Table = toml::from_str(text).unwrap();
        let lists = catalog.values().filter_map(|value| value.as_array()).flatten();
        for row in lists.filter(|row| row.get("provides").is_some() && row.get("image").is_some()) {
            let image = row["image"].as_str().unwrap();
            let has_shell = row["provides"].as_array().unwrap().iter().any(|word| word.as_str() == Some("shell"));
            assert_eq!(has_no_shell(image), !has_shell, "{image}");
            rows += 1;
        }
    }
    assert!(rows >= 15, "{rows}");
}
