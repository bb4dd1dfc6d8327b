//! What other programs read: SARIF and annotations.

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
