//! What Java and Kotlin sources say about how their program starts and where it listens.

use std::cell::LazyCell;
use std::collections::HashMap;

use super::Pattern;
use super::mask::{JAVA, Masked};

/// Words of texts that may start programs.
const STARTING: [&str; 3] = ["ProcessBuilder", ".exec(", "CommandLine"];

/// How far behind the name of an environment variable its default is looked for, in bytes.
const NEAR: usize = 160;

/// A port with the line that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listens {
    /// The port.
    pub port: u16,
    /// The line of the source.
    pub quote: String,
}

/// A class that can be started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Main {
    /// Its full name, as the `java` command takes it.
    pub class: String,
    /// The line with the `main` method.
    pub quote: String,
    /// Whether the class is marked as a Spring Boot application.
    pub spring_boot: bool,
}

/// What was found in one source file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JavaSource {
    /// The class that can be started.
    pub main: Option<Main>,
    /// Strings that may be paths of files: relative, short, without blanks.
    pub strings: Vec<String>,
    /// Where the program listens, by a number in the source.
    pub listens: Vec<Listens>,
    /// The line that reads the port from the environment variable `PORT`.
    pub port_variable: Option<String>,
    /// The programs that it starts, each with its line.
    pub commands: Vec<(String, String)>,
}

/// Looks into a source file. `stem` is the file's name without its ending, `is_kotlin` says which language it is.
/// `listens` are patterns for calls that open a port, whose first group is a number or the name of a constant; without
/// them only the class that can be started is looked for.
pub fn read(stem: &str, is_kotlin: bool, text: &str, listens: Option<&[Pattern]>) -> JavaSource {
    let may_start = text.contains(" main");
    let may_call = STARTING.iter().any(|word| text.contains(word));
    if !may_start && !may_call && listens.is_none() {
        return JavaSource::default();
    }
    let masked = Masked::new(text, &JAVA);
    let found = listens.map(|listens| opened(&masked, listens)).unwrap_or_default();
    let commands = if may_call { commands(&masked) } else { Vec::new() };
    JavaSource { main: may_start.then(|| main(stem, is_kotlin, &masked)).flatten(), commands, ..found }
}

/// The programs that calls start, by the first words of their texts; of a shell's line the first word too.
fn commands(masked: &Masked<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for call in COMMAND.find_iter(masked.code()) {
        let texts = masked.strings_behind(call.end()).take(3);
        let programs = texts.map(|text| text.split_whitespace().next().unwrap_or_default());
        let mut programs = programs.map(|word| word.rsplit('/').next().unwrap_or(word).to_owned());
        let Some(first) = programs.next() else { continue };
        let line = programs.nth(1).filter(|_| matches!(first.as_str(), "sh" | "bash"));
        let quote = masked.line(call.start());
        found.extend([Some(first), line].into_iter().flatten().map(|program| (program, quote.to_owned())));
    }
    found
}

/// The class of a source file that has a `main` method.
fn main(stem: &str, is_kotlin: bool, masked: &Masked<'_>) -> Option<Main> {
    let (class, quote) = if is_kotlin { kotlin_main(stem, masked) } else { java_main(stem, masked) }?;
    let class = first(&PACKAGE, masked.code()).map_or_else(|| class.clone(), |package| format!("{package}.{class}"));
    Some(Main { class, quote, spring_boot: SPRING_BOOT.is_match(masked.code()) })
}

/// The ports and the paths of a source file.
fn opened(masked: &Masked<'_>, listens: &[Pattern]) -> JavaSource {
    let variable = port_variable(masked);
    let mut found: Vec<Listens> = listens.iter().flat_map(|pattern| listening(pattern, masked)).collect();
    found.extend(variable.iter().filter_map(|(quote, port)| port.map(|port| Listens { port, quote: quote.clone() })));
    JavaSource {
        main: None,
        strings: masked.strings().filter(|text| may_be_path(text)).map(str::to_owned).collect(),
        listens: found,
        port_variable: variable.map(|(quote, _)| quote),
        commands: Vec::new(),
    }
}

static PACKAGE: Pattern = Pattern::new(r"(?m)^\s*package\s+([\w.À-ﻼ]+)");
static SPRING_BOOT: Pattern =
    Pattern::new(r"@SpringBootApplication\b|@EnableAutoConfiguration\b|\bSpringApplication\s*\.\s*run\b");
static JAVA_MAIN: Pattern =
    Pattern::new(r"\b(?:public\s+)?static\s+(?:public\s+|final\s+|synchronized\s+)*void\s+main\s*\(");
static KOTLIN_MAIN: Pattern = Pattern::new(r"(@JvmStatic\s+)?\bfun\s+main\s*\(");
static TYPE: Pattern = Pattern::new(r"\b(?:class|enum|interface|record|object)\s+([\wÀ-ﻼ]+)");
static JVM_NAME: Pattern = Pattern::new(r"@file:\s*JvmName\s*\(");
static COMMAND: Pattern = Pattern::new(r"\bProcessBuilder\s*\(|\.exec\s*\(|\bCommandLine(?:\.parse)?\s*\(");
static GETENV: Pattern =
    Pattern::new(r"\bgetenv\s*\(|\bgetOrDefault\s*\(|\bgetenv\s*\(\s*\)\s*\.get\w*\s*\(|\bgetenv\s*\(\s*\)\s*\[");
static CONSTANT: Pattern = Pattern::new(r"\b(\w+)(?:\s*:\s*Int)?\s*=\s*(\d{2,5})");
static NUMBER: Pattern = Pattern::new(r"\b(\d{2,5})\b");

fn may_be_path(text: &str) -> bool {
    (2..100).contains(&text.len())
        && !text.starts_with('/')
        && text.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c))
}

fn first(pattern: &Pattern, code: &str) -> Option<String> {
    pattern.captures(code).and_then(|found| found.get(1)).map(|group| group.as_str().to_owned())
}

/// The name of the type around an offset: the file's own if it is declared, else the last one before.
fn type_around(stem: &str, code: &str, offset: usize) -> Option<String> {
    let names: Vec<&str> = TYPE
        .captures_iter(code)
        .filter(|found| found.get(0).is_some_and(|all| all.start() < offset))
        .filter_map(|found| found.get(1).map(|name| name.as_str()))
        .collect();
    names.iter().find(|name| **name == stem).or(names.last()).map(|name| (*name).to_owned())
}

fn java_main(stem: &str, masked: &Masked<'_>) -> Option<(String, String)> {
    let main = JAVA_MAIN.find(masked.code())?;
    let name = type_around(stem, masked.code(), main.start())?;
    Some((name, masked.line(main.start()).to_owned()))
}

fn kotlin_main(stem: &str, masked: &Masked<'_>) -> Option<(String, String)> {
    let found = KOTLIN_MAIN.captures(masked.code())?;
    let at = found.get(0)?.end();
    let name = match found.get(1) {
        Some(_) => type_around(stem, masked.code(), at)?,
        None => file_class(stem, masked),
    };
    Some((name, masked.line(at).to_owned()))
}

/// The class that holds the functions of a Kotlin file.
fn file_class(stem: &str, masked: &Masked<'_>) -> String {
    let named = JVM_NAME.find(masked.code()).and_then(|found| masked.string_at(found.end()));
    if let Some(name) = named {
        return name.to_owned();
    }
    let mut chars = stem.chars();
    let head = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{head}{}Kt", chars.as_str())
}

fn listening(pattern: &Pattern, masked: &Masked<'_>) -> Vec<Listens> {
    let code = masked.code();
    let constants = LazyCell::new(|| constants(code));
    let groups = pattern.captures_iter(code).filter_map(|found| found.get(1));
    groups
        .filter_map(|group| {
            let port = group.as_str().parse().ok().or_else(|| constants.get(group.as_str()).copied().flatten())?;
            Some(Listens { port, quote: masked.line(group.start()).to_owned() })
        })
        .filter(|found| found.port > 0)
        .collect()
}

/// The numbers that names are first given, where they are ports.
fn constants(code: &str) -> HashMap<&str, Option<u16>> {
    let mut constants = HashMap::new();
    for found in CONSTANT.captures_iter(code) {
        let (Some(name), Some(number)) = (found.get(1), found.get(2)) else { continue };
        constants.entry(name.as_str()).or_insert(number.as_str().parse().ok());
    }
    constants
}

/// The line that reads `PORT` from the environment, and the number that stands in for it.
fn port_variable(masked: &Masked<'_>) -> Option<(String, Option<u16>)> {
    let call = GETENV.find_iter(masked.code()).find(|call| masked.string_at(call.end()) == Some("PORT"))?;
    let start = call.end() + "\"PORT\"".len();
    let end = (start + NEAR).min(masked.code().len());
    let end = (end..=masked.code().len()).find(|at| masked.code().is_char_boundary(*at)).unwrap_or(end);
    let tail = masked.original(start..end);
    Some((masked.line(call.start()).to_owned(), first(&NUMBER, tail).and_then(|number| number.parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listens() -> Vec<Pattern> {
        [
            r"new\s+(?:\w+\.)*ServerSocket\s*\(\s*(\w+)",
            r"\.start\s*\(\s*(\w+)",
            r"new\s+InetSocketAddress\s*\((?:[^,()]*,)?\s*(\w+)",
        ]
        .iter()
        .map(|pattern| Pattern::new(pattern))
        .collect()
    }

    fn main_class(text: &str) -> Option<String> {
        read("App", false, text, None).main.map(|main| main.class)
    }

    #[test]
    fn the_main_class_has_its_full_name() {
        let cases = [
            ("package a.b;\npublic class App { public static void main(String[] args) {} }", Some("a.b.App")),
            ("class Helper {}\nclass App { static public final void main(final String... a) {} }", Some("App")),
            ("class Other { public static void main(String[] args) {} }", Some("Other")),
            ("class Newer { static void main(String... args) {} }", Some("Newer")),
            ("// public static void main(String[] a)\nclass App { String s = \"public static void main(\"; }", None),
            ("public class App { void main(String[] args) {} }", None),
        ];
        for (text, expected) in cases {
            assert_eq!(main_class(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn kotlin_functions_belong_to_the_class_of_their_file() {
        let cases = [
            ("package a\nfun main() {}", Some("a.AppKt")),
            ("@file:JvmName(\"Start\")\nfun main(args: Array<String>) {}", Some("Start")),
            ("object App { @JvmStatic fun main(args: Array<String>) {} }", Some("App")),
            ("fun other() {}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read("app", true, text, None).main.map(|main| main.class).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn ports_are_numbers_constants_and_defaults() {
        let cases = [
            ("new ServerSocket(8080)", Some(8080), false),
            ("static final int PORT = 4567; void x() { app.start(PORT); }", Some(4567), false),
            ("HttpServer.create(new InetSocketAddress(\"0.0.0.0\", 8000), 0)", Some(8000), false),
            ("Integer.parseInt(System.getenv().getOrDefault(\"PORT\", \"7000\"))", Some(7000), true),
            ("String p = System.getenv(\"PORT\"); int n = p == null ? 9000 : 1;", Some(9000), true),
            ("// new ServerSocket(1)\n\"new ServerSocket(2)\"", None, false),
            ("new ServerSocket(0)", None, false),
            ("new ServerSocket(99999)", None, false),
        ];
        for (text, port, variable) in cases {
            let found = read("App", false, text, Some(&listens()));
            assert_eq!(found.listens.first().map(|listens| listens.port), port, "{text}");
            assert_eq!(found.port_variable.is_some(), variable, "{text}");
        }
    }

    #[test]
    fn programs_are_started_by_their_names() {
        for (text, expected) in [
            ("new ProcessBuilder(\"git\", \"log\").start();", "git"),
            ("new ProcessBuilder(List.of(\"/usr/bin/ffmpeg\", in));", "ffmpeg"),
            ("Runtime.getRuntime().exec(\"pdftotext a.pdf\");", "pdftotext"),
            ("new ProcessBuilder(\"sh\", \"-c\", \"convert a b\");", "sh convert"),
            ("// new ProcessBuilder(\"git\")", ""),
            ("new ProcessBuilder(words);\nString a = \"git\";", ""),
        ] {
            let found = read("App", false, text, None).commands;
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn spring_boot_is_recognised() {
        let body = "class App { public static void main(String[] a) {} }";
        let is = |text: &str| read("App", false, text, None).main.unwrap().spring_boot;
        assert!(is(&format!("@SpringBootApplication {body}")));
        assert!(!is(&format!("// @SpringBootApplication\n{body}")));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text: String, edge in "[a@(){}\"'0-9é ]{0,40}getenv\\(\"PORT\"[é\"0-9]{0,200}") {
            let _ = read(&text, true, &format!("fun main({text}"), Some(&listens()));
            let _ = read("a", false, &text, Some(&listens()));
            let _ = read("a", false, &edge, Some(&listens()));
        }
    }
}
