//! What is run to build the program, and what else is built for it.

use super::{Decision, Planner, Rival, topic};
use crate::facts::{Evidence, Fact, Kind};
use crate::path;

impl Planner<'_> {
    /// Notes the commands that build. Scripts of the same manifest, by facts of [`Kind::Script`], whose names begin as the chosen
    /// one's does are rivals: `build:production` beside `build`.
    pub fn build(&mut self, commands: String, evidence: Evidence) {
        let begin = |name: &str| name.split([':', '-', '_', '.', ' ']).next().unwrap_or_default().to_owned();
        let rival = |fact: &Fact| match &fact.kind {
            Kind::Script(name, _) if *name != commands && begin(name) == begin(&commands) => Some(Rival {
                value: name.clone(),
                why: format!("`{commands}` is the usual one"),
                evidence: fact.evidence.clone(),
            }),
            _ => None,
        };
        let rivals = self.facts.iter().filter(|fact| fact.evidence.file == evidence.file).filter_map(rival).collect();
        let decision = Decision::new(topic::BUILD, commands.clone(), "it makes what is started", evidence.clone());
        self.note(Decision { rivals, ..decision });
    }

    /// What is said of the front end that is built for the program already.
    pub fn front_end_built(&self) -> Option<&str> {
        self.decisions.iter().find(|decision| decision.topic == topic::FRONT_END).map(|it| it.value.as_str())
    }

    /// Notes that the front end in a folder is built for the program, and why.
    pub fn front_end(&mut self, folder: &str, reason: &str, evidence: Evidence) {
        self.note(Decision::new(
            topic::FRONT_END,
            format!("`{}`, built by Node", path::shown(folder)),
            reason,
            evidence,
        ));
    }
}
