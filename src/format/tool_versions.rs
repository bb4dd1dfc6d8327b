//! `.tool-versions` of asdf, the `[tools]` of a `mise.toml`, and `.prototools`: which release of which tool a project wants.

use std::collections::BTreeMap;

use super::Fault;

/// Tool to the versions wanted of it, first choice first.
pub type ToolVersions = BTreeMap<String, Vec<String>>;

/// Reads `.tool-versions`.
pub fn parse(text: &str) -> Result<ToolVersions, Fault> {
    let mut tools = ToolVersions::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned);
        let Some(tool) = words.next() else { continue };
        let versions: Vec<_> = words.collect();
        match versions.is_empty() {
            true => return Err(Fault::new("names a tool without its version", line)),
            false => tools.insert(tool, versions),
        };
    }
    Ok(tools)
}

/// Reads the `[tools]` of a `mise.toml`.
pub fn parse_mise(text: &str) -> Result<ToolVersions, Fault> {
    let table = table(text)?;
    Ok(table.get("tools").and_then(toml::Value::as_table).map(of_table).unwrap_or_default())
}

/// Reads the `.prototools` of proto, in which tools stand at the top.
pub fn parse_proto(text: &str) -> Result<ToolVersions, Fault> {
    table(text).map(|table| of_table(&table))
}

fn table(text: &str) -> Result<toml::Table, Fault> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(span.start..)).unwrap_or_default();
        Fault::new("is no valid TOML", line)
    })
}

fn of_table(table: &toml::Table) -> ToolVersions {
    let wanted = table.iter().map(|(tool, value)| (tool.strip_prefix("core:").unwrap_or(tool), versions(value)));
    wanted.filter(|(_, versions)| !versions.is_empty()).map(|(tool, versions)| (tool.to_owned(), versions)).collect()
}

/// `"20"`, `20`, `["20", "18"]` or `{ version = "20" }`.
fn versions(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(version) => vec![version.clone()],
        toml::Value::Integer(version) => vec![version.to_string()],
        toml::Value::Array(list) => list.iter().filter_map(versions_of_one).collect(),
        one => versions_of_one(one).into_iter().collect(),
    }
}

fn versions_of_one(value: &toml::Value) -> Option<String> {
    value.as_str().or_else(|| value.get("version")?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn asdf() {
        let tools = parse("# tools\r\nnodejs 20.11.0 18.0.0 # two\r\n\r\npython\t3.12.1\r\n").unwrap();
        assert_eq!(tools["nodejs"], words(&["20.11.0", "18.0.0"]));
        assert_eq!(tools["python"], words(&["3.12.1"]));
        assert_eq!(parse("nodejs\n").unwrap_err().to_string(), "names a tool without its version: `nodejs`");
        assert_eq!(parse(""), Ok(ToolVersions::new()));
    }

    #[test]
    fn mise() {
        let text = "[env]\nA = \"b\"\n[tools]\nnode = \"20\"\npython = [\"3.12\", {version = \"3.11\"}]\ngo = {version = \"1.26\"}\n\"core:java\" = 21\nx = true\n";
        let tools = parse_mise(text).unwrap();
        assert_eq!(tools["node"], words(&["20"]));
        assert_eq!(tools["python"], words(&["3.12", "3.11"]));
        assert_eq!(tools["go"], words(&["1.26"]));
        assert_eq!(tools["java"], words(&["21"]));
        assert_eq!(tools.len(), 4);
        assert_eq!(parse_mise("[tools\n").unwrap_err().what, "is no valid TOML");
        assert_eq!(parse_proto("go = \"1.26\"\n[settings]\na = 1\n").unwrap()["go"], words(&["1.26"]));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
            let _ = parse_mise(&text);
            let _ = parse_proto(&text);
        }
    }
}
