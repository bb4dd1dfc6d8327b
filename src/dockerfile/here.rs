//! Here-documents that `parse-dockerfile` does not read: those of a RUN that are not its first word, and a second one.

use crate::source::Pattern;
use std::borrow::Cow;

static DOCUMENT: Pattern = Pattern::new(r#"(?:^|\s)\d*<<(-?)["']?([A-Za-z_][\w.-]*)["']?"#);

/// The text with blanks in place of these documents, byte by byte.
pub fn blanked(text: &str) -> Cow<'_, str> {
    if !text.contains("<<") {
        return Cow::Borrowed(text);
    }
    let escape = if is_windows(text) { '`' } else { '\\' };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out: Vec<Cow<str>> = lines.iter().map(|line| Cow::Borrowed(*line)).collect();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let rest = lines.get(at..).unwrap_or_default();
        let length = 1 + rest.iter().take_while(|line| line.trim_end().ends_with(escape)).count();
        let said: String = rest.iter().take(length).copied().collect();
        at += length;
        if !matches!(word.as_str(), "RUN" | "COPY" | "ADD") {
            continue;
        }
        let mut is_known = word != "RUN" || starts_with_one(&said);
        for found in DOCUMENT.captures_iter(&said) {
            let (tabs, name) = (&found[1], &found[2]);
            let is_end =
                |line: &&str| if tabs.is_empty() { *line } else { line.trim_start_matches('\t') }.trim_end() == name;
            let Some(length) = lines.iter().skip(at).position(is_end).map(|length| length + 1) else { break };
            if !is_known {
                out.iter_mut().skip(at).take(length).for_each(|line| *line = Cow::Owned(blank(line)));
            }
            is_known = word != "RUN";
            at += length;
        }
    }
    Cow::Owned(out.concat())
}

/// Whether the first word of a RUN, behind its flags, is a here-document.
fn starts_with_one(said: &str) -> bool {
    let mut words = said.split_whitespace().skip(1).skip_while(|word| word.starts_with("--") || *word == "\\");
    words.next().is_some_and(|word| word.starts_with("<<"))
}

/// Whether an escape directive makes the backtick the sign that a line goes on.
pub fn is_windows(text: &str) -> bool {
    let head = text.lines().take_while(|line| line.starts_with('#'));
    head.map(|line| line.to_ascii_lowercase().replace(' ', "")).any(|line| line == "#escape=`")
}

fn blank(line: &str) -> String {
    line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}
