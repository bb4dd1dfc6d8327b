//! What a person and a program are told about several services.

use std::path::{Component, Path, PathBuf};

use serde_json::json;

use super::{Many, Part};
use crate::changes::{Change, Fate};
use crate::cli::next;
use crate::cli::print::{self, DIM, GOOD};
use crate::error::typed;
use crate::path::shown;
use crate::service::{Role, Service};
use crate::services::{Found, Search};

impl Many {
    /// Says which services there are, and which were passed over.
    pub fn tell(&self) {
        for part in &self.parts {
            let Part { known, described, why, .. } = part;
            let text = format!("({described}): {why}");
            print::say(&format!(
                "{GOOD}{}{GOOD:#} {} {DIM}{}{DIM:#}",
                known.name,
                shown(&known.folder()),
                print::printable(&text)
            ));
        }
        for (name, folder, why) in &self.others {
            let text = format!("not written: {name}, `{}`: {why}; `--service {name}` writes it", shown(folder));
            print::say(&print::printable(&text));
        }
        for (folder, why) in &self.passed {
            print::say(&print::printable(&format!("passed over: `{}`: {why}", shown(folder))));
        }
        self.mourn();
    }

    /// Says which services are gone, and of the last one what they had together.
    pub fn mourn(&self) {
        for known in &self.gone {
            print::warning(&format!("the service `{}` is gone: its files are not dockgen's any more", known.name));
        }
        let together = [Role::Bake, Role::Workflow].map(|role| Service::default().path(role));
        for path in together.iter().filter(|path| self.is_over() && self.lock.base(path).is_some()) {
            print::warning(&format!("no service is left: `{path}` and `dockgen.lock` can be deleted"));
        }
    }

    /// The difference to what is there.
    pub fn difference(&self) -> String {
        self.changes().iter().map(|change| print::diff(&change.diff())).collect()
    }

    /// Says what a person should know of the repository and of each service.
    pub fn warn(&self) {
        self.warnings.iter().for_each(|warning| print::warning(warning));
        for part in &self.parts {
            let (warnings, findings) = part.outlook.told();
            warnings.into_iter().for_each(|warning| print::warning(&format!("{}: {warning}", part.known.name)));
            part.at_top(findings).iter().for_each(print::finding);
        }
    }

    /// What a program is told.
    pub fn json(&self, wrote: bool) -> serde_json::Value {
        let of = |part: &Part| {
            let mut value = crate::explain::json(&part.outlook.draft, &[]);
            if let Some(map) = value.as_object_mut() {
                map.insert("service".to_owned(), json!(part.known.name));
                map.insert("folder".to_owned(), json!(part.known.folder()));
                map.insert("context".to_owned(), json!(part.known.context));
                map.insert("findings".to_owned(), json!(part.at_top(part.outlook.found())));
                map.insert("changes".to_owned(), json!(part.changes()));
                map.insert("news".to_owned(), json!(part.outlook.news()));
            }
            value
        };
        let others =
            self.others.iter().map(|(name, folder, why)| json!({ "service": name, "folder": folder, "why": why }));
        json!({
            "services": self.parts.iter().map(of).collect::<Vec<_>>(),
            "not_written": others.collect::<Vec<_>>(),
            "passed_over": passed(&self.passed),
            "gone": self.gone.iter().map(|known| &known.name).collect::<Vec<_>>(),
            "changes": self.shared,
            "warnings": self.warnings,
            "wrote": wrote,
        })
    }
}

/// Says what a person should know, what became of each file, and what comes next.
pub fn finish(dir: &Path, many: &Many, wrote: bool) {
    many.warn();
    print::changes(&many.changes(), wrote);
    if wrote && many.changes().iter().any(|change| change.text.is_some()) {
        commands(dir, many);
    }
}

/// What a person does next.
pub fn commands(dir: &Path, many: &Many) {
    print::say("\nnext:");
    let place = |path: &str| {
        let place: PathBuf = dir.join(path).components().skip_while(|part| *part == Component::CurDir).collect();
        if place.as_os_str().is_empty() { ".".to_owned() } else { typed(&place.to_string_lossy()) }
    };
    let is_baked = |change: &Change| change.role == Role::Bake && !matches!(change.fate, Fate::Held | Fate::Foreign);
    let baked = many.shared.iter().any(is_baked);
    if baked {
        let folder = place("");
        let enter = if folder == "." { String::new() } else { format!("cd {folder} && ") };
        print::say(&format!("  {enter}docker buildx bake -f {}", Service::default().path(Role::Bake)));
    }
    for Part { known, outlook, .. } in &many.parts {
        let file = known.dockerfile();
        let folder = format!("-f {} {}", place(&file), place(&known.context));
        let lines = next::lines(&known.name, &folder, &outlook.draft.plan.decisions);
        for line in lines.into_iter().skip(usize::from(baked)) {
            print::say(&format!("  {}", print::printable(&line)));
        }
    }
}

/// The services of a repository, for a person.
pub fn list(search: &Search) -> String {
    let mut text = String::from("services\n");
    for found in &search.services {
        let sure = if found.is_certain { "" } else { " (not certain: `dockgen init --service` writes it)" };
        let (name, folder) = (&found.known.name, found.folder());
        text.push_str(&format!("  {name}: {} ({}), {}{sure}\n", shown(&folder), found.described(), found.why));
    }
    if !search.passed.is_empty() {
        text.push_str("\npassed over\n");
    }
    for (folder, why) in &search.passed {
        text.push_str(&format!("  {}: {why}\n", shown(folder)));
    }
    text.push_str("\n`dockgen explain --service NAME` explains one of them.\n");
    text
}

/// The services of a repository, for a program.
pub fn listed(search: &Search) -> serde_json::Value {
    let service = |found: &Found| {
        json!({
            "service": found.known.name,
            "folder": found.folder(),
            "context": found.known.context,
            "dockerfile": found.dockerfile(),
            "language": found.draft.language.id,
            "port": found.port(),
            "why": found.why,
            "certain": found.is_certain,
        })
    };
    json!({ "services": search.services.iter().map(service).collect::<Vec<_>>(), "passed_over": passed(&search.passed) })
}

/// Folders that were passed over, for a program.
fn passed(folders: &[(String, String)]) -> serde_json::Value {
    folders.iter().map(|(folder, why)| json!({ "folder": folder, "why": why })).collect()
}
