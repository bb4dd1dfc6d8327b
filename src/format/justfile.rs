//! `justfile`: recipes with the variables that it sets itself.

use std::collections::BTreeMap;

use super::Fault;
use super::tasks::{LONGEST, MOST_TASKS, Task, UNKNOWN};
use crate::source::{Found, Pattern};

/// Reads the recipes, in order.
///
/// # Errors
/// Never: what is not understood is passed over.
pub fn parse(text: &str) -> Result<Vec<Task>, Fault> {
    static HEAD: Pattern = Pattern::new(r"^@?([A-Za-z_][\w-]*)[^:]*:(?:\s+(.*))?$");
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    let mut tasks: Vec<Task> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            let line = line.trim().trim_start_matches(['@', '-']);
            if let Some(task) = tasks.last_mut().filter(|_| !line.is_empty() && !line.starts_with('#')) {
                task.lines.push(filled(line, &values));
            }
        } else if let Some((name, value)) = line.trim_start_matches("export ").split_once(":=") {
            let plain = value.trim().strip_prefix(['"', '\'']).and_then(|text| text.strip_suffix(['"', '\'']));
            values.insert(name.trim(), plain.map_or_else(|| UNKNOWN.to_owned(), |text| filled(text, &values)));
        } else if let Some(found) = HEAD.captures(line).filter(|_| tasks.len() < MOST_TASKS) {
            let needs = found.get(2).map_or("", |needs| needs.as_str()).split_whitespace();
            let needs =
                needs.filter(|need| *need != "&&").take(100).map(|need| need.trim_matches(['(', ')']).to_owned());
            tasks.push(Task { name: found[1].to_owned(), needs: needs.collect(), ..Task::default() });
        }
    }
    Ok(tasks)
}

fn filled(text: &str, values: &BTreeMap<&str, String>) -> String {
    static NAME: Pattern = Pattern::new(r"\{\{\s*(\w*)[^}]*\}\}");
    let value = |found: &Found| values.get(&found[1]).cloned().unwrap_or_else(|| UNKNOWN.to_owned());
    NAME.replace_all(text, value).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_with_their_variables() {
        let text = "set shell := [\"bash\"]\ntags := 'a,b'\nv := `git describe`\n\n# x\nbuild target='x': gen\n    @go build -tags {{tags}} -X v={{v}}\n\ngen:\n\ttempl generate\n";
        let tasks = parse(text).unwrap();
        let shown: Vec<String> = tasks
            .iter()
            .map(|task| format!("{} <{}> {}", task.name, task.needs.join(" "), task.lines.join("|")))
            .collect();
        assert_eq!(shown, ["build <gen> go build -tags a,b -X v=${?}", "gen <> templ generate"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
