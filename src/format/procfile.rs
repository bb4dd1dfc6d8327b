//! `Procfile`: the processes of an application and how each is started.

use std::collections::HashSet;

use super::Fault;

/// Process and command line, in the order of the file.
pub type Processes = Vec<(String, String)>;

/// Reads the file; of two equal names the last counts, as on the platforms.
pub fn parse(text: &str) -> Result<Processes, Fault> {
    let mut seen = HashSet::new();
    let last = text.lines().rev().filter_map(process).filter(|(name, _)| seen.insert(*name));
    let mut processes: Processes = last.map(|(name, command)| (name.to_owned(), command.to_owned())).collect();
    processes.reverse();
    match processes.is_empty() {
        true => Err(Fault::new("names no process", text)),
        false => Ok(processes),
    }
}

fn process(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.split_once(':')?;
    let (name, command) = (name.trim(), command.trim());
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    (plain && !command.is_empty()).then_some((name, command))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn processes_in_order() {
        let processes =
            parse("# web: old\nweb: node a:b.js\r\nworker : node worker.js\n\nnonsense\nempty:\nweb: node new.js")
                .unwrap();
        let pairs: Vec<_> = processes.iter().map(|(name, command)| (name.as_str(), command.as_str())).collect();
        assert_eq!(pairs, [("worker", "node worker.js"), ("web", "node new.js")]);
    }

    #[test]
    fn none() {
        assert_eq!(parse("# a\n").unwrap_err().to_string(), "names no process: `# a`");
        parse("").unwrap_err();
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }
    }
}
