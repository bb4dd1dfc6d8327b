//! `.yarnrc.yml`: the settings of Yarn 2 and later.

use serde::Deserialize;

use super::{Fault, yaml};

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Yarnrc {
    /// `pnp`, `node-modules` or `pnpm`.
    #[serde(deserialize_with = "yaml::lenient")]
    pub node_linker: Option<String>,
    /// The script that is the wanted Yarn, committed with the project.
    #[serde(deserialize_with = "yaml::lenient")]
    pub yarn_path: Option<String>,
    /// Whether archives are kept outside of the project; on by default since Yarn 4.
    #[serde(deserialize_with = "yaml::lenient")]
    pub enable_global_cache: Option<bool>,
    /// Whether install scripts run; off by default since Yarn 4.14.
    #[serde(deserialize_with = "yaml::lenient")]
    pub enable_scripts: Option<bool>,
    /// The registry, if another than the usual one.
    #[serde(deserialize_with = "yaml::lenient")]
    pub npm_registry_server: Option<String>,
    /// A token, or the `${VARIABLE}` that holds it.
    #[serde(deserialize_with = "yaml::lenient")]
    pub npm_auth_token: Option<String>,
}

/// Reads the file; a blank one says nothing.
pub fn parse(text: &str) -> Result<Yarnrc, Fault> {
    yaml::parse(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn settings() {
        let read = parse("yarnPath: .yarn/releases/yarn-4.1.0.cjs\nnodeLinker: node-modules\nenableGlobalCache: false\nplugins:\n  - path: a\n").unwrap();
        assert_eq!(read.node_linker.as_deref(), Some("node-modules"));
        assert_eq!(read.yarn_path.as_deref(), Some(".yarn/releases/yarn-4.1.0.cjs"));
        assert_eq!(read.enable_global_cache, Some(false));
        assert_eq!(parse("nodeLinker: [1]\n"), Ok(Yarnrc::default()));
        assert_eq!(parse(""), Ok(Yarnrc::default()));
        parse("nodeLinker: 'a").unwrap_err();
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
