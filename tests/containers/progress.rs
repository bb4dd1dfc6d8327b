//! Reads what BuildKit prints with `--progress=plain`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^#(\d+) (.*)$").expect("a pattern"));
static STEP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\[[^\]]*\] (ADD|COPY|RUN|WORKDIR) ").expect("a pattern"));

/// One instruction of the Dockerfile in one build.
pub struct Step {
    /// Stage, place and instruction, as BuildKit prints them.
    pub name: String,
    /// It was carried out; else its result came from the cache, or nobody needed it.
    pub ran: bool,
}

/// The steps of a build; base images and the sending of the context are none.
pub fn steps(log: &str) -> Vec<Step> {
    let mut steps: BTreeMap<u32, Step> = BTreeMap::new();
    for captures in log.lines().filter_map(|line| LINE.captures(line)) {
        let Ok(number) = captures[1].parse() else { continue };
        let text = &captures[2];
        if STEP.is_match(text) {
            steps.entry(number).or_insert_with(|| Step { name: text.to_owned(), ran: false });
        } else if let Some(step) = steps.get_mut(&number) {
            step.ran |= text.starts_with("DONE ");
        }
    }
    steps.into_values().collect()
}
