//! What a person gives the program when it is run: variables, and services beside it.

use super::{Decision, Planner, topic};
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::image::Run;

/// No more variables than this are told one by one.
const MOST: usize = 6;

impl Planner<'_> {
    /// Notes the variables that have to be given, and the services that have to be there. What the image sets is given already.
    pub(super) fn given(&mut self, run: &Run) {
        let is_set = |name: &str| run.environment.iter().any(|known| known.name == *name);
        let mut wanted: Vec<(String, Option<String>, Evidence)> = Vec::new();
        for fact in self.heard() {
            let Kind::Wants(name, example) = &fact.kind else { continue };
            match wanted.iter_mut().find(|(known, ..)| known == name) {
                Some((_, known, evidence)) => {
                    *known = known.take().or(example.clone());
                    evidence.strength = evidence.strength.max(fact.evidence.strength);
                }
                None if is_set(name) => {}
                None => wanted.push((name.clone(), example.clone(), fact.evidence.clone())),
            }
        }
        let (open, more): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|(_, _, evidence)| evidence.strength > Strength::Guess);
        for (name, example, evidence) in open.iter().take(MOST) {
            let value = format!("{name}={}", example.as_deref().unwrap_or_default());
            let reason = "it is given when the image is run";
            self.note(Decision::new(topic::GIVEN, value, reason, evidence.clone()));
        }
        let rest: Vec<&str> = open.iter().skip(MOST).chain(&more).map(|(name, ..)| name.as_str()).collect();
        if let Some((_, _, evidence)) = open.get(MOST).or(more.first()) {
            let shown = rest.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
            let shown = if rest.len() > MOST { format!("{shown} and {} more", rest.len() - MOST) } else { shown };
            let evidence = Evidence::new(&evidence.file, "", Strength::Stated);
            self.note(Decision::new(topic::SETTINGS, shown, "it may be given when the image is run", evidence));
        }
        self.used();
    }

    fn used(&mut self) {
        let mut used: Vec<(String, Evidence)> = Vec::new();
        for fact in self.heard() {
            if let Fact { kind: Kind::Uses(service), evidence, .. } = fact
                && !used.iter().any(|(known, _)| known == service)
            {
                used.push((service.clone(), evidence.clone()));
            }
        }
        for (service, evidence) in used {
            self.note(Decision::new(topic::SERVICE, service, "the program uses it where it runs today", evidence));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Labels, Variable};
    use crate::repo::Repo;
    use crate::wishes::Wishes;

    #[test]
    fn what_has_to_be_given_comes_first() {
        let wants = |name: &str, example: Option<&str>, strength| {
            Fact::new(Kind::Wants(name.to_owned(), example.map(str::to_owned)), "f", name, strength)
        };
        let mut facts = vec![
            wants("MODE", Some("live"), Strength::Guess),
            wants("KEY", None, Strength::Stated),
            wants("URL", None, Strength::Convention),
            wants("URL", Some("http://x"), Strength::Guess),
            wants("SET", None, Strength::Stated),
            Fact::new(Kind::Uses("Redis".into()), "f", "x", Strength::Stated),
            Fact::new(Kind::Uses("Redis".into()), "g", "x", Strength::Stated),
        ];
        facts.extend((0..20).map(|at| wants(&format!("N{at}"), None, Strength::Guess)));
        let (repo, wishes) = (Repo::from_list("x", []), Wishes::default());
        let mut planner = Planner::new(&repo, facts, &wishes);
        let mut run = planner.run("x".into(), Labels::default(), None);
        run.environment.push(Variable::new("SET", "x"));
        planner.given(&run);
        let decisions = planner.finish().decisions;
        let told: Vec<String> = decisions.iter().map(|it| format!("{}: {}", it.topic, it.value)).collect();
        assert_eq!(
            told,
            ["given: KEY=", "given: URL=http://x", "settings: MODE, N0, N1, N2, N3, N4 and 15 more", "service: Redis",]
        );
    }
}
