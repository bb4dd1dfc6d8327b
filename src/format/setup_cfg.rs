//! `setup.cfg`, the declarative half of setuptools; ini as Python's configparser reads it.

use super::Fault;
use super::requirements::{Requirement, parse_requirement};

/// What a `setup.cfg` says about the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetupCfg {
    /// `metadata.name`.
    pub name: Option<String>,
    /// `options.python_requires` as it stands.
    pub python_requires: Option<String>,
    /// `options.install_requires`.
    pub install_requires: Vec<Requirement>,
    /// Extras, each with its requirements.
    pub extras: Vec<(String, Vec<Requirement>)>,
    /// The folder of top-level packages, from `package_dir`.
    pub source_root: Option<String>,
    /// `console_scripts`: name and `module:function`.
    pub scripts: Vec<(String, String)>,
}

/// Reads a `setup.cfg`.
///
/// # Errors
/// None today; a line that belongs to no section is passed over.
pub fn parse(text: &str) -> Result<SetupCfg, Fault> {
    let mut out = SetupCfg::default();
    for (section, key, value) in entries(text) {
        match (section.as_str(), key.as_str()) {
            ("metadata", "name") => out.name = Some(value.trim().to_owned()),
            ("options", "python_requires") => out.python_requires = Some(value.trim().to_owned()),
            ("options", "install_requires") => {
                out.install_requires = value.lines().filter_map(parse_requirement).collect()
            }
            ("options", "package_dir") => {
                out.source_root = pairs(&value).into_iter().find(|(name, _)| name.is_empty()).map(|(_, dir)| dir)
            }
            ("options.extras_require", _) => {
                out.extras.push((key, value.lines().filter_map(parse_requirement).collect()))
            }
            ("options.entry_points", "console_scripts") => out.scripts = pairs(&value),
            _ => {}
        }
    }
    Ok(out)
}

/// Section, key and value; indented lines continue a value, each on a line of its own.
fn entries(text: &str) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut entries: Vec<(String, String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', ';'])) {
        let trimmed = line.trim();
        if line.starts_with([' ', '\t']) {
            if let Some((_, _, value)) = entries.last_mut().filter(|_| !trimmed.is_empty()) {
                value.push('\n');
                value.push_str(trimmed);
            }
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_owned();
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            entries.push((section.clone(), key.trim().replace('-', "_").to_lowercase(), value.trim().to_owned()));
        }
    }
    entries
}

fn pairs(value: &str) -> Vec<(String, String)> {
    let pair =
        |line: &str| line.split_once('=').map(|(name, target)| (name.trim().to_owned(), target.trim().to_owned()));
    value.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_cfg_is_read() {
        let cfg = parse(
            "[metadata]\nname = app\n\n[options]\npython_requires = >=3.9\npackage_dir =\n    = src\ninstall_requires =\n    flask>=2\n    # no\n    gunicorn\n\
             [options.entry_points]\nconsole_scripts =\n    serve = app.main:run\n[options.extras_require]\nweb =\n    waitress\n[flake8]\nmax-line-length = 100\n",
        )
        .unwrap();
        assert_eq!(cfg.python_requires.as_deref(), Some(">=3.9"));
        assert_eq!(cfg.source_root.as_deref(), Some("src"));
        assert_eq!(cfg.install_requires.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["flask", "gunicorn"]);
        assert_eq!(cfg.extras.iter().map(|(name, list)| (name.as_str(), list.len())).collect::<Vec<_>>(), [("web", 1)]);
        assert_eq!(cfg.scripts, [("serve".to_owned(), "app.main:run".to_owned())]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            let _ = parse(&text);
        }
    }
}
