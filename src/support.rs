//! Which base images nobody mends any more, as far as the catalogs know.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::catalog::{Ended, SHARED};

static ENDED: LazyLock<Vec<(Regex, &'static Ended)>> =
    LazyLock::new(|| SHARED.ended.iter().map(|row| (crate::source::short(&row.image), row)).collect());

/// The sentence where nobody mends the system below an image any more.
pub fn system_ended(image: &str) -> Option<String> {
    let row = row(image)?;
    let so = row.so.as_ref().map_or(String::new(), |so| format!("; {so}"));
    Some(format!("`{image}`: {} gets no more security updates since {}{so}", row.what, row.end))
}

/// The row about a suite of Debian or Ubuntu that nobody mends any more.
pub fn suite_ended(suite: &str) -> Option<&'static Ended> {
    row(&format!("debian:{suite}"))
}

fn row(image: &str) -> Option<&'static Ended> {
    ENDED.iter().find(|(pattern, _)| pattern.is_match(image)).map(|(_, row)| *row)
}
