//! Where a file listens.

use crate::facts::{Evidence, Strength};
use crate::plan::listen::FIRST_OF_USERS;
use crate::source::Pattern;
use crate::source::mask::Masked;

use super::catalog::CATALOG;

static ADDRESS: Pattern = Pattern::new(r"^(?:|0\.0\.0\.0|\[::\]|localhost|127\.0\.0\.1):(\d{2,5})$");

/// What a file says of listening.
#[derive(Debug, Default)]
pub struct Listening {
    /// Whether something listens.
    pub listens: bool,
    /// A call that listens where its framework does by itself: `r.Run()`.
    pub by_itself: Option<Evidence>,
    /// Whether the environment is asked for PORT.
    pub from_environment: bool,
    /// Ports.
    pub ports: Vec<Port>,
}

/// A port.
#[derive(Debug)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Where it stands.
    pub evidence: Evidence,
    /// Whether it counts in the main package only.
    pub in_main: bool,
}

impl Listening {
    /// Looks into a file.
    pub fn read(path: &str, masked: &Masked, text: &str) -> Self {
        let code = masked.code();
        let call = CATALOG.source.by_itself.find(code);
        let mut ports = addresses(path, masked);
        ports.extend(numbers(path, masked, text));
        let is_aside = |part: &str| CATALOG.source.aside.iter().any(|word| word == part);
        if path.trim_end_matches(".go").split('/').any(is_aside) {
            ports.iter_mut().for_each(|port| port.evidence.strength = Strength::Guess);
        }
        Listening {
            listens: CATALOG.source.listens.is_match(code),
            by_itself: call.map(|call| Evidence::new(path, masked.line(call.start()), Strength::Stated)),
            from_environment: CATALOG.source.port_variable.is_match(text),
            ports,
        }
    }
}

fn says(line: &str, words: &[String]) -> bool {
    words.iter().any(|word| line.contains(word))
}

/// Literals that are an address.
fn addresses(path: &str, masked: &Masked) -> Vec<Port> {
    let found = masked.literals().filter_map(|(at, literal)| {
        let literal =
            Some(literal).filter(|text| text.contains(':') && text.ends_with(|c: char| c.is_ascii_digit()))?;
        let number: u16 = ADDRESS.word(literal)?.parse().ok()?;
        let line = masked.line(at);
        let lower = line.to_lowercase();
        let is_open = literal.starts_with(':') || literal.starts_with("0.0.0.0");
        let strength = match () {
            () if CATALOG.source.compares.is_match(line) => return None,
            () if says(&lower, &CATALOG.source.beside) => Strength::Guess,
            // What listens there may only lead to the other one.
            () if CATALOG.source.listens.is_match(line) && number < FIRST_OF_USERS => Strength::Convention,
            () if CATALOG.source.listens.is_match(line) => Strength::Stated,
            () if said_before(masked, at) => Strength::Convention,
            () if says(&lower, &CATALOG.source.listening) => Strength::Convention,
            () if !is_open => return None,
            () if says(&lower, &CATALOG.source.address) => Strength::Convention,
            () if number < FIRST_OF_USERS => return None,
            () => return Some(Port { number, evidence: Evidence::new(path, line, Strength::Guess), in_main: true }),
        };
        Some(Port { number, evidence: Evidence::new(path, line, strength), in_main: false })
    });
    found.collect()
}

/// Whether one of the two lines before an offset speaks of listening.
fn said_before(masked: &Masked, offset: usize) -> bool {
    let before = |at: usize| masked.line_start(at)?.checked_sub(1);
    let first = before(offset);
    let lines = [first, first.and_then(before)].into_iter().flatten();
    lines.into_iter().any(|end| masked.line(end).to_lowercase().contains("listen"))
}

/// Numbers of something that is called a port.
fn numbers(path: &str, masked: &Masked, text: &str) -> Vec<Port> {
    let found = CATALOG.source.port.captures_iter(text).filter_map(|found| {
        let number = found.group()?;
        // The beginning of an address, or of a sum.
        if text.get(number.end()..).is_some_and(|rest| rest.starts_with('.') || rest.starts_with(" +")) {
            return None;
        }
        let line = masked.line(number.start());
        let port: u16 = number.as_str().parse().ok()?;
        let is_other = CATALOG.config.others.contains(&port) || says(&line.to_lowercase(), &CATALOG.source.others);
        let is_comment = line.trim_start().starts_with("//");
        let strength = if port < FIRST_OF_USERS { Strength::Guess } else { Strength::Convention };
        let evidence = Evidence::new(path, line, strength);
        (!is_other && !is_comment).then_some(Port { number: port, evidence, in_main: false })
    });
    found.collect()
}
