//! Why instructions stand where they stand: a line `#~ why TOPICS: SENTENCE` of a template goes with the next instruction into
//! `explain`, and not into the file.

/// How a line begins that says why the next instruction is there.
pub const MARK: &str = "#~ why";

/// Why an instruction stands in a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The line that follows it, from 1: the instruction, or a comment above it.
    pub line: usize,
    /// The topics of the decisions behind it.
    pub topics: Vec<String>,
    /// A sentence without a full stop.
    pub why: String,
}

/// The text as it is written, and the reasons that stood in it.
pub fn split(text: &str) -> (String, Vec<Reason>) {
    let (mut out, mut reasons) = (String::with_capacity(text.len()), Vec::new());
    let mut next = 1;
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(MARK) {
            Some(said) => reasons.push(reason(next, said)),
            None => {
                out.push_str(line);
                next += 1;
            }
        }
    }
    (out, reasons)
}

fn reason(line: usize, said: &str) -> Reason {
    let (topics, why) = said.split_once(": ").unwrap_or(("", said));
    let topics = topics.trim_end_matches(':').split(',').map(str::trim).filter(|topic| !topic.is_empty());
    Reason { line, topics: topics.map(str::to_owned).collect(), why: why.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_leave_the_text_and_keep_their_lines() {
        let text = "FROM a\n\n#~ why build, entry: it builds: so\n# A comment.\nRUN b\n#~ why: it is small\nRUN c\n";
        let (text, reasons) = split(text);
        assert_eq!(text, "FROM a\n\n# A comment.\nRUN b\nRUN c\n");
        let reason = |line, topics: &[&str], why: &str| Reason {
            line,
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            why: why.to_owned(),
        };
        assert_eq!(reasons, [reason(3, &["build", "entry"], "it builds: so"), reason(5, &[], "it is small")]);
    }
}
