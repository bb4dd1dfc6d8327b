//! What other programs read: JSON, SARIF and annotations.

mod support;

use serde_json::Value;
use support::Tree;

/// A service with findings, in a folder of a git repository.
fn broken(folder: &str) -> Tree {
    let tree = Tree::new(&[(".git/HEAD", "ref: refs/heads/main\n")]);
    let place = |file: &str| format!("{folder}/{file}");
    tree.write(&place("go.mod"), b"module example.com/x\n\ngo 1.26\n");
    tree.write(&place("main.go"), b"package main\n\nfunc main() {}\n");
    assert_eq!(tree.run(&["init", "--yes", folder]).code, 0);
    let text = tree.read(&place("Dockerfile")).replace("USER 1001\n", "USER 1001\nENV API_TOKEN=x \\\n    MODE=y\n");
    tree.write(&place("Dockerfile"), text.replace("FROM gcr", "FROM busybox AS extra\nFROM gcr").as_bytes());
    tree
}

/// The line, from 1, that starts with this.
fn line_of(tree: &Tree, file: &str, start: &str) -> usize {
    tree.read(file).lines().position(|line| line.starts_with(start)).unwrap() + 1
}

#[test]
fn annotations_name_the_file_in_the_git_repository_and_the_whole_instruction() {
    let tree = broken("apps/a,b:c %");
    let said = tree.run(&["check", "--format", "github", "apps/a,b:c %"]);
    assert_eq!(said.code, 1);
    let line = line_of(&tree, "apps/a,b:c %/Dockerfile", "ENV API_TOKEN");
    let start =
        format!("::error file=apps/a%2Cb%3Ac %25/Dockerfile,line={line},endLine={},title=dockgen secret::", line + 1);
    assert!(said.out.contains(&start), "{start}\n{}", said.out);
    assert!(said.out.contains("::warning file=apps/a%2Cb%3Ac %25/Dockerfile,line="), "{}", said.out);
    // From within the folder it is the same file.
    let inside = Tree::new(&[]);
    assert_eq!(
        inside.run(&["check", "--format", "github", tree.path().join("apps/a,b:c %").to_str().unwrap()]).out,
        said.out
    );
}

#[test]
fn sarif_has_what_code_scanning_needs() {
    let tree = broken("apps/my shop");
    let said: Value = serde_json::from_str(&tree.run(&["check", "--format", "sarif", "apps/my shop"]).out).unwrap();
    assert_eq!(said["version"], "2.1.0");
    let driver = &said["runs"][0]["tool"]["driver"];
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    let rules = driver["rules"].as_array().unwrap();
    for rule in rules {
        assert!(rule["help"]["text"].as_str().unwrap().ends_with('.'), "{rule}");
        assert!(rule["helpUri"].as_str().unwrap().ends_with("docs/check.md#the-rules"), "{rule}");
    }
    let results = said["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() >= 2, "{said:#}");
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "apps/my%20shop/Dockerfile");
        assert!(place["region"]["endLine"].as_u64() >= place["region"]["startLine"].as_u64());
    }
    let secret = results.iter().find(|result| result["ruleId"] == "secret").unwrap();
    let line = line_of(&tree, "apps/my shop/Dockerfile", "ENV API_TOKEN");
    let region = serde_json::json!({ "startLine": line, "endLine": line + 1 });
    assert_eq!(secret["locations"][0]["physicalLocation"]["region"], region);
    assert_eq!(secret["level"], "error");
}

/// Whether a value is as this part of the schema says. It knows the words that the published schema uses, and no others.
fn fits(value: &Value, part: &Value, whole: &Value) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what}: {value:.200} is not {part:.200}"));
    for (word, says) in part.as_object().unwrap() {
        match word.as_str() {
            "$ref" => fits(value, whole.pointer(says.as_str().unwrap().trim_start_matches('#')).unwrap(), whole)?,
            "const" if value != says => return wrong("const"),
            "enum" if !says.as_array().unwrap().contains(value) => return wrong("enum"),
            "type" => {
                let is = |name: &Value| match name.as_str().unwrap() {
                    "string" => value.is_string(),
                    "integer" => value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => panic!("type {other}"),
                };
                let fits = says.as_array().map_or_else(|| is(says), |names| names.iter().any(is));
                if !fits {
                    return wrong("type");
                }
            }
            "required" => {
                let missing = says.as_array().unwrap().iter().find(|key| value.get(key.as_str().unwrap()).is_none());
                if let Some(key) = missing {
                    return wrong(&format!("without {key}"));
                }
            }
            "additionalProperties" => {
                let known = &part["properties"];
                let more = value.as_object().unwrap().keys().find(|key| known.get(key.as_str()).is_none());
                if let Some(key) = more {
                    return wrong(&format!("with {key}"));
                }
            }
            "properties" => {
                for (key, part) in says.as_object().unwrap() {
                    value.get(key).map_or(Ok(()), |value| fits(value, part, whole))?;
                }
            }
            "items" => value.as_array().into_iter().flatten().try_for_each(|item| fits(item, says, whole))?,
            "oneOf" => {
                let all: Vec<_> = says.as_array().unwrap().iter().map(|part| fits(value, part, whole)).collect();
                if all.iter().filter(|fits| fits.is_ok()).count() != 1 {
                    return Err(format!("not one of them: {all:#?}"));
                }
            }
            "const" | "enum" | "description" | "title" | "$schema" | "$defs" => {}
            other => panic!("this test does not know `{other}`"),
        }
    }
    Ok(())
}

/// What a run prints, after it was held against the published schema; which kind of object it is.
fn json(tree: &Tree, arguments: &[&str]) -> (i32, String, Value) {
    let schema: Value = serde_json::from_str(include_str!("../docs/output.schema.json")).unwrap();
    let done = tree.run(arguments);
    let value: Value =
        serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{arguments:?} {error}: {}", done.out));
    assert_eq!(value["schema"], 1, "{arguments:?}");
    fits(&value, &schema, &schema).unwrap_or_else(|wrong| panic!("{arguments:?}: {wrong}"));
    let kinds = schema["oneOf"].as_array().unwrap();
    let kind = kinds.iter().find(|kind| fits(&value, kind, &schema).is_ok()).unwrap()["$ref"].as_str().unwrap();
    (done.code, kind.trim_start_matches("#/$defs/").to_owned(), value)
}

#[test]
fn json_of_every_command_is_what_the_schema_says() {
    let mut seen = std::collections::BTreeSet::new();
    for fixture in ["go-server", "node-server", "python-flask", "java-spring-boot"] {
        let tree = Tree::fixture(fixture);
        let mut is = |arguments: &[&str], code: i32, kind: &str| {
            let (exit, is, value) = json(&tree, arguments);
            assert_eq!((exit, is.as_str()), (code, kind), "{fixture} {arguments:?} {value:#}");
            seen.insert(is);
            value
        };
        assert!(is(&["update", "--json"], 1, "error")["error"]["hint"].as_str().unwrap().contains("dockgen init"));
        assert_eq!(is(&["init", "--json", "--dry-run"], 0, "init")["wrote"], false);
        assert_eq!(is(&["--json", "--name", "shop"], 0, "init")["wrote"], true);
        assert_eq!(is(&["check", "--json"], 0, "check")["reasons"], serde_json::json!([]));
        is(&["explain", "--json"], 0, "explain");
        is(&["explain", "--json", "Dockerfile:3"], 0, "explain-file");
        assert_eq!(is(&["config", "get", "name", "--json"], 0, "config-get")["value"], "shop");
        is(&["config", "set", "run.env.MODE", "x", "nowhere", "--json"], 2, "error");
        tree.run(&["config", "set", "run.env.MODE", "x"]);
        assert_eq!(is(&["config", "list", "--json"], 0, "config-list")["values"]["run"]["env"]["MODE"], "x");
        assert_eq!(is(&["check", "--format", "json"], 1, "check")["reasons"][0]["level"], "warning");
        assert_eq!(is(&["update", "--json", "--port", "7777"], 0, "update")["wrote"], true);
        is(&["config", "get", "uid", "--json"], 1, "error");
        is(&["update", "--json", "--portt", "1"], 2, "error");
        is(&["init", "--json", "--lang", "nod"], 2, "error");
        is(&["init", "--json", "--toolchain", "99"], 1, "error");
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[test]
fn json_of_several_services_is_what_the_schema_says() {
    let serves = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n";
    let tree = Tree::new(&[
        ("api/go.mod", "module example.com/api\n\ngo 1.26\n"),
        ("api/main.go", serves),
        ("web/package.json", r#"{"name": "web", "scripts": {"start": "node server.js"}}"#),
        ("web/server.js", "require('http').createServer().listen(3000);\n"),
        ("words/go.mod", "module example.com/words\n\ngo 1.26\n"),
        ("words/words.go", "package words\n"),
    ]);
    let is = |arguments: &[&str], code: i32, kind: &str| {
        let (exit, is, value) = json(&tree, arguments);
        assert_eq!((exit, is.as_str()), (code, kind), "{arguments:?} {value:#}");
        value
    };
    let explained = is(&["explain", "--json"], 0, "explain-services");
    assert_eq!(
        (&explained["services"][0]["service"], &explained["services"][1]["port"]),
        (&"api".into(), &"3000".into())
    );
    assert_eq!(explained["passed_over"][0]["folder"], "words");
    assert_eq!(is(&["explain", "--json", "--service", "web"], 0, "explain")["language"], "node");
    let init = is(&["init", "--json", "--yes", "--service", "api"], 0, "services");
    assert_eq!((&init["not_written"][0]["service"], &init["wrote"]), (&"web".into(), &true.into()));
    assert_eq!(init["services"][0]["changes"][0]["path"], "api/Dockerfile");
    assert_eq!(init["services"][0]["news"], serde_json::json!([]));
    assert_eq!(init["changes"][0]["path"], "docker-bake.hcl");
    let check = is(&["check", "--json"], 0, "check");
    assert_eq!(
        (&check["reasons"][0]["rule"], &check["reasons"][0]["file"]),
        (&"missing".into(), &"web/Dockerfile".into())
    );
    tree.write("api/main.go", serves.replace("8081", "9090").as_bytes());
    let update = is(&["update", "--json"], 0, "services");
    assert_eq!(update["services"][0]["news"][0].as_str().unwrap().split(':').next(), Some("port"), "{update:#}");
}
