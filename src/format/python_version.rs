//! `.python-version` of pyenv and uv, and Heroku's `runtime.txt`.

use super::Fault;

/// An interpreter that a version file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// `cpython`, `pypy`, `graalpy`, `miniconda3`, ... in lower case.
    pub implementation: String,
    /// `3.12`, `3.12.4`, or a range as uv allows it; without `-dev` and the like.
    pub version: String,
    /// The line as it stands.
    pub line: String,
}

/// Reads a version file; the first line that names an interpreter counts first, as pyenv has it.
///
/// # Errors
/// A file that names no interpreter at all.
pub fn parse(text: &str) -> Result<Vec<Interpreter>, Fault> {
    let interpreters: Vec<_> = text.lines().filter_map(interpreter).collect();
    match interpreters.is_empty() {
        true => Err(Fault::new("this names no Python version", text)),
        false => Ok(interpreters),
    }
}

fn interpreter(line: &str) -> Option<Interpreter> {
    let word = line.split('#').next().unwrap_or_default().trim();
    let starts_version = |c: char| c.is_ascii_digit() || "<>=!~^".contains(c);
    let at = word.find(starts_version).filter(|at| word.get(..*at).is_some_and(is_implementation))?;
    let (name, version) = word.split_at_checked(at)?;
    let version = version.split(['-', '+', ' ']).next().unwrap_or_default().trim_end_matches(['t', '.']);
    let name = name.trim_end_matches(['-', '@', 'v']).to_lowercase();
    let implementation = match name.as_str() {
        "" | "python" | "cpython" | "py" => "cpython".to_owned(),
        _ => name,
    };
    Some(Interpreter { implementation, version: version.to_owned(), line: word.to_owned() })
}

fn is_implementation(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphabetic() || "-@".contains(c)) && name.len() < 30
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        for (text, implementation, version) in [
            ("3.12\n", "cpython", "3.12"),
            ("3.12.4", "cpython", "3.12.4"),
            ("\r\n# mine\r\n3.11-dev\r\n3.10.2\r\n", "cpython", "3.11"),
            ("python-3.11.4\n", "cpython", "3.11.4"),
            ("cpython@3.13", "cpython", "3.13"),
            ("cpython-3.12.1-linux-x86_64-gnu", "cpython", "3.12.1"),
            ("pypy3.10-7.3.15", "pypy", "3.10"),
            ("3.13t", "cpython", "3.13"),
            (">=3.11,<3.13", "cpython", ">=3.11,<3.13"),
            ("3", "cpython", "3"),
        ] {
            let first = &parse(text).unwrap()[0];
            assert_eq!((first.implementation.as_str(), first.version.as_str()), (implementation, version), "{text}");
        }
        assert_eq!(parse("3.12\n3.11\n").unwrap().len(), 2);
    }

    #[test]
    fn a_name_without_a_version_is_a_fault() {
        for text in ["", "system\n", "my-env", "# 3.12"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse(&text);
        }
    }
}
