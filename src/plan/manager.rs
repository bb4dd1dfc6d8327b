//! Which package manager installs.

use super::{Candidate, Planner, topic};
use crate::error::Error;
use crate::facts::{Evidence, Kind, Strength};
use crate::values;

impl Planner<'_> {
    /// The package manager among facts of [`Kind::Manager`]: its id and, where somebody names one, its version.
    ///
    /// # Errors
    /// Where a wish names a manager that is not among `known`.
    pub fn manager(&mut self, known: &[&str], fallback: &str) -> Result<(String, Option<String>), Error> {
        let mut candidates: Vec<Candidate<(String, Option<String>)>> = Vec::new();
        let mut versions = Vec::new();
        for fact in &self.facts {
            if let Kind::Manager(id, version) = &fact.kind
                && known.contains(&id.as_str())
                && self.is_heard(fact)
            {
                versions.push((fact.evidence.strength, id.clone(), version.clone()));
                let reason = format!("{} names it", fact.evidence);
                candidates.push(Candidate::new((id.clone(), None), id.clone(), reason, fact.evidence.clone()));
            }
        }
        if let Some(wish) = &self.wishes.package_manager {
            values::one_of(wish, known).map_err(|what| Error::usage(format!("--package-manager {what}")))?;
            let evidence = Evidence::asked(&format!("--package-manager {wish}"));
            candidates.push(Candidate::new((wish.clone(), None), wish.clone(), "asked for", evidence));
        }
        if candidates.is_empty() {
            let evidence = Evidence::new("", "", Strength::Convention);
            let reason = "the ecosystem's own, where nothing names another";
            candidates.push(Candidate::new((fallback.to_owned(), None), fallback, reason, evidence));
        }
        let id = self.choose(topic::MANAGER, candidates).map_or_else(|| fallback.to_owned(), |(id, _)| id);
        versions.sort_by_key(|(strength, ..)| std::cmp::Reverse(*strength));
        let version = versions.into_iter().find_map(|(_, of, version)| version.filter(|_| of == id));
        Ok((id, version))
    }
}
