//! `Makefile`: its rules with the variables filled in, as far as no shell is asked. Conditions hold as in an empty environment.

mod expand;

use std::collections::BTreeMap;

use super::Fault;
use super::tasks::{MOST_TASKS, Task};
use expand::Expander;

/// Reads the rules that have a name and lines or prerequisites, that which runs by default first.
///
/// # Errors
/// Never: what is not understood is passed over.
pub fn parse(text: &str) -> Result<Vec<Task>, Fault> {
    let mut reader = Reader::default();
    for line in joined(text) {
        reader.line(&line);
    }
    Ok(reader.finish())
}

/// The lines, those that go on with the ones behind them.
fn joined(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let (body, more) = line.strip_suffix('\\').map_or((line, false), |body| (body, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push(' ');
                last.push_str(body.trim_start());
            }
            None => lines.push(body.to_owned()),
        }
        goes_on = more;
    }
    lines
}

#[derive(Default)]
struct Reader {
    expander: Expander,
    tasks: Vec<Task>,
    /// The places of the tasks, by their names.
    places: BTreeMap<String, usize>,
    /// Variables of single targets.
    own: BTreeMap<String, Vec<(String, String)>>,
    /// Names of variables that commands see.
    exported: Vec<String>,
    /// The targets whose lines follow.
    open: Vec<usize>,
    /// Whether each open condition holds, and whether one of its branches did.
    conditions: Vec<(bool, bool)>,
    goal: Option<String>,
    in_definition: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let words = line.trim();
        if self.in_definition || words.starts_with("define ") {
            self.in_definition = words != "endef";
            return;
        }
        let is_recipe = line.starts_with('\t') && !self.open.is_empty();
        if !is_recipe && self.condition(words) || self.conditions.iter().any(|(holds, _)| !holds) {
            return;
        }
        if is_recipe {
            let line = words.trim_start_matches(['@', '-', '+']).trim();
            for at in self.open.iter().filter(|_| !line.is_empty() && !line.starts_with('#')) {
                self.tasks.get_mut(*at).into_iter().for_each(|task| task.lines.push(line.to_owned()));
            }
            return;
        }
        let words = words.split(" #").next().unwrap_or_default().trim();
        if words.is_empty() || words.starts_with('#') {
            return;
        }
        self.open.clear();
        match assignment(words) {
            Some((name, sign, value)) => self.assign(name, sign, value),
            None => self.rule(words),
        }
    }

    /// Takes up a line of a condition.
    fn condition(&mut self, words: &str) -> bool {
        let (word, rest) = words.split_once([' ', '\t', '(']).unwrap_or((words, ""));
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                let holds = self.holds(word, words.get(word.len()..).unwrap_or_default().trim());
                self.conditions.push((holds, holds));
            }
            "else" => {
                let (word, _) = rest.trim().split_once([' ', '(']).unwrap_or((rest.trim(), ""));
                let more = rest.trim().get(word.len()..).unwrap_or_default().trim();
                let holds = word.is_empty() || self.holds(word, more);
                if let Some((now, before)) = self.conditions.last_mut() {
                    *now = !*before && holds;
                    *before |= *now;
                }
            }
            "endif" => drop(self.conditions.pop()),
            _ => return false,
        }
        true
    }

    fn holds(&mut self, word: &str, rest: &str) -> bool {
        if word.ends_with("def") {
            return self.expander.is_set(rest) != (word == "ifndef");
        }
        let sides = match rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => inner.split_once(','),
            None => rest.split_once(' '),
        };
        let Some((left, right)) = sides else { return false };
        let plain = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
        let (left, right) = (self.expander.silent(&plain(left)), self.expander.silent(&plain(right)));
        (left == right) == (word == "ifeq")
    }

    fn assign(&mut self, name: &str, sign: &str, value: &str) {
        let name = match name.strip_prefix("export ") {
            Some(name) => {
                self.exported.push(name.trim().to_owned());
                name.trim()
            }
            None => name.trim_start_matches("override ").trim(),
        };
        if name == ".DEFAULT_GOAL" {
            self.goal = Some(self.expander.silent(value));
        }
        self.expander.assign(name, sign, value);
    }

    fn rule(&mut self, words: &str) {
        let Some((targets, rest)) = words.split_once(':') else { return };
        let rest = rest.trim_start_matches(':');
        let targets = self.expander.silent(targets);
        let names: Vec<&str> = targets.split_whitespace().filter(|name| !name.contains('%')).take(20).collect();
        if let Some((name, sign, value)) = assignment(rest) {
            let pair = (name.trim_start_matches("export ").trim().to_owned(), value.to_owned());
            let is_set = sign != "+=";
            names.iter().filter(|_| is_set).for_each(|name| {
                self.own.entry((*name).to_owned()).or_default().push(pair.clone());
            });
            return;
        }
        let (needs, line) = rest.split_once(';').map_or((rest, None), |(needs, line)| (needs, Some(line.trim())));
        let needs = self.expander.silent(&needs.replace('|', " "));
        let needs: Vec<String> = needs.split_whitespace().take(100).map(str::to_owned).collect();
        for name in names.into_iter().filter(|name| !name.starts_with('.')) {
            let next = self.tasks.len();
            let at = *self.places.entry(name.to_owned()).or_insert(next);
            if at == next && next < MOST_TASKS {
                self.tasks.push(Task { name: name.to_owned(), ..Task::default() });
            }
            let Some(task) = self.tasks.get_mut(at) else { continue };
            task.needs.extend(needs.iter().cloned());
            task.lines.extend(line.map(str::to_owned));
            self.open.push(at);
        }
    }

    fn finish(mut self) -> Vec<Task> {
        let exported: Vec<String> = std::mem::take(&mut self.exported);
        for task in &mut self.tasks {
            let own = self.own.remove(&task.name).unwrap_or_default();
            let first = task.needs.first().cloned().unwrap_or_default();
            self.expander.enter(&task.name, &first, own);
            task.lines = task.lines.iter().map(|line| self.expander.expand(line)).collect();
            let value = |name: &String| (name.clone(), self.expander.expand(&format!("$({name})")));
            task.environment = exported.iter().take(20).map(value).collect();
        }
        let goal = self.goal.and_then(|goal| self.places.get(goal.as_str()).copied());
        if let Some(at) = goal.filter(|at| *at < self.tasks.len()) {
            self.tasks[..=at].rotate_right(1);
        }
        self.tasks
    }
}

/// `NAME := value`: the name, the sign, the value.
fn assignment(words: &str) -> Option<(&str, &str, &str)> {
    let at = words.find('=')?;
    let (before, value) = (words.get(..at)?, words.get(at + 1..)?.trim());
    let name = before.trim_end_matches([':', '?', '+', '!']);
    let sign = words.get(name.len()..=at)?;
    let name = name.trim();
    let bare = name.trim_start_matches("export ").trim_start_matches("override ").trim();
    let is_name = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    is_name.then_some((name, sign, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let tasks = parse(text).unwrap();
        tasks
            .iter()
            .map(|task| format!("{} <{}> {}", task.name, task.needs.join(" "), task.lines.join(" | ")))
            .collect()
    }

    #[test]
    fn rules_with_their_variables() {
        for (text, expected) in [
            (
                "A := x\nB = $(A)$(C)\nC = z\nb: c | d\n\t@echo ${B} $$HOME\n\t-y\nc:\n",
                &["b <c d> echo xz $HOME | y", "c <> "][..],
            ),
            ("A ?= 1\nA += 2\nA := $(A) 3\nx:\n\tgo $(A) $@ $<\n", &["x <> go 1 2 3 x ${?}"]),
            ("V := $(shell git describe)\nx: y\n\tgo -X a=$(V) $(UNSET) $<\n", &["x <y> go -X a=${?} ${?} y"]),
            (
                "ifdef S\nF := s\nelse ifeq ($(OS),w)\nF := w\nelse\nF := n\nendif\nx:\n\tgo $(F)\nifneq ($(OS),w)\n\tchmod\nendif\n",
                &["x <> go n | chmod"],
            ),
            (".PHONY: a\n.DEFAULT_GOAL := b\na:\n\t1\nb: V = 2\nb:\n\tgo \\\n\t  $(V)\n", &["b <> go  2", "a <> 1"]),
            ("define X\na:\n\tb\nendef\n%.o: x\n\tcc\nc d: ; e\n", &["c <> e", "d <> e"]),
            ("A = $(strip  $(or $(N),v) )\nx:\n\t$(A)\n", &["x <> v"]),
            ("T=a$(if $(X),$(C)b)$(if $(T2),,c)\nT2=\nx:\n\t$(T)\n", &["x <> ac"]),
            ("a: b # c\n\td\na: e\n", &["a <b e> d"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        let task = parse("export CGO_ENABLED = 0\nx:\n\ty\n").unwrap().remove(0);
        assert_eq!(task.environment, [("CGO_ENABLED".to_owned(), "0".to_owned())]);
    }

    #[test]
    fn what_grows_without_end_is_cut_off() {
        let mut text = "A0 = xxxxxxxxxx\n".to_owned();
        (1..60).for_each(|at| text.push_str(&format!("A{at} = $(A{0})$(A{0})\n", at - 1)));
        text.push_str("S = $(S) s\nx:\n\t$(A59)\n\t$(S)\n");
        let tasks = parse(&text).unwrap();
        assert!(tasks[0].lines.iter().map(String::len).sum::<usize>() < 100_000);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,200}", rules in "[a$(){}:=\t\n ]{0,80}") {
            let _ = parse(&text);
            let _ = parse(&rules);
        }
    }
}
