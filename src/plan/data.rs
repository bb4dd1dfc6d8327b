//! The folders that the program writes to: the user of the image has to own them.

use super::{Decision, Planner, topic};
use crate::facts::{Evidence, Kind};

impl Planner<'_> {
    /// The folders, as they lie in the image; no folder of the system is given away.
    pub fn writes(&mut self) -> Vec<String> {
        let asked = |folder: &String| (folder.clone(), Evidence::asked(&format!("--data {folder}")));
        let mut folders: Vec<(String, Evidence)> = self.wishes.data.iter().map(asked).collect();
        for fact in self.facts.iter().filter(|fact| self.is_heard(fact)) {
            if let Kind::Writes(folder) = &fact.kind
                && !folders.iter().any(|(known, _)| known == folder)
            {
                folders.push((folder.clone(), fact.evidence.clone()));
            }
        }
        for (folder, evidence) in &folders {
            let reason = "the program writes there, so that its user owns it";
            self.decisions.push(Decision::new(topic::DATA, folder.clone(), reason, evidence.clone()));
        }
        folders.into_iter().map(|(folder, _)| folder).collect()
    }
}
