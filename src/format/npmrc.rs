//! `.npmrc`: settings of npm, pnpm and Yarn 1, among them private registries and the tokens for them.

use super::Fault;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Npmrc {
    /// All settings, in order, with their values as written.
    pub settings: Vec<(String, String)>,
}

impl Npmrc {
    /// The last value of a setting.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The settings that name credentials, such as `//registry.example.com/:_authToken`.
    pub fn credentials(&self) -> impl Iterator<Item = (&str, &str)> {
        let secret = |name: &str| {
            ["_authtoken", "_auth", "_password"].iter().any(|end| name.to_ascii_lowercase().ends_with(end))
        };
        self.settings.iter().filter(move |(name, _)| secret(name)).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The addresses of registries, the general one and those of scopes.
    pub fn registries(&self) -> impl Iterator<Item = &str> {
        let registries = self.settings.iter().filter(|(name, _)| name == "registry" || name.ends_with(":registry"));
        registries.map(|(_, value)| value.as_str())
    }

    /// The variables that values are made of: `${NPM_TOKEN}` gives `NPM_TOKEN`.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let named = |part: &'_ str| part.find('}').and_then(|end| part.get(..end)).is_some();
        let parts = self.settings.iter().flat_map(|(_, value)| value.split("${").skip(1));
        parts.filter(move |part| named(part)).filter_map(|part| part.split(['}', '?', ':', '-']).next())
    }
}

/// Reads the file; lines that are no settings are skipped, as npm does.
pub fn parse(text: &str) -> Result<Npmrc, Fault> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';', '[']));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let clean = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    Ok(Npmrc { settings: pairs.map(|(name, value)| (clean(name), clean(value))).collect() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn registries_and_credentials() {
        let read = parse("; a\n# b\nengine-strict = true\n@shop:registry=https://npm.example.com\r\n//npm.example.com/:_authToken=${NPM_TOKEN}\n[x]\nnonsense\n").unwrap();
        assert_eq!(read.setting("engine-strict"), Some("true"));
        assert_eq!(read.registries().collect::<Vec<_>>(), ["https://npm.example.com"]);
        assert_eq!(read.credentials().collect::<Vec<_>>(), [("//npm.example.com/:_authToken", "${NPM_TOKEN}")]);
        assert_eq!(read.variables().collect::<Vec<_>>(), ["NPM_TOKEN"]);
        assert_eq!(parse("a=${B-}\nc=${D").unwrap().variables().collect::<Vec<_>>(), ["B"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let read = parse(&text).unwrap();
            read.variables().chain(read.registries()).count();
        }
    }
}
