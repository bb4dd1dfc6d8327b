//! Tasks that are written in YAML: `Taskfile.yml`, and `moon.yml` with other words for the same.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::tasks::{LONGEST, MOST_TASKS, Task, UNKNOWN};
use super::{Fault, yaml};
use crate::source::{Found, Pattern};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(deserialize_with = "yaml::lenient")]
    vars: Map<String, Value>,
    #[serde(deserialize_with = "yaml::lenient")]
    env: Map<String, Value>,
    #[serde(deserialize_with = "yaml::lenient")]
    tasks: BTreeMap<String, Value>,
}

/// Reads the tasks, in the order of their names.
///
/// # Errors
/// Where the text is no YAML.
pub fn parse(text: &str) -> Result<Vec<Task>, Fault> {
    let file: File = yaml::parse(text)?;
    let environment = pairs(&file.env);
    let task = |(name, value): (&String, &Value)| {
        let none = Map::new();
        let fields = value.as_object().unwrap_or(&none);
        let own = fields.get("vars").and_then(Value::as_object).unwrap_or(&none);
        let fill = |text: &str| filled(text, &file.vars, own);
        let steps = ["cmds", "cmd", "script", "command"].iter().filter_map(|key| fields.get(*key));
        let whole = Some(value).filter(|value| !value.is_object());
        let more = fields.get("env").and_then(Value::as_object).map(pairs).unwrap_or_default();
        let folder = fields.get("dir").and_then(Value::as_str).unwrap_or_default();
        Task {
            name: name.clone(),
            needs: fields.get("deps").map(|deps| lines(deps, "")).unwrap_or_default(),
            lines: steps.chain(whole).flat_map(|steps| lines(steps, "task ")).map(|line| fill(&line)).collect(),
            folder: folder.trim_start_matches("./").to_owned(),
            environment: environment.iter().cloned().chain(more).take(20).collect(),
        }
    };
    Ok(file.tasks.iter().take(MOST_TASKS).map(task).collect())
}

fn pairs(map: &Map<String, Value>) -> Vec<(String, String)> {
    map.iter().take(20).map(|(name, value)| (name.clone(), scalar(value))).collect()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => UNKNOWN.to_owned(),
    }
}

/// The commands of a list or of one text; another task is called with this word before its name.
fn lines(value: &Value, call: &str) -> Vec<String> {
    let line = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        value => match (value.get("cmd").and_then(Value::as_str), value.get("task").and_then(Value::as_str)) {
            (Some(line), _) => Some(line.to_owned()),
            (None, Some(task)) => Some(format!("{call}{task}")),
            _ => None,
        },
    };
    match value {
        Value::Array(list) => list.iter().take(200).filter_map(line).collect(),
        value => line(value).into_iter().collect(),
    }
}

/// The text with `{{.NAME}}` filled in, as far as a file says what it is.
fn filled(text: &str, all: &Map<String, Value>, own: &Map<String, Value>) -> String {
    static NAME: Pattern = Pattern::new(r"\{\{-?\s*\.?(\w*)[^}]*\}\}");
    let value = |found: &Found| {
        let value = own.get(&found[1]).or_else(|| all.get(&found[1])).map_or_else(|| UNKNOWN.to_owned(), scalar);
        if value.contains("{{") || value.len() > 200 { UNKNOWN.to_owned() } else { value }
    };
    NAME.replace_all(text, value).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_both() {
        let text = "vars:\n  A: x\n  V: {sh: git describe}\nenv: {CGO_ENABLED: 0}\ntasks:\n  build:\n    dir: ./web\n    deps: [gen, {task: b}]\n    \
                    vars: {B: 'y'}\n    cmds:\n      - go build {{.A}} {{ .B }} {{.V}} {{OS}}\n      - task: c\n      - cmd: d\n  \
                    c: echo\n  m:\n    script: |\n      go build \\\n        -o x\n  n: [1, 'e']\n";
        let tasks = parse(text).unwrap();
        let build = &tasks[0];
        assert_eq!(build.lines, ["go build x y ${?} ${?}", "task c", "d"]);
        assert_eq!((build.needs.join(" "), build.folder.as_str()), ("gen b".to_owned(), "web"));
        assert_eq!(build.environment, [("CGO_ENABLED".to_owned(), "0".to_owned())]);
        let more: Vec<String> = tasks[1..].iter().map(|task| task.lines.join("|")).collect();
        assert_eq!(more, ["echo", "go build \\\n  -o x\n", "e"]);
        assert_eq!(parse("tasks: 1"), Ok(Vec::new()));
        parse("tasks: 'a").unwrap_err();
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
