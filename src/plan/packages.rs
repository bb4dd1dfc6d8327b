//! Packages of the system, and what else the runtime must provide.

use super::{Need, Planner};
use crate::facts::{Evidence, Fact, Kind, Strength};

impl Planner<'_> {
    /// What the program needs: what any program does, `(need, why)`, and what facts of [`Kind::Need`] say.
    pub fn needs(&self, assumed: &[(&str, &str)]) -> Vec<Need> {
        let usual = |(id, why): &(&str, &str)| Need::new(*id, *why, Evidence::new("", "", Strength::Convention));
        let mut needs: Vec<Need> = assumed.iter().map(usual).collect();
        self.add_testified(&mut needs);
        needs
    }

    /// Adds what facts say and is not known yet.
    pub(super) fn add_testified(&self, needs: &mut Vec<Need>) {
        for fact in self.needed() {
            if let Kind::Need(id, why) = &fact.kind
                && needs.iter().all(|need| need.id != *id)
            {
                needs.push(Need::new(id, why, fact.evidence.clone()));
            }
        }
    }

    /// Facts of [`Kind::Need`]. What is only likely says nothing against a runtime that was asked for.
    fn needed(&self) -> impl Iterator<Item = &Fact> {
        let is_free = self.wishes.runtime.as_deref().is_none_or(|wish| wish == "auto");
        self.heard().filter(move |fact| match &fact.kind {
            Kind::Need(id, _) => is_free || !id.starts_with("package:") || fact.evidence.strength >= Strength::Stated,
            _ => false,
        })
    }

    /// The packages that the build needs, sorted.
    pub fn build_packages(&self) -> Vec<String> {
        let name = |kind: &Kind| if let Kind::Package(name) = kind { Some(name.clone()) } else { None };
        sorted(self.heard().filter_map(|fact| name(&fact.kind)).collect())
    }

    /// The packages that the program needs when it runs, with these, sorted.
    pub fn run_packages(&self, always: &[&str]) -> Vec<String> {
        let name = |kind: &Kind| match kind {
            Kind::Need(id, _) => id.strip_prefix("package:").map(str::to_owned),
            _ => None,
        };
        sorted(
            self.needed()
                .filter_map(|fact| name(&fact.kind))
                .chain(always.iter().map(|name| (*name).to_owned()))
                .collect(),
        )
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}
