//! A Dockerfile, written by anybody, as steps with their lines.

use parse_dockerfile::{Instruction, Span};

use crate::format::Fault;

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its first line, from 1.
    pub line: usize,
    /// Its last line.
    pub end: usize,
    /// The instruction in capitals.
    pub word: String,
    /// What follows, continuations joined by blanks.
    pub rest: String,
    /// The stage, from 0; `None` before the first FROM.
    pub stage: Option<usize>,
}

/// Reads the steps of a Dockerfile.
///
/// # Errors
/// Where it is none.
pub fn steps(text: &str) -> Result<Vec<Step>, Fault> {
    let parsed = parse_dockerfile::parse(text).map_err(|error| Fault::new(error.to_string(), ""))?;
    let starts: Vec<usize> = parsed.instructions.iter().map(|instruction| keyword(instruction).start).collect();
    let mut stage = None;
    let mut steps = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let limit = starts.get(index + 1).copied().unwrap_or(text.len());
        let body: Vec<&str> = own_lines(text.get(*start..limit).unwrap_or_default());
        let line = text.get(..*start).unwrap_or_default().matches('\n').count() + 1;
        let joined = body.iter().map(|line| line.trim().trim_end_matches('\\').trim()).collect::<Vec<_>>().join(" ");
        let (word, rest) = joined.split_once(char::is_whitespace).unwrap_or((&joined, ""));
        if word.eq_ignore_ascii_case("FROM") {
            stage = Some(stage.map_or(0, |stage: usize| stage + 1));
        }
        let (word, rest) = (word.to_ascii_uppercase(), rest.trim().to_owned());
        steps.push(Step { line, end: line + body.len().max(1) - 1, word, rest, stage });
    }
    Ok(steps)
}

/// The lines of an instruction, without the blank lines and comments that follow it.
fn own_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    while lines.last().is_some_and(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        lines.pop();
    }
    lines
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

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text: String) {
            let _ = steps(&text);
        }
    }
}
