//! How the program is built here: as its own builds say, with values that a release fills.

use crate::image::{Filled, Variable};
use crate::plan::{Decision, Planner, Rival, topic};

use super::build::Build;
use super::catalog::CATALOG;
use super::program::Program;
use super::project::Go;

/// How the program is built here.
#[derive(Debug, Default)]
pub struct Flags {
    /// Variables of the build.
    pub environment: Vec<Variable>,
    /// Options of the compiler.
    pub options: Vec<String>,
    /// Options of the linker.
    pub linker: Vec<String>,
    /// Build arguments.
    pub arguments: Vec<Variable>,
    /// What the workflow gives for them.
    pub filled: Vec<Filled>,
}

impl Go {
    /// The flags: tags of the strongest build, and what any of them has the linker set.
    pub fn flags(&self, planner: &mut Planner, program: &Program) -> Flags {
        let mut flags = Flags { options: vec!["-trimpath".to_owned()], ..Flags::default() };
        flags.linker.extend(["-s".to_owned(), "-w".to_owned()]);
        let Some(first) = self.fitting(program).next() else { return flags };
        let mut said: Vec<String> = Vec::new();
        if !first.tags.is_empty() {
            flags.options.push(format!("-tags={}", first.tags.join(",")));
            said.push(format!("-tags {}", first.tags.join(",")));
        }
        if first.is_untold {
            planner.warn(format!(
                "others build the program with tags that only their build can tell ({}): here it has {}",
                first.evidence,
                if first.tags.is_empty() { "none".to_owned() } else { format!("`{}`", first.tags.join(",")) }
            ));
        }
        let is_plain = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || "_.,-".contains(c));
        for (name, value) in first.environment.iter().filter(|(_, value)| is_plain(value)) {
            flags.environment.push(Variable::new(name, value));
            said.push(format!("{name}={value}"));
        }
        let mut known: Vec<&str> = Vec::new();
        for (symbol, value) in self.fitting(program).flat_map(|build| &build.values) {
            if known.contains(&symbol.as_str()) {
                continue;
            }
            known.push(symbol);
            if self.strange.contains(symbol) {
                planner.warn(format!("`{symbol}` is set when others build the program ({}), and there is no such package: it is left out", first.evidence));
                continue;
            }
            match self.linked(symbol, value.as_deref(), &mut flags) {
                Some(value) => {
                    flags.linker.push(format!("-X '{symbol}={value}'"));
                    said.push(format!("-X {symbol}={value}"));
                }
                None => planner.warn(format!("`{symbol}` is set when others build the program ({}), to what only that build can tell: here it keeps its own value", first.evidence)),
            }
        }
        self.tell(planner, program, first, &said);
        flags
    }

    /// The value of a variable: as it is said, or that of an argument which the release fills.
    fn linked(&self, symbol: &str, value: Option<&str>, flags: &mut Flags) -> Option<String> {
        let name = symbol.rsplit('.').next().unwrap_or_default().to_lowercase();
        let plain =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".:/@+,_-".contains(c));
        let told = CATALOG.build.filled.iter().find(|told| told.words.iter().any(|word| name.contains(word.as_str())));
        let Some(told) = told else { return value.filter(|value| plain(value)).map(str::to_owned) };
        if flags.arguments.iter().all(|argument| argument.name != told.argument) {
            let own = self.defaults.get(symbol).map(String::as_str).or(value).filter(|value| plain(value));
            flags.arguments.push(Variable::new(&told.argument, own.unwrap_or(&told.default)));
            flags.filled.push(Filled { name: told.argument.clone(), with: told.filled.clone() });
        }
        Some(format!("${}", told.argument))
    }

    /// Notes the choice, with the builds that have other tags.
    fn tell(&self, planner: &mut Planner, program: &Program, first: &Build, said: &[String]) {
        if said.is_empty() {
            return;
        }
        let others = self.fitting(program).filter(|build| build.tags != first.tags);
        let rival = |build: &Build| Rival {
            value: if build.tags.is_empty() { "no tags".to_owned() } else { format!("-tags {}", build.tags.join(",")) },
            why: if build.evidence.strength == first.evidence.strength {
                "as likely; the first was taken".to_owned()
            } else {
                format!("{} is weaker than {}", build.evidence.strength, first.evidence.strength)
            },
            evidence: build.evidence.clone(),
        };
        let decision =
            Decision::new(topic::BUILD, said.join(" "), "its own build has these flags", first.evidence.clone());
        planner.note(Decision { rivals: others.map(rival).collect(), ..decision });
    }
}
