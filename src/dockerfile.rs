//! A Dockerfile, written by anybody, as steps with their lines.

mod here;

pub use here::is_windows;
use parse_dockerfile::{Command, Flag, HealthcheckArguments, Instruction, Source, Span};

use crate::format::Fault;

/// The words that begin an instruction.
const WORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its first line, from 1.
    pub line: usize,
    /// Its last line.
    pub end: usize,
    /// The instruction in capitals.
    pub word: String,
    /// What follows, continuations joined by blanks; comments between them are left out.
    pub rest: String,
    /// The stage, from 0; `None` before the first FROM.
    pub stage: Option<usize>,
    /// Its flags, `--name=value`, in order; an empty value where there is none.
    pub flags: Vec<(String, String)>,
    /// What it says, where that has a form of its own.
    pub body: Body,
}

/// What an instruction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// FROM: the image, as it is written, and the name of the stage.
    From(String, Option<String>),
    /// COPY and ADD: sources (here-documents left out), and the destination.
    Copy(Vec<String>, String),
    /// RUN, CMD, ENTRYPOINT or HEALTHCHECK in the exec form: the words.
    Exec(Vec<String>),
    /// One of these in the shell form.
    Shell,
    /// Anything else.
    Other,
}

/// A `--mount` of a RUN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mount {
    /// `bind` where it is not said.
    pub kind: String,
    /// The stage or image that it comes from; `None` for the build context.
    pub from: Option<String>,
    /// The path there; `.` where it is not said.
    pub source: String,
    /// The path in the build.
    pub target: String,
}

impl Step {
    /// The value of a flag.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    /// The mounts of a RUN.
    pub fn mounts(&self) -> impl Iterator<Item = Mount> {
        self.flags.iter().filter(|(name, _)| name == "mount").map(|(_, value)| mount(value))
    }

    /// The stages or images that it takes files from: `--from` of COPY and of mounts.
    pub fn origins(&self) -> impl Iterator<Item = String> {
        let copied = self.flag("from").filter(|_| matches!(self.body, Body::Copy(..))).map(str::to_owned);
        copied.into_iter().chain(self.mounts().filter_map(|mount| mount.from))
    }

    /// The image of a FROM.
    pub fn image(&self) -> Option<&str> {
        match &self.body {
            Body::From(image, _) => Some(image),
            _ => None,
        }
    }

    /// The name that a FROM gives its stage.
    pub fn stage_name(&self) -> Option<&str> {
        match &self.body {
            Body::From(_, name) => name.as_deref(),
            _ => None,
        }
    }

    /// The paths of the build context that it names.
    pub fn context_paths(&self) -> Vec<String> {
        let is_remote = |path: &str| path.contains("://") || path.starts_with("git@");
        let bound = self.mounts().filter(|mount| mount.kind == "bind" && mount.from.is_none());
        let mut paths: Vec<String> = bound.map(|mount| mount.source).collect();
        if let (Body::Copy(sources, _), None) = (&self.body, self.flag("from")) {
            paths.extend(sources.iter().filter(|path| !is_remote(path)).cloned());
        }
        paths
    }
}

/// Reads the steps of a Dockerfile.
///
/// # Errors
/// Where it is none.
pub fn steps(text: &str) -> Result<Vec<Step>, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let readable = here::blanked(text);
    let mut parsed = Vec::new();
    for instruction in parse_dockerfile::parse_iter(&readable).map_err(|error| fault(text, &error, false))? {
        let has_stage = parsed.iter().any(|known| matches!(known, Instruction::From(_)));
        parsed.push(instruction.map_err(|error| fault(text, &error, has_stage))?);
    }
    let starts: Vec<usize> = parsed.iter().map(|instruction| keyword(instruction).start).collect();
    let mut stage = None;
    let mut line = Lines { text, at: 0, line: 1 };
    let mut steps = Vec::new();
    for (index, instruction) in parsed.iter().enumerate() {
        let start = starts.get(index).copied().unwrap_or_default();
        let limit = starts.get(index + 1).copied().unwrap_or(text.len());
        let body: Vec<&str> = own_lines(text.get(start..limit).unwrap_or_default());
        let joined = joined(&body);
        let (word, rest) = joined.split_once(char::is_whitespace).unwrap_or((&joined, ""));
        if matches!(instruction, Instruction::From(_)) {
            stage = Some(stage.map_or(0, |stage: usize| stage + 1));
        }
        let line = line.of(start);
        let (word, rest) = (word.to_ascii_uppercase(), rest.trim().to_owned());
        let (flags, said) = (flags(instruction), said(instruction));
        steps.push(Step { line, end: line + body.len().max(1) - 1, word, rest, stage, flags, body: said });
    }
    Ok(steps)
}

/// Counts lines forward.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of an offset; offsets come in order.
    fn of(&mut self, offset: usize) -> usize {
        self.line += self.text.get(self.at..offset).unwrap_or_default().matches('\n').count();
        self.at = offset;
        self.line
    }
}

/// What is wrong, with its line; an instruction that has no image yet is named.
fn fault(text: &str, error: &parse_dockerfile::Error, has_stage: bool) -> Fault {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let what = match !has_stage && error.line() > 0 && word != "FROM" && WORDS.contains(&word.as_str()) {
        true => format!("`{word}` stands before the first FROM"),
        false => format!("{error:#}"),
    };
    Fault::new(what, "").at(error.line())
}

fn flags(instruction: &Instruction) -> Vec<(String, String)> {
    let owned = |flags: &[Flag]| {
        let pair = |flag: &Flag| {
            let value = flag.value.as_ref().map(|value| value.value.to_string());
            (flag.name.value.to_string(), value.unwrap_or_default())
        };
        flags.iter().map(pair).collect()
    };
    match instruction {
        Instruction::Add(it) => owned(&it.options),
        Instruction::Copy(it) => owned(&it.options),
        Instruction::From(it) => owned(&it.options),
        Instruction::Run(it) => owned(&it.options),
        Instruction::Healthcheck(it) => owned(&it.options),
        _ => Vec::new(),
    }
}

fn said(instruction: &Instruction) -> Body {
    match instruction {
        Instruction::From(it) => {
            Body::From(it.image.value.to_string(), it.as_.as_ref().map(|(_, name)| name.value.to_string()))
        }
        Instruction::Add(it) => copied(&it.src, &it.dest.value),
        Instruction::Copy(it) => copied(&it.src, &it.dest.value),
        Instruction::Run(it) => command(&it.arguments),
        Instruction::Cmd(it) => command(&it.arguments),
        Instruction::Entrypoint(it) => command(&it.arguments),
        Instruction::Healthcheck(it) => match &it.arguments {
            HealthcheckArguments::Cmd { arguments, .. } => command(arguments),
            _ => Body::Other,
        },
        _ => Body::Other,
    }
}

fn copied(sources: &[Source], destination: &str) -> Body {
    let paths = sources.iter().filter_map(|source| match source {
        Source::Path(path) => Some(path.value.to_string()),
        _ => None,
    });
    Body::Copy(paths.collect(), destination.to_owned())
}

fn command(command: &Command) -> Body {
    match command {
        Command::Exec(words) => Body::Exec(words.value.iter().map(|word| word.value.to_string()).collect()),
        _ => Body::Shell,
    }
}

/// A mount: fields between commas; a field in quotes may hold some.
fn mount(text: &str) -> Mount {
    let mut quoted = false;
    let fields = text.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let mut mount = Mount { kind: "bind".to_owned(), source: ".".to_owned(), ..Mount::default() };
    for field in fields {
        let whole = field.strip_prefix('"').and_then(|field| field.strip_suffix('"'));
        let field = whole.map_or_else(|| field.to_owned(), |field| field.replace("\"\"", "\""));
        let (key, value) = field.split_once('=').unwrap_or((&field, ""));
        let value = value.to_owned();
        match key.to_ascii_lowercase().as_str() {
            "type" => mount.kind = value,
            "from" => mount.from = Some(value),
            "source" | "src" => mount.source = value,
            "target" | "dst" | "destination" => mount.target = value,
            _ => {}
        }
    }
    mount
}

/// The lines of an instruction, without the blank lines and comments that follow it.
fn own_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    while lines.last().is_some_and(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        lines.pop();
    }
    lines
}

/// The lines without the signs that join them and without the comments between them.
fn joined(lines: &[&str]) -> String {
    let said = lines.iter().map(|line| line.trim()).filter(|line| !line.starts_with('#'));
    said.map(|line| line.trim_end_matches('\\').trim()).collect::<Vec<_>>().join(" ")
}

fn keyword(instruction: &Instruction) -> Span {
    match instruction {
        Instruction::Add(it) => it.add.span.clone(),
        Instruction::Arg(it) => it.arg.span.clone(),
        Instruction::Cmd(it) => it.cmd.span.clone(),
        Instruction::Copy(it) => it.copy.span.clone(),
        Instruction::Entrypoint(it) => it.entrypoint.span.clone(),
        Instruction::Env(it) => it.env.span.clone(),
        Instruction::Expose(it) => it.expose.span.clone(),
        Instruction::From(it) => it.from.span.clone(),
        Instruction::Healthcheck(it) => it.healthcheck.span.clone(),
        Instruction::Label(it) => it.label.span.clone(),
        Instruction::Maintainer(it) => it.maintainer.span.clone(),
        Instruction::Onbuild(it) => it.onbuild.span.clone(),
        Instruction::Run(it) => it.run.span.clone(),
        Instruction::Shell(it) => it.shell.span.clone(),
        Instruction::Stopsignal(it) => it.stopsignal.span.clone(),
        Instruction::User(it) => it.user.span.clone(),
        Instruction::Volume(it) => it.volume.span.clone(),
        Instruction::Workdir(it) => it.workdir.span.clone(),
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_lines_and_stages() {
        let text = "# syntax=x\n\nARG V=1\nFROM a:1 AS b\n# why\nRUN x \\\n    && y\n\nfrom b\nCMD [\"z\"]\n";
        let steps = steps(text).unwrap();
        let shown: Vec<(usize, usize, &str, &str, Option<usize>)> = steps
            .iter()
            .map(|step| (step.line, step.end, step.word.as_str(), step.rest.as_str(), step.stage))
            .collect();
        assert_eq!(
            shown,
            [
                (3, 3, "ARG", "V=1", None),
                (4, 4, "FROM", "a:1 AS b", Some(0)),
                (6, 7, "RUN", "x && y", Some(0)),
                (9, 9, "FROM", "b", Some(1)),
                (10, 10, "CMD", "[\"z\"]", Some(1)),
            ]
        );
        assert!(super::steps("NOPE x\n").is_err());
    }

    fn only(text: &str) -> Step {
        steps(&format!("FROM a AS b\n{text}\n")).unwrap().remove(1)
    }

    #[test]
    fn what_an_instruction_says_is_a_value() {
        let paths = |step: &Step| step.context_paths().join(" ");
        let step = only("copy --link --from=b x \"y\" /z/");
        assert_eq!((step.origins().collect::<Vec<_>>(), paths(&step)), (vec!["b".to_owned()], String::new()));
        assert_eq!(step.body, Body::Copy(vec!["x".into(), "\"y\"".into()], "/z/".into()));
        assert_eq!(paths(&only("COPY [\"a b\", \"c\", \"/d\"]")), "a b c");
        assert_eq!(paths(&only("ADD https://example.com/x y /d")), "y");
        assert_eq!(paths(&only("COPY <<EOF x /d\nhello\nEOF")), "x");
        let step =
            only("RUN --mount=type=bind,src=a,dst=b --mount=\"type=cache,target=/c\" --mount=from=b,target=/x true");
        assert_eq!(paths(&step), "a");
        assert_eq!(step.origins().collect::<Vec<_>>(), ["b"]);
        assert_eq!(mount("type=bind,\"source=a,b\",target=c").source, "a,b");
        assert_eq!(
            only("HEALTHCHECK --interval=5s CMD [\"x\", \"-y\"]").body,
            Body::Exec(vec!["x".into(), "-y".into()])
        );
        assert_eq!(only("HEALTHCHECK CMD x").body, Body::Shell);
        assert_eq!(only("HEALTHCHECK NONE").body, Body::Other);
        assert_eq!(only("RUN [\"x\"]").body, Body::Exec(vec!["x".into()]));
    }

    #[test]
    fn forms_that_others_write_are_read() {
        let rest = |text: &str| only(text).rest;
        assert_eq!(rest("RUN a \\\n  # why\n  && b"), "a && b");
        assert_eq!(rest("RUN <<EOF\nset -e\n# comment\nmake\nEOF").split(' ').next(), Some("<<EOF"));
        assert_eq!(rest("ONBUILD RUN x"), "RUN x");
        let lines = |text: &str| steps(text).map(|steps| steps.iter().map(|step| step.line).collect::<Vec<_>>());
        assert_eq!(lines("# escape=`\nFROM a\nRUN x `\n  y\nUSER 1\n").unwrap(), [2, 3, 5]);
        assert_eq!(lines("\u{feff}FROM a\r\nRUN x \\\r\n  y\r\nUSER 1\r\n").unwrap(), [1, 2, 4]);
        assert_eq!(lines("FROM a AS x\nFROM b AS x\n").unwrap(), [1, 2]);
        assert_eq!(lines("FROM a\nRUN <<A <<B\none\nA\ntwo\nB\nUSER 1\n").unwrap(), [1, 2, 7]);
        assert_eq!(lines("FROM a\nRUN cat <<-'E' > x \\\n  && b\nüser\n\tE\nUSER 1\n").unwrap(), [1, 2, 6]);
        assert_eq!(lines("FROM a\nRUN echo 'a <<E b'\nUSER 1\n").unwrap(), [1, 2, 3]);
        assert_eq!(lines("FROM a\nCOPY <<A <<B /x/\nRUN y <<Z\nA\nB\nUSER 1\n").unwrap(), [1, 2, 6]);
    }

    #[test]
    fn a_fault_has_its_line() {
        let fault = |text: &str| super::steps(text).map(|_| ()).unwrap_err();
        let early = fault("# syntax=x\n\nRUN x\nFROM a\n");
        assert_eq!((early.what.as_str(), early.line), ("`RUN` stands before the first FROM", Some(3)));
        assert_eq!(fault("FROM a\nNOPE x\n").line, Some(2));
        assert_eq!(fault("ARG V=1\n").line, None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text: String) {
            let _ = steps(&text);
        }
    }
}
