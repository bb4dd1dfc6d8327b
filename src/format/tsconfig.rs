//! `tsconfig.json`: where the TypeScript compiler reads and writes. Comments and trailing commas are allowed in it.

use serde_json::Value;

use super::{Fault, json};

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tsconfig {
    /// The files that it builds on, relative to it or names of packages; later ones count more.
    pub extends: Vec<String>,
    /// `compilerOptions.outDir`.
    pub out_dir: Option<String>,
    /// `compilerOptions.rootDir`.
    pub root_dir: Option<String>,
    /// `compilerOptions.noEmit`.
    pub no_emit: Option<bool>,
    /// `include`; `None` means everything.
    pub include: Option<Vec<String>>,
    /// `files`.
    pub files: Option<Vec<String>>,
    /// Whether `compilerOptions.paths` maps names to folders, which only some runtimes understand.
    pub paths: bool,
}

/// Reads the file.
pub fn parse(text: &str) -> Result<Tsconfig, Fault> {
    let root = json::relaxed(text)?;
    let get = |name: &str| root.get(name).unwrap_or(&Value::Null);
    let option = |name: &str| get("compilerOptions").get(name).unwrap_or(&Value::Null);
    let one = || json::text(get("extends")).map(|path| vec![path]);
    Ok(Tsconfig {
        extends: one().or_else(|| json::texts(get("extends"))).unwrap_or_default(),
        out_dir: json::text(option("outDir")),
        root_dir: json::text(option("rootDir")),
        no_emit: option("noEmit").as_bool(),
        include: json::texts(get("include")),
        files: json::texts(get("files")),
        paths: option("paths").is_object(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn options() {
        let read = parse("{\n // out\n \"extends\": \"./base.json\",\n \"compilerOptions\": {\"outDir\": \"dist\", \"noEmit\": false, /* \"rootDir\": 1 */ },\n \"include\": [\"src\"],\n}").unwrap();
        assert_eq!(read.extends, ["./base.json"]);
        assert_eq!(read.out_dir.as_deref(), Some("dist"));
        assert_eq!(read.no_emit, Some(false));
        assert_eq!(read.include, Some(vec!["src".to_owned()]));
        assert_eq!(parse(""), Ok(Tsconfig::default()));
        assert_eq!(parse("[1]"), Ok(Tsconfig::default()));
        parse("{").unwrap_err();
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
