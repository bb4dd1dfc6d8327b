//! Masks: a copy of a source text in which comments and the contents of strings are blanks.

use std::ops::Range;

/// A kind of string literal.
#[derive(Debug, Clone, Copy)]
struct Quote {
    mark: &'static str,
    escapes: bool,
    multiline: bool,
}

const fn quote(mark: &'static str, escapes: bool, multiline: bool) -> Quote {
    Quote { mark, escapes, multiline }
}

/// What comments and strings look like in a language.
#[derive(Debug)]
pub struct Syntax {
    line_comment: &'static str,
    block_comment: Option<(&'static str, &'static str)>,
    /// Longer marks stand before their prefixes.
    quotes: &'static [Quote],
    /// Whether `/…/` may be a literal.
    regex: bool,
    /// Whether strings may be raw, comments lie in comments, and `'` begins a character or a lifetime.
    rust: bool,
}

impl Syntax {
    /// The bytes with which a comment or a literal begins.
    fn begins(&self) -> [bool; 256] {
        let comments = [Some(self.line_comment), self.block_comment.map(|(open, _)| open)];
        let marks = comments.into_iter().flatten().chain(self.quotes.iter().map(|quote| quote.mark));
        let mut begins = [false; 256];
        marks.filter_map(|mark| mark.bytes().next()).for_each(|byte| begins[usize::from(byte)] = true);
        begins[usize::from(b'/')] |= self.regex;
        begins[usize::from(b'\'')] |= self.rust;
        begins
    }
}

/// Go: raw strings in backquotes, no nested comments.
pub const GO: Syntax = Syntax {
    line_comment: "//",
    block_comment: Some(("/*", "*/")),
    quotes: &[quote("\"", true, false), quote("'", true, false), quote("`", false, true)],
    regex: false,
    rust: false,
};

/// JavaScript and TypeScript; a template string is masked as a whole, its `${…}` too.
pub const JAVASCRIPT: Syntax = Syntax {
    line_comment: "//",
    block_comment: Some(("/*", "*/")),
    quotes: &[quote("\"", true, false), quote("'", true, false), quote("`", true, true)],
    regex: true,
    rust: false,
};

/// Java and Kotlin, with text blocks.
pub const JAVA: Syntax = Syntax {
    line_comment: "//",
    block_comment: Some(("/*", "*/")),
    quotes: &[quote("\"\"\"", true, true), quote("\"", true, false), quote("'", true, false)],
    regex: false,
    rust: false,
};

/// Python; prefixes such as `r` and `f` stay in the code before the quote.
pub const PYTHON: Syntax = Syntax {
    line_comment: "#",
    block_comment: None,
    quotes: &[quote("\"\"\"", true, true), quote("'''", true, true), quote("\"", true, false), quote("'", true, false)],
    regex: false,
    rust: false,
};

/// Rust; a prefix such as `b` stays in the code before the quote.
pub const RUST: Syntax = Syntax {
    line_comment: "//",
    block_comment: Some(("/*", "*/")),
    quotes: &[quote("\"", true, true)],
    regex: false,
    rust: true,
};

/// How much of a line is looked at on either side of an offset, in bytes: what is longer was made by a tool.
pub const LONG: usize = 400;

/// How much of a longer line stands before the offset where it is quoted, in bytes.
const BEFORE: usize = 40;

/// A source text beside its mask.
#[derive(Debug)]
pub struct Masked<'a> {
    text: &'a str,
    code: String,
    strings: Vec<Range<usize>>,
}

impl<'a> Masked<'a> {
    /// Masks a text.
    pub fn new(text: &'a str, syntax: &Syntax) -> Self {
        let out = text.as_bytes().to_vec();
        let mut scanner = Scanner { bytes: text.as_bytes(), at: 0, out, strings: Vec::new(), unclosed: 0 };
        scanner.run(syntax);
        let code = String::from_utf8(scanner.out).unwrap_or_default();
        Masked { text, code, strings: scanner.strings }
    }

    /// The text with comments and string contents blanked; same length, same lines. Quotes stay.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The original text of a range of [`Masked::code`].
    pub fn original(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The content of the first string literal whose opening quote stands at `offset` or later, if only blanks
    /// stand between.
    pub fn string_at(&self, offset: usize) -> Option<&'a str> {
        let range = self.strings.get(self.first_string(offset))?;
        let between = self.code.get(offset..range.start)?;
        between
            .trim_matches(|c: char| c.is_whitespace() || "\"'`".contains(c))
            .is_empty()
            .then(|| self.original(range.clone()))
    }

    /// Whether code stands at an offset, and neither a comment nor the inside of a string.
    pub fn is_code(&self, offset: usize) -> bool {
        self.code().get(offset..).and_then(|tail| tail.chars().next()).is_some_and(|c| !c.is_whitespace())
    }

    /// The contents of all string literals, in order.
    pub fn strings(&self) -> impl Iterator<Item = &'a str> {
        self.literals().map(|(_, text)| text)
    }

    /// The string literals with the offsets of their contents, in order.
    pub fn literals(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.strings.iter().map(|range| (range.start, self.original(range.clone())))
    }

    /// The contents of the string literals that begin between an offset and the end of its line, or of what is looked at of it.
    pub fn strings_behind(&self, offset: usize) -> impl Iterator<Item = &'a str> {
        let end = offset + self.rest_of_line(offset).len();
        let strings = self.strings.get(self.first_string(offset)..).unwrap_or_default();
        strings.iter().take_while(move |range| range.start < end).map(|range| self.original(range.clone()))
    }

    /// The line of the original text around an offset, trimmed; of a longer one than [`LONG`] a part.
    pub fn line(&self, offset: usize) -> &'a str {
        let start = self.line_start(offset).unwrap_or_else(|| boundary(self.text, offset.saturating_sub(BEFORE)));
        let end = offset + self.rest_of_line(offset).len();
        self.text.get(start..end).unwrap_or_default().trim()
    }

    /// Where the line around an offset begins; `None` where that is farther away than [`LONG`].
    pub fn line_start(&self, offset: usize) -> Option<usize> {
        let from = offset.saturating_sub(LONG);
        let newline = memchr::memrchr(b'\n', self.text.as_bytes().get(from..offset)?);
        newline.map(|at| from + at + 1).or((from == 0).then_some(0))
    }

    /// The original text from an offset to the end of its line, at most [`LONG`] bytes.
    pub fn rest_of_line(&self, offset: usize) -> &'a str {
        let tail = self.text.get(offset..boundary(self.text, offset + LONG)).unwrap_or_default();
        tail.split_once('\n').map_or(tail, |(line, _)| line)
    }

    /// The index of the first string that begins at an offset or later.
    fn first_string(&self, offset: usize) -> usize {
        self.strings.partition_point(|range| range.start < offset)
    }
}

/// The first place at `offset` or behind it that lies between two characters, or the text's end.
pub fn boundary(text: &str, offset: usize) -> usize {
    (offset..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    out: Vec<u8>,
    strings: Vec<Range<usize>>,
    /// The end of the last line with a slash that ends no regular expression: none begins before it.
    unclosed: usize,
}

impl Scanner<'_> {
    fn run(&mut self, syntax: &Syntax) {
        let begins = syntax.begins();
        while let Some(next) = self.bytes[self.at..].iter().position(|byte| begins[usize::from(*byte)]) {
            self.at += next;
            if self.sees(syntax.line_comment) {
                self.comment(memchr::memchr(b'\n', &self.bytes[self.at..]));
            } else if syntax.rust && self.sees("/*") {
                self.comment(self.nested());
            } else if let Some(hashes) = self.raw().filter(|_| syntax.rust) {
                self.raw_string(hashes);
            } else if syntax.rust && self.bytes[self.at] == b'\'' {
                self.character();
            } else if let Some((open, close)) = syntax.block_comment.filter(|(open, _)| self.sees(open)) {
                let end = memchr::memmem::find(&self.bytes[self.at + open.len()..], close.as_bytes());
                self.comment(end.map(|at| open.len() + at + close.len()));
            } else if let Some(quote) = syntax.quotes.iter().find(|quote| self.sees(quote.mark)) {
                self.literal(quote);
            } else if syntax.regex && self.bytes[self.at] == b'/' && self.may_start_regex() {
                self.regex();
            } else {
                self.at += 1;
            }
        }
    }

    fn sees(&self, mark: &str) -> bool {
        self.bytes[self.at..].starts_with(mark.as_bytes())
    }

    /// Blanks a comment of this length, or all that is left.
    fn comment(&mut self, length: Option<usize>) {
        let end = length.map_or(self.bytes.len(), |length| self.at + length);
        self.blank(self.at..end);
        self.at = end;
    }

    /// The length of a comment that may have comments in it; `None` where it does not end.
    fn nested(&self) -> Option<usize> {
        let bytes = &self.bytes[self.at..];
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(next) = memchr::memchr2(b'*', b'/', bytes.get(at..)?) {
            at += next;
            match bytes.get(at..at + 2)? {
                b"/*" => (at, depth) = (at + 2, depth + 1),
                b"*/" if depth == 1 => return Some(at + 2),
                b"*/" => (at, depth) = (at + 2, depth - 1),
                _ => at += 1,
            }
        }
        None
    }

    /// The number of `#` before a quote that begins a raw string of Rust; `None` where it begins none.
    fn raw(&self) -> Option<usize> {
        if self.bytes[self.at] != b'"' {
            return None;
        }
        let head = &self.bytes[..self.at];
        let hashes = head.iter().rev().take_while(|byte| **byte == b'#').count();
        let before = head[..head.len() - hashes].strip_suffix(b"r")?;
        let before = before.strip_suffix(b"b").or(before.strip_suffix(b"c")).unwrap_or(before);
        let is_word = before.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        (!is_word).then_some(hashes)
    }

    fn raw_string(&mut self, hashes: usize) {
        let start = self.at + 1;
        let mark = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
        let length = memchr::memmem::find(&self.bytes[start..], &mark);
        self.at = length.map_or(self.bytes.len(), |length| start + length);
        self.string(start, if length.is_some() { mark.len() } else { 0 });
    }

    /// Goes behind `'a'` or `'\n'`; behind the mark of a lifetime.
    fn character(&mut self) {
        let rest = &self.bytes[self.at + 1..];
        let escape = usize::from(rest.first() == Some(&b'\\'));
        let end = rest.iter().take(12).skip(1 + escape).position(|byte| *byte == b'\'').map(|at| at + 1 + escape);
        // One character has at most four bytes.
        let end = end.filter(|end| {
            escape == 1 || (*end <= 4 && std::str::from_utf8(&rest[..*end]).is_ok_and(|text| text.chars().count() == 1))
        });
        let length = end.unwrap_or(0);
        self.blank(self.at + 1..self.at + 1 + length);
        self.at += 1 + end.map_or(0, |end| end + 1);
    }

    fn blank(&mut self, range: Range<usize>) {
        for byte in &mut self.out[range] {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b' ';
            }
        }
    }

    fn literal(&mut self, quote: &Quote) {
        let start = self.at + quote.mark.len();
        let mark = quote.mark.as_bytes()[0];
        let escape = if quote.escapes { b'\\' } else { mark };
        let newline = if quote.multiline { mark } else { b'\n' };
        self.at = start;
        while let Some(next) = memchr::memchr3(mark, escape, newline, &self.bytes[self.at..]) {
            self.at += next;
            if quote.escapes && self.bytes[self.at] == b'\\' {
                self.at = (self.at + 2).min(self.bytes.len());
            } else if self.sees(quote.mark) || self.bytes[self.at] == b'\n' {
                return self.string(start, if self.sees(quote.mark) { quote.mark.len() } else { 0 });
            } else {
                self.at += 1;
            }
        }
        self.at = self.bytes.len();
        self.string(start, 0);
    }

    /// Takes up a string that ends here, and goes behind its closing mark of this length.
    fn string(&mut self, start: usize, mark: usize) {
        self.blank(start..self.at);
        self.strings.push(start..self.at);
        self.at += mark;
    }

    /// A slash starts a regular expression where an operand is expected.
    fn may_start_regex(&self) -> bool {
        let before = self.out[..self.at].iter().rposition(|byte| !byte.is_ascii_whitespace());
        self.at >= self.unclosed
            && before.is_none_or(|at| {
                b"(,=:[!&|?{};+-*%<>~^".contains(&self.out[at]) || self.out[..=at].ends_with(b"return")
            })
    }

    fn regex(&mut self) {
        let start = self.at + 1;
        let mut at = start;
        let mut in_class = false;
        while at < self.bytes.len() && self.bytes[at] != b'\n' {
            match self.bytes[at] {
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.blank(start..at);
                    self.at = at + 1;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        self.at = start;
        self.unclosed = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blank_and_offsets_stay() {
        let text = "import \"C\" // import \"D\"\n/* package main */ x := `package\nmain`\n";
        let masked = Masked::new(text, &GO);
        assert_eq!(masked.code().len(), text.len());
        assert!(!masked.code().contains("package"));
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["C", "package\nmain"]);
        let at = masked.code().find("import").unwrap() + "import".len();
        assert_eq!(masked.string_at(at), Some("C"));
        assert_eq!(masked.line(at), "import \"C\" // import \"D\"");
    }

    #[test]
    fn a_regular_expression_hides_its_quotes() {
        let masked = Masked::new("const r = /[\"'/]+/; listen('3000')", &JAVASCRIPT);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["3000"]);
        let masked = Masked::new("a / b; f('x') / 2", &JAVASCRIPT);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["x"]);
    }

    #[test]
    fn rust_has_raw_strings_lifetimes_and_comments_in_comments() {
        let text = "fn f<'a>(x: &'a str) { let q = '\"'; let n = '\\''; g(r#\"a \"b\"#, \"c\\\"\nd\", br\"e\", 'é') } /* \"x\" /* */ y */ z(\"f\")";
        let masked = Masked::new(text, &RUST);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["a \"b", "c\\\"\nd", "e", "f"]);
        assert!(masked.code().contains("<'a>(x: &'a str)") && !masked.code().contains('y'), "{}", masked.code());
    }

    #[test]
    fn an_unclosed_literal_ends_with_its_line() {
        let masked = Masked::new("s = 'it\nrun(\"x\")", &PYTHON);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["it", "x"]);
        let masked = Masked::new("'''doc 'a' '''\nx='b'", &PYTHON);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["doc 'a' ", "b"]);
    }

    #[test]
    fn a_long_line_is_quoted_in_part() {
        let text = format!("{}listen('3000'){}\nx", "é;".repeat(LONG), "é;".repeat(LONG));
        let masked = Masked::new(&text, &JAVASCRIPT);
        let line = masked.line(text.find("listen").unwrap());
        assert!(line.contains("listen('3000')") && line.len() <= LONG + BEFORE, "{line}");
        assert_eq!(masked.line(text.len()), "x");
        let shorter = format!("{}3000\r\nx", " a;".repeat(LONG / 3 - 10));
        assert!(Masked::new(&shorter, &JAVASCRIPT).line(shorter.find("3000").unwrap()).starts_with("a;"));
    }

    #[test]
    fn a_line_has_one_slash_that_closes_nothing() {
        let masked = Masked::new("x=/['=/a\ny=/'/;z='b'", &JAVASCRIPT);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["=/a", "b"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_keeps_its_length(text: String) {
            for syntax in [&GO, &JAVASCRIPT, &JAVA, &PYTHON, &RUST] {
                proptest::prop_assert_eq!(Masked::new(&text, syntax).code().len(), text.len());
            }
        }
    }
}
