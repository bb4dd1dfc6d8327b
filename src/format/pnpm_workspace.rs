//! `pnpm-workspace.yaml`: the members of a pnpm workspace, and since pnpm 10 its settings, also without members.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Fault, yaml};

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PnpmWorkspace {
    /// Globs of the folders of members; one that begins with `!` takes away. `None`: the file holds only settings.
    #[serde(deserialize_with = "yaml::lenient")]
    pub packages: Option<Vec<String>>,
    /// Package to patch file.
    #[serde(deserialize_with = "yaml::lenient")]
    pub patched_dependencies: BTreeMap<String, String>,
    /// `isolated`, `hoisted` or `pnp`.
    #[serde(deserialize_with = "yaml::lenient")]
    pub node_linker: Option<String>,
}

/// Reads the file; a blank one says nothing.
pub fn parse(text: &str) -> Result<PnpmWorkspace, Fault> {
    yaml::parse(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_and_settings() {
        let read = parse(
            "packages:\r\n  - 'packages/*'\r\n  - \"!**/test/**\"\r\n  - apps/**\r\ncatalog:\r\n  react: ^19\r\npatchedDependencies:\r\n  a@1.0.0: patches/a.patch\r\nnodeLinker: hoisted",
        )
        .unwrap();
        let packages = ["packages/*", "!**/test/**", "apps/**"].map(str::to_owned).to_vec();
        assert_eq!(read.packages, Some(packages));
        assert_eq!(read.patched_dependencies["a@1.0.0"], "patches/a.patch");
        assert_eq!(read.node_linker.as_deref(), Some("hoisted"));
    }

    #[test]
    fn only_settings() {
        for text in
            ["", "# nothing\n", "---\n", "onlyBuiltDependencies:\n  - esbuild\n", "packages:\n", "packages: 3\n"]
        {
            assert_eq!(parse(text), Ok(PnpmWorkspace::default()), "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml_is_a_fault() {
        for text in ["packages: [", "- a\n- b\n", "packages:\n\t- a\n", &"[".repeat(100_000)] {
            assert_eq!(parse(text).unwrap_err().what, "is no valid YAML", "{}", text.len());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
