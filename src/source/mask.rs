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
}

/// Go: raw strings in backquotes, no nested comments.
pub const GO: Syntax = Syntax {
    line_comment: "//",
    block_comment: Some(("/*", "*/")),
    quotes: &[quote("\"", true, false), quote("'", true, false), quote("`", false, true)],
    regex: false,
};

/// JavaScript and TypeScript; a template string is masked as a whole, its `${…}` too.
pub const JAVASCRIPT: Syntax = Syntax {
    line_comment: "//",
    block_comment: Some(("/*", "*/")),
    quotes: &[quote("\"", true, false), quote("'", true, false), quote("`", true, true)],
    regex: true,
};

/// Java and Kotlin, with text blocks.
pub const JAVA: Syntax = Syntax {
    line_comment: "//",
    block_comment: Some(("/*", "*/")),
    quotes: &[quote("\"\"\"", true, true), quote("\"", true, false), quote("'", true, false)],
    regex: false,
};

/// Python; prefixes such as `r` and `f` stay in the code before the quote.
pub const PYTHON: Syntax = Syntax {
    line_comment: "#",
    block_comment: None,
    quotes: &[quote("\"\"\"", true, true), quote("'''", true, true), quote("\"", true, false), quote("'", true, false)],
    regex: false,
};

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
        let mut scanner = Scanner { bytes: text.as_bytes(), at: 0, out: text.as_bytes().to_vec(), strings: Vec::new() };
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
        let index = self.strings.partition_point(|range| range.start < offset);
        let range = self.strings.get(index)?;
        let between = self.code.get(offset..range.start)?;
        between
            .trim_matches(|c: char| c.is_whitespace() || "\"'`".contains(c))
            .is_empty()
            .then(|| self.original(range.clone()))
    }

    /// The contents of all string literals, in order.
    pub fn strings(&self) -> impl Iterator<Item = &'a str> {
        self.literals().map(|(_, text)| text)
    }

    /// The string literals with the offsets of their contents, in order.
    pub fn literals(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.strings.iter().map(|range| (range.start, self.original(range.clone())))
    }

    /// The whole line of the original text around an offset, trimmed.
    pub fn line(&self, offset: usize) -> &'a str {
        let start = self.text.get(..offset).and_then(|head| head.rfind('\n')).map_or(0, |at| at + 1);
        self.text.get(start..).and_then(|tail| tail.lines().next()).unwrap_or_default().trim()
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    out: Vec<u8>,
    strings: Vec<Range<usize>>,
}

impl Scanner<'_> {
    fn run(&mut self, syntax: &Syntax) {
        while self.at < self.bytes.len() {
            if self.sees(syntax.line_comment) {
                let end = self.find("\n", self.at).unwrap_or(self.bytes.len());
                self.blank(self.at..end);
                self.at = end;
            } else if let Some((open, close)) = syntax.block_comment.filter(|(open, _)| self.sees(open)) {
                let end = self.find(close, self.at + open.len()).map_or(self.bytes.len(), |at| at + close.len());
                self.blank(self.at..end);
                self.at = end;
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

    fn find(&self, mark: &str, from: usize) -> Option<usize> {
        let tail = self.bytes.get(from..)?;
        tail.windows(mark.len()).position(|window| window == mark.as_bytes()).map(|at| at + from)
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
        self.at = start;
        while self.at < self.bytes.len() {
            if quote.escapes && self.bytes[self.at] == b'\\' {
                self.at = (self.at + 2).min(self.bytes.len());
            } else if self.sees(quote.mark) || (!quote.multiline && self.bytes[self.at] == b'\n') {
                break;
            } else {
                self.at += 1;
            }
        }
        self.blank(start..self.at);
        self.strings.push(start..self.at);
        if self.at < self.bytes.len() && self.sees(quote.mark) {
            self.at += quote.mark.len();
        }
    }

    /// A slash starts a regular expression where an operand is expected.
    fn may_start_regex(&self) -> bool {
        let before = self.out[..self.at].iter().rposition(|byte| !byte.is_ascii_whitespace());
        before.is_none_or(|at| b"(,=:[!&|?{};+-*%<>~^".contains(&self.out[at]) || self.out[..=at].ends_with(b"return"))
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
    fn an_unclosed_literal_ends_with_its_line() {
        let masked = Masked::new("s = 'it\nrun(\"x\")", &PYTHON);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["it", "x"]);
        let masked = Masked::new("'''doc 'a' '''\nx='b'", &PYTHON);
        assert_eq!(masked.strings().collect::<Vec<_>>(), ["doc 'a' ", "b"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_keeps_its_length(text: String) {
            for syntax in [&GO, &JAVASCRIPT, &JAVA, &PYTHON] {
                proptest::prop_assert_eq!(Masked::new(&text, syntax).code().len(), text.len());
            }
        }
    }
}
