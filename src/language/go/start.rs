//! The word behind the program's name that makes it serve.

use std::sync::LazyLock;

use regex::Regex;

use crate::repo::Repo;
use crate::source::mask::{GO, Masked};
use crate::source::pattern;

/// Commands that serve, the likeliest first.
const SERVES: [&str; 9] = ["serve", "server", "start", "run", "web", "http", "api", "daemon", "up"];

/// A command of cobra, from its beginning.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:(\w+)\s*(?::=|=)\s*|return\s+)?&?cobra\.Command\s*\{"));
static USE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?m)^\s*Use:\s*"([\w-]+)[^"\n]*""#));
static RUNS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*RunE?:"));

/// The command of a program that serves, where the program itself only shows what commands it has.
pub fn command(repo: &Repo, files: &[String]) -> Option<(String, String)> {
    let mut served: Vec<(usize, String, String)> = Vec::new();
    for file in files {
        let Some(text) = repo.text(file).filter(|text| text.contains("cobra.Command")) else { continue };
        let masked = Masked::new(text, &GO);
        let starts: Vec<_> =
            COMMAND.captures_iter(masked.code()).filter_map(|found| Some((found.get(0)?, found.get(1)))).collect();
        for (index, (whole, name)) in starts.iter().enumerate() {
            let end = starts.get(index + 1).map_or(text.len(), |(next, _)| next.start());
            let body = text.get(whole.end()..end).unwrap_or_default();
            let literal = body.find("\n}").map_or(body, |at| body.get(..at).unwrap_or(body));
            let Some(word) = USE.captures(literal).map(|found| found[1].to_owned()) else { continue };
            let runs = RUNS.is_match(literal);
            let root = name.is_some_and(|name| name.as_str().to_lowercase().contains("root"));
            if root && runs {
                return None;
            }
            if let Some(rank) = SERVES.iter().position(|serves| *serves == word).filter(|_| runs && !root) {
                served.push((rank, word, file.clone()));
            }
        }
    }
    let (_, word, file) = served.into_iter().min()?;
    Some((word, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_behind_the_program() {
        let root = |run: &str| format!("package cmd\nvar rootCmd = &cobra.Command{{\n\tUse: \"x\",\n{run}}}\n");
        let serve = "package cmd\nfunc serve() *cobra.Command {\n\tcmd := &cobra.Command{\n\t\tUse:   \"serve [flags]\",\n\t\tRunE:  run,\n\t}\n\treturn cmd\n}\n";
        let files = ["cmd/root.go".to_owned(), "cmd/serve.go".to_owned()];
        let found = |root: &str, serve: &str| {
            let repo = Repo::from_list("x", [("cmd/root.go", root), ("cmd/serve.go", serve)]);
            command(&repo, &files).map(|(word, _)| word)
        };
        assert_eq!(found(&root(""), serve).as_deref(), Some("serve"));
        assert_eq!(found(&root("\tRun: run,\n"), serve), None);
        assert_eq!(found(&root(""), "package cmd"), None);
    }
}
