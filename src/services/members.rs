//! Which folders a manifest gathers to one workspace, so that they are built from where it lies.

use crate::dockerignore::Matcher;
use crate::format::{cargo_manifest, go_mod, package_json, pnpm_workspace, pom, pyproject};
use crate::path;
use crate::repo::Repo;

/// Reads the patterns of the members out of a manifest; none where it gathers none.
type Reader = fn(&str) -> Vec<String>;

/// The manifests that gather.
const MANIFESTS: [(&str, Reader); 6] = [
    ("package.json", |text| package_json::parse(text).ok().and_then(|it| it.workspaces).unwrap_or_default()),
    ("pnpm-workspace.yaml", |text| pnpm_workspace::parse(text).ok().and_then(|it| it.packages).unwrap_or_default()),
    ("go.work", |text| go_mod::parse(text).map_or_else(|_| Vec::new(), |it| it.members)),
    ("pom.xml", |text| pom::parse(text).map_or_else(|_| Vec::new(), |it| it.model.modules)),
    ("pyproject.toml", |text| pyproject::parse(text).map_or_else(|_| Vec::new(), |it| it.workspace_members)),
    ("Cargo.toml", |text| {
        let left_out = |folder: &String| format!("!{folder}");
        let all =
            |it: cargo_manifest::Workspace| it.members.into_iter().chain(it.exclude.iter().map(left_out)).collect();
        cargo_manifest::parse(text).ok().and_then(|it| it.workspace).map_or_else(Vec::new, all)
    }),
];

/// A workspace.
pub struct Workspace {
    /// The folder that its manifest lies in.
    pub folder: String,
    members: Matcher,
}

impl Workspace {
    /// Whether a folder, other than the workspace's own, is a member.
    pub fn has(&self, folder: &str) -> bool {
        let below = folder.strip_prefix(&self.folder).map(|rest| rest.trim_start_matches('/'));
        folder != self.folder && path::is_below(folder, &self.folder) && below.is_some_and(|it| self.members.hides(it))
    }
}

/// The workspaces that begin in a folder.
pub fn of(repo: &Repo, folder: &str) -> Vec<Workspace> {
    let workspace = |(file, read): &(&str, Reader)| {
        let patterns = read(repo.text(&path::join(folder, file))?);
        let plain = |pattern: &String| pattern.trim_start_matches("./").trim_end_matches('/').to_owned();
        let patterns: Vec<String> = patterns.iter().map(plain).filter(|pattern| !pattern.is_empty()).collect();
        let members = Matcher::new(&patterns.join("\n"));
        (!patterns.is_empty()).then(|| Workspace { folder: folder.to_owned(), members })
    };
    MANIFESTS.iter().filter_map(workspace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_by_the_manifest_above() {
        let cases = [
            ("package.json", r#"{"workspaces": ["./apps/*", "!apps/old"]}"#, "apps/web", "apps/old"),
            ("pnpm-workspace.yaml", "packages: ['apps/*']", "apps/web", "lib"),
            ("go.work", "go 1.24\n\nuse (\n\t.\n\t./apps/web\n)\n", "apps/web", "apps/old"),
            ("pom.xml", "<project><modules><module>web</module></modules></project>", "web", "old"),
            ("pyproject.toml", "[tool.uv.workspace]\nmembers = [\"apps/*\"]\n", "apps/web", "old"),
            ("Cargo.toml", "[workspace]\nmembers = [\"apps/*\"]\nexclude = [\"apps/old\"]\n", "apps/web", "apps/old"),
        ];
        for (file, text, member, other) in cases {
            let path = format!("x/{file}");
            let repo = Repo::from_list("r", [(path.as_str(), text)]);
            let found = of(&repo, "x");
            let has = |folder: &str| found.iter().any(|it| it.has(folder));
            assert!(has(&format!("x/{member}")), "{file}");
            assert!(!has(&format!("x/{other}")) && !has("x") && !has(member), "{file}");
        }
    }
}
