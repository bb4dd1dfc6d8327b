//! What one file says. Each file is looked into once, whatever programs use it.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::catalog::SHARED;
use crate::facts::{Evidence, Strength};
use crate::source::Pattern;
use crate::source::mask::{GO, Masked};

use super::catalog::CATALOG;
use super::config;
use super::links::links;
use super::listen::Listening;
use super::settings::Settings;
use super::subcommand::{self, Word};

/// The words of rows, with what looks for each.
static WORDS: LazyLock<Vec<(&str, Finder)>> = LazyLock::new(|| {
    let words = CATALOG.row.iter().flat_map(|row| &row.when.word);
    words.map(|word| (word.as_str(), Finder::new(word.as_bytes()))).collect()
});
static MAIN: Pattern = Pattern::new(r"(?m)^func\s+main\s*\(\s*\)");
static DECLARATION: Pattern = Pattern::new(r"(?m)^(?:func|type|var|const)\b");

/// A file.
#[derive(Debug)]
pub struct Source {
    /// Its path.
    pub path: String,
    /// Whether a program begins here: `func main` of `package main`.
    pub begins: bool,
    /// What it imports.
    pub imports: Vec<(String, Evidence)>,
    /// The patterns of its `//go:embed` lines.
    pub embeds: Vec<String>,
    /// Strings that may name a file or a folder which the program reads.
    pub names: Vec<String>,
    /// Names of configuration files without their endings.
    pub config_names: Vec<String>,
    /// Folders where they are looked for.
    pub config_folders: Vec<String>,
    /// Programs that it starts.
    pub commands: Vec<(String, Evidence)>,
    /// Whether something in it serves, by names that nothing else has.
    pub serves: bool,
    /// Words of rows that stand in it as code.
    pub marks: Vec<(&'static str, Evidence)>,
    /// Where it ends the program as a file of variables is not there.
    pub dies: Option<Evidence>,
    /// Where it listens.
    pub listening: Listening,
    /// C libraries that it links with.
    pub links: Vec<(String, Evidence)>,
    /// What can be set.
    pub settings: Settings,
    /// The commands of a command line that it defines.
    pub words: Vec<Word>,
}

impl Source {
    /// Looks into a file.
    pub fn read(path: &str, text: &str) -> Self {
        let masked = Masked::new(text, &GO);
        let code = masked.code();
        let is_main = code
            .trim_start()
            .strip_prefix("package")
            .is_some_and(|rest| rest.split_whitespace().next() == Some("main"));
        let named = |pattern: &Pattern| {
            pattern.find_iter(code).filter_map(|found| masked.string_at(found.end())).map(str::to_owned).collect()
        };
        let imports = imports(path, &masked);
        let compiles_c = imports.iter().any(|(import, _)| import == "C");
        Source {
            path: path.to_owned(),
            begins: is_main && MAIN.is_match(code),
            imports,
            embeds: embeds(text),
            names: names(&masked),
            config_names: named(&CATALOG.source.config_name),
            config_folders: named(&CATALOG.source.config_folder),
            commands: commands(path, &masked),
            serves: CATALOG.source.serves.is_match(code),
            marks: marks(path, &masked),
            dies: dies(path, &masked),
            listening: Listening::read(path, &masked, text),
            links: if compiles_c { links(path, text) } else { Vec::new() },
            settings: Settings::read(path, &masked, text),
            words: subcommand::words(&masked, text),
        }
    }
}

/// The words of rows that stand in the code.
fn marks(path: &str, masked: &Masked) -> Vec<(&'static str, Evidence)> {
    let found = WORDS.iter().filter_map(|(word, finder)| {
        let at = finder.find(masked.code().as_bytes())?;
        Some((*word, Evidence::new(path, masked.line(at), Strength::Stated)))
    });
    found.collect()
}

fn dies(path: &str, masked: &Masked) -> Option<Evidence> {
    let found = CATALOG.source.dotenv.find(masked.code())?;
    Some(Evidence::new(path, masked.line(found.start()), Strength::Stated))
}

/// The string literals before the first declaration, which are what the file imports.
fn imports(path: &str, masked: &Masked) -> Vec<(String, Evidence)> {
    let head = DECLARATION.find(masked.code()).map_or(masked.code().len(), |found| found.start());
    let literals = masked.literals().take_while(|(at, _)| *at < head);
    literals.map(|(at, name)| (name.to_owned(), Evidence::new(path, masked.line(at), Strength::Stated))).collect()
}

fn embeds(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("//go:embed "));
    let words = lines.flat_map(str::split_whitespace).map(|word| word.trim_matches(['"', '`']));
    words.map(|word| word.strip_prefix("all:").unwrap_or(word).to_owned()).collect()
}

/// Strings where a call reads files, where a flag has its default, or that look like a path.
fn names(masked: &Masked) -> Vec<String> {
    let is_path = |text: &str| text.starts_with("./") || text.starts_with("../") || config::is_named(text);
    let is_name = |at: usize, text: &str| {
        // What is said to people names nothing; most texts end here.
        if text.is_empty() || text.contains([' ', '%', '\n']) {
            return false;
        }
        let line = masked.line(at);
        let of_line = || CATALOG.source.named.is_match(line) || CATALOG.source.flag.is_match(line);
        (is_path(text) || of_line()) && !CATALOG.source.written.is_match(line)
    };
    let mut names: Vec<String> =
        masked.literals().filter(|(at, text)| is_name(*at, text)).map(|(_, text)| text.to_owned()).collect();
    for call in CATALOG.source.reads.find_iter(masked.code()) {
        names.extend(masked.strings_behind(call.end()).map(str::to_owned));
    }
    names
}

fn commands(path: &str, masked: &Masked) -> Vec<(String, Evidence)> {
    let calls = CATALOG.source.starts.find_iter(masked.code());
    let named = calls.filter_map(|call| {
        let command = masked.string_at(call.end())?;
        let evidence = Evidence::new(path, masked.line(call.start()), Strength::Stated);
        Some((crate::path::name(command).to_owned(), evidence))
    });
    named.collect()
}

/// The word that makes a program serve where it does nothing without one: the likeliest of its commands, and the file.
pub fn serving<'a>(sources: impl Iterator<Item = &'a Source> + Clone) -> Option<(&'a Word, Evidence)> {
    let all = sources.flat_map(|source| source.words.iter().map(move |word| (word, source.path.as_str())));
    if all.clone().any(|(word, _)| word.is_root && word.runs) {
        return None;
    }
    let rank = |word: &Word| SHARED.serving.iter().position(|serves| *serves == word.word);
    let found = all.filter(|(word, _)| word.runs && !word.is_root);
    let found = found.filter_map(|(word, path)| Some((rank(word)?, path, word)));
    let (_, path, word) = found.min_by_key(|(rank, path, word)| (*rank, *path, &word.word))?;
    Some((word, Evidence::new(path, &word.quote, Strength::Convention)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_serves() {
        let root = |run: &str| format!("package cmd\nvar rootCmd = &cobra.Command{{\n\tUse: \"x\",\n{run}}}\n");
        let serve = "package cmd\nfunc serve() *cobra.Command {\n\tcmd := &cobra.Command{\n\t\tUse:   \"serve [flags]\",\n\t\tRunE:  run,\n\t}\n\treturn cmd\n}\n";
        let found = |root: &str, serve: &str| {
            let sources = [Source::read("root.go", root), Source::read("serve.go", serve)];
            serving(sources.iter()).map(|(word, _)| word.word.clone())
        };
        assert_eq!(found(&root(""), serve).as_deref(), Some("serve"));
        assert_eq!(found(&root("\tRun: run,\n"), serve), None);
        assert_eq!(found(&root(""), "package cmd"), None);
        let helps = root("\tRun: func(cmd *cobra.Command, args []string) {\n\t\tcmd.Help()\n\t},\n");
        assert_eq!(found(&helps, serve).as_deref(), Some("serve"));
        for (source, expected) in [
            ("func main() {\n\tif len(os.Args) < 2 || os.Args[1] != \"serve\" {\n\t}\n}", Some("serve")),
            ("func main() {\n\tswitch os.Args[1] {\n\tcase \"web\":\n\tcase \"help\":\n\t}\n}", Some("web")),
            (
                "import \"github.com/urfave/cli/v2\"\nvar w = cli.Command{\n\tName: \"start\",\n\tAction: run,\n}",
                Some("start"),
            ),
            ("import \"github.com/alecthomas/kingpin/v2\"\nvar s = app.Command(\"server\", \"Runs\")", Some("server")),
            ("func x() { switch y { case \"serve\": } }", None),
        ] {
            assert_eq!(found(source, "package cmd").as_deref(), expected, "{source}");
        }
    }
}
