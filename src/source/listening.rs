//! Addresses as programs of every language write them.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::short;
use crate::facts::Host;

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    short(r"^(?:(0\.0\.0\.0|\[::\]|::|\*)|(127\.0\.0\.1|localhost|\[::1\]|::1))?(?::([1-9][0-9]{1,4}))?$")
});

/// The machine's addresses and the port that a value names: `:8080`, `127.0.0.1`, `0.0.0.0:80`, `8080`; `None` where it names neither.
pub fn address(text: &str) -> Option<(Option<Host>, Option<u16>)> {
    if text.len() > 21 || text.is_empty() {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((None, Some(text.parse().ok().filter(|port| *port >= 10)?)));
    }
    let parts = ADDRESS.captures(text)?;
    let port = parts.get(3).and_then(|port| port.as_str().parse().ok());
    let host = if parts.get(2).is_some() { Host::Loopback } else { Host::All };
    Some((Some(host), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let (all, local) = (Some(Host::All), Some(Host::Loopback));
        for (text, expected) in [
            (":8080", Some((all, Some(8080)))),
            ("0.0.0.0", Some((all, None))),
            ("[::]:80", Some((all, Some(80)))),
            ("127.0.0.1", Some((local, None))),
            ("localhost:9000", Some((local, Some(9000)))),
            ("8080", Some((None, Some(8080)))),
            ("8", None),
            ("", None),
            ("http://localhost:80", None),
            ("db:5432", None),
        ] {
            assert_eq!(address(text), expected, "{text}");
        }
    }
}
