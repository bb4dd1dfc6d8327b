//! Java `.properties` files, and the files that look like them (`.sdkmanrc`, `system.properties`).

use std::iter::Peekable;
use std::str::Chars;

use super::Fault;

/// Names and values in the order of the file; for a name that is there twice the last value counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    entries: Vec<(String, String)>,
    /// Their places, sorted by their names.
    sorted: Vec<usize>,
}

impl Properties {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let key = |place: &usize| self.entries.get(*place).map(|(key, value)| (key.as_str(), value.as_str()));
        let end = self.sorted.partition_point(|place| key(place).is_some_and(|(key, _)| key <= name));
        self.sorted.get(..end)?.last().and_then(key).filter(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// All entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Properties {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        let entries: Vec<(String, String)> = entries.into_iter().collect();
        let mut sorted: Vec<usize> = (0..entries.len()).collect();
        sorted.sort_by_key(|place| entries.get(*place).map(|(key, _)| key));
        Properties { entries, sorted }
    }
}

/// Reads a file of properties, with the rules of `java.util.Properties`.
///
/// # Errors
/// None: every text is a file of properties. The signature is that of the other readers.
pub fn parse(text: &str) -> Result<Properties, Fault> {
    Ok(logical_lines(text).iter().map(|line| entry(line)).collect())
}

/// Lines with continuations joined, without comments and empty ones.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if !open && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let continues = line.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        let part = if continues { line.get(..line.len() - 1).unwrap_or_default() } else { line };
        match lines.last_mut().filter(|_| open) {
            Some(last) => last.push_str(part),
            None => lines.push(part.to_owned()),
        }
        open = continues;
    }
    lines
}

fn entry(line: &str) -> (String, String) {
    let mut chars = line.chars().peekable();
    let mut key = String::new();
    while let Some(c) = chars.next_if(|c| !"=: \t\u{c}".contains(*c)) {
        push(&mut key, c, &mut chars);
    }
    skip_blanks(&mut chars);
    if chars.next_if(|c| *c == '=' || *c == ':').is_some() {
        skip_blanks(&mut chars);
    }
    let mut value = String::new();
    while let Some(c) = chars.next() {
        push(&mut value, c, &mut chars);
    }
    (key, value)
}

fn skip_blanks(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| " \t\u{c}".contains(*c)).is_some() {}
}

/// Appends a character, or what an escape stands for.
fn push(out: &mut String, c: char, chars: &mut Peekable<Chars<'_>>) {
    if c != '\\' {
        return out.push(c);
    }
    match chars.next() {
        Some('n') => out.push('\n'),
        Some('t') => out.push('\t'),
        Some('r') => out.push('\r'),
        Some('f') => out.push('\u{c}'),
        Some('u') => {
            let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_hexdigit)).take(4).collect();
            out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
        }
        Some(other) => out.push(other),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_java_reads_them() {
        let cases = [
            ("server.port=8081", "server.port", "8081"),
            ("  server.port : 8081\r\n", "server.port", "8081"),
            ("server.port 8081", "server.port", "8081"),
            ("server.port=${PORT:5000}", "server.port", "${PORT:5000}"),
            ("# a\n! b\nx = a \\\n    b\\\\\ny=1", "x", "a b\\"),
            ("a\\ b=c\\u0041\\td", "a b", "cA\td"),
            (
                "distributionUrl=https\\://repo/apache-maven-3.9.9-bin.zip",
                "distributionUrl",
                "https://repo/apache-maven-3.9.9-bin.zip",
            ),
            ("x=a\\\r\n  b\r\n", "x", "ab"),
            ("a=1\na=2", "a", "2"),
            ("empty", "empty", ""),
        ];
        for (text, name, value) in cases {
            assert_eq!(parse(text).unwrap().get(name), Some(value), "{text}");
        }
        assert_eq!(parse("a=\\\n# no comment").unwrap().get("a"), Some("# no comment"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text: String, edge in "[a\\\\=:# \nu0-9]{0,40}") {
            let _ = parse(&text);
            let _ = parse(&edge);
        }
    }
}
