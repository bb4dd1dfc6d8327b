//! Which image holds the program: needs against what each runtime provides.

use super::toolchain::Toolchain;
use super::{Decision, Need, Planner, Rival, topic};
use crate::catalog::Runtime;
use crate::error::Error;
use crate::facts::{Evidence, Strength};

/// Whether a word of a row's list meets a need; `package:*` meets every package.
fn meets(words: &[String], need: &Need) -> bool {
    words.iter().any(|word| match word.strip_suffix('*') {
        Some(prefix) => need.id.starts_with(prefix),
        None => *word == need.id,
    })
}

fn unmet<'a>(row: &Runtime, needs: &'a [Need], carried: bool) -> Option<&'a Need> {
    needs.iter().find(|need| !(meets(&row.provides, need) || carried && meets(&row.carries, need)))
}

/// The smallest row that meets all needs. A wish may also take what the Dockerfile can bring along.
///
/// # Errors
/// A refusal that names the need, its evidence and the nearest runtime that works.
pub fn solve<'a>(wish: Option<&str>, needs: &[Need], rows: &[&'a Runtime]) -> Result<(&'a Runtime, Decision), Error> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a.megabytes.total_cmp(&b.megabytes));
    let whole = rows.iter().find(|row| unmet(row, needs, false).is_none()).copied();
    let Some(wish) = wish else {
        let row = whole.ok_or_else(|| nothing_holds(needs, &rows))?;
        return Ok((row, decide(row, needs, &rows)));
    };
    let named: Vec<&Runtime> = rows.iter().filter(|row| row.id == wish).copied().collect();
    if let Some(row) = named.iter().find(|row| unmet(row, needs, true).is_none()) {
        let evidence = Evidence::asked(&format!("--runtime {wish}"));
        return Ok((row, Decision::new(topic::RUNTIME, shown(row), "asked for, and it holds the program", evidence)));
    }
    let Some(largest) = named.last() else {
        let mut ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        ids.dedup();
        return Err(Error::no(format!("there is no `{wish}` runtime for this program"))
            .hint(format!("these hold it: {}", ids.join(", "))));
    };
    let Some(need) = unmet(largest, needs, true) else { return Err(nothing_holds(needs, &rows)) };
    let error = Error::no(format!(
        "`--runtime {wish}` cannot hold this program: {} ({}), and {} has no {}",
        need.reason, need.evidence, largest.image, need.id
    ));
    Err(match whole {
        Some(row) => error.hint(format!("the nearest that works is `--runtime {}`", row.id)),
        None => error,
    })
}

fn shown(row: &Runtime) -> String {
    format!("{} ({})", row.id, row.image)
}

fn nothing_holds(needs: &[Need], rows: &[&Runtime]) -> Error {
    let need = rows.last().and_then(|row| unmet(row, needs, true));
    Error::no(match need {
        Some(need) => format!("no runtime holds this program: {} ({})", need.reason, need.evidence),
        None => "no runtime is known for this program".to_owned(),
    })
}

fn decide(row: &Runtime, needs: &[Need], rows: &[&Runtime]) -> Decision {
    let smaller = rows.iter().filter(|rival| rival.megabytes < row.megabytes);
    let rivals = smaller.filter_map(|rival| {
        let need = unmet(rival, needs, false)?;
        let why = format!("it has no {}: {}", need.id, need.reason);
        Some(Rival { value: shown(rival), why, evidence: need.evidence.clone() })
    });
    Decision {
        rivals: rivals.collect(),
        ..Decision::new(
            topic::RUNTIME,
            shown(row),
            "the smallest that has all the program needs",
            Evidence::new("", "", Strength::Convention),
        )
    }
}

impl Planner<'_> {
    /// What keeps the program out of smaller images, with the file that shows it; `None` where no file does.
    pub fn runtime_comment(&self) -> Option<String> {
        let decision = self.decisions.iter().find(|decision| decision.topic == topic::RUNTIME)?;
        let rival = decision.rivals.iter().rev().find(|rival| !rival.evidence.file.is_empty())?;
        let need = self.needs.iter().find(|need| need.evidence == rival.evidence)?;
        Some(format!("{} ({}).", upper(&need.reason), need.evidence.file))
    }

    /// The smallest runtime that meets the needs.
    ///
    /// # Errors
    /// Where the one that was asked for does not, or none does.
    pub fn runtime(&mut self, needs: Vec<Need>, rows: &[Runtime], toolchain: &Toolchain) -> Result<Runtime, Error> {
        let mut needs = needs;
        self.add_testified(&mut needs);
        for package in &self.wishes.extras.run_packages {
            let evidence = Evidence::new(crate::config::PATH, &format!("run.packages: {package}"), Strength::Asked);
            needs.push(Need::new(format!("package:{package}"), format!("it is given `{package}`"), evidence));
        }
        let rows: Vec<&Runtime> = rows.iter().filter(|row| toolchain.has(row)).collect();
        let wish = self.wishes.runtime.as_deref().filter(|wish| *wish != "auto");
        let (row, mut decision) = solve(wish, &needs, &rows)?;
        decision.value = toolchain.fill(&decision.value);
        decision.rivals.iter_mut().for_each(|rival| rival.value = toolchain.fill(&rival.value));
        self.decisions.push(decision);
        self.needs = needs;
        self.runtime = Some(row.id.clone());
        Ok(row.clone())
    }
}

/// The sentence with a capital.
fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Runtime> {
        let row = |id: &str, image: &str, provides: &[&str], carries: &[&str], megabytes| Runtime {
            id: id.into(),
            image: image.into(),
            builder: None,
            provides: provides.iter().map(|word| (*word).to_owned()).collect(),
            carries: carries.iter().map(|word| (*word).to_owned()).collect(),
            megabytes,
            cycles: Vec::new(),
            releases: None,
        };
        vec![
            row("slim", "debian", &["ca", "libc", "shell", "package:*"], &[], 80.0),
            row("scratch", "scratch", &[], &["ca"], 0.0),
            row("distroless", "static", &["ca"], &[], 2.3),
            row("distroless", "base", &["ca", "libc"], &[], 24.0),
        ]
    }

    fn solve(wish: Option<&str>, needs: &[&str]) -> Result<String, Error> {
        let needs: Vec<Need> = needs.iter().map(|id| Need::new(*id, "it must", Evidence::guess())).collect();
        let rows = rows();
        super::solve(wish, &needs, &rows.iter().collect::<Vec<_>>()).map(|(row, _)| row.image.clone())
    }

    #[test]
    fn the_smallest_complete_one_wins() {
        assert_eq!(solve(None, &["ca"]).unwrap(), "static");
        assert_eq!(solve(None, &["ca", "libc"]).unwrap(), "base");
        assert_eq!(solve(None, &["package:git"]).unwrap(), "debian");
        assert_eq!(solve(Some("scratch"), &["ca"]).unwrap(), "scratch");
        assert_eq!(solve(Some("distroless"), &["libc"]).unwrap(), "base");
    }

    #[test]
    fn what_cannot_hold_it_is_refused_with_the_nearest() {
        let error = solve(Some("scratch"), &["ca", "libc"]).unwrap_err();
        assert!(error.what.contains("libc") && error.hint.unwrap().contains("--runtime distroless"));
        assert!(solve(Some("alpine"), &["ca"]).unwrap_err().hint.unwrap().contains("slim"));
        assert!(solve(None, &["python"]).is_err());
    }
}
