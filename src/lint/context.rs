//! What a Dockerfile copies against what the repository holds.

use ignore::gitignore::GitignoreBuilder;

use super::Reason;
use crate::catalog::SHARED;
use crate::dockerfile::Step;
use crate::dockerignore::Matcher;
use crate::neighbours::{files, plain};
use crate::path::{join, name};
use crate::repo::Repo;
use crate::service::{Role, Service};

/// Paths that are copied and are not there. What git ignores, what a script or a CI file speaks of, and what lies in a folder
/// that tools fill may be made before the build: of these nothing is said, nor of globs and variables.
pub fn missing(file: &str, steps: &[Step], repo: &Repo) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for step in steps {
        for source in step.context_paths() {
            let path = plain(&source);
            let is_name = !path.is_empty() && !path.contains(['$', '*', '?', '[', '\\', '"', '\'']);
            if is_name && !repo.exists(path) && !leads_out(path) && !may_be_made(repo, path) {
                let message = format!("`{}` names `{path}`, which is not in the repository", step.word);
                reasons.push(Reason::new("missing-input", file, Some(step.line), message));
            }
        }
    }
    reasons
}

/// A path with a part that leads up; Docker takes it from the top of the context.
fn leads_out(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// Whether something else than a commit may bring this file.
pub fn may_be_made(repo: &Repo, path: &str) -> bool {
    let is_made = |part: &str| SHARED.made_folders.iter().any(|folder| folder == part);
    path.split('/').any(is_made) || git_ignores(repo, path) || is_spoken_of(repo, path)
}

fn git_ignores(repo: &Repo, path: &str) -> bool {
    let folders = path.match_indices('/').map(|(at, _)| &path[..at]).chain([""]);
    folders.filter_map(|folder| Some((folder, repo.text(join(folder, ".gitignore").as_str())?))).any(
        |(folder, text)| {
            let mut builder = GitignoreBuilder::new("");
            for line in text.lines() {
                let _ = builder.add_line(None, line);
            }
            let inner = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
            let ignores = |ignored: &ignore::gitignore::Gitignore| {
                [false, true].iter().any(|is_folder| ignored.matched_path_or_any_parents(inner, *is_folder).is_ignore())
            };
            builder.build().is_ok_and(|ignored| ignores(&ignored))
        },
    )
}

fn is_spoken_of(repo: &Repo, path: &str) -> bool {
    let name = name(path);
    let places = Matcher::new(&[SHARED.scripts.join("\n"), SHARED.ci_files.join("\n")].join("\n"));
    let mut texts = repo.files().filter(|file| places.hides(file)).filter_map(|file| repo.text(file));
    texts.any(|text| text.contains(name))
}

/// Whether tools of the repository build images from a context that they make themselves.
pub fn has_other_contexts(repo: &Repo) -> bool {
    let places = Matcher::new(&SHARED.own_contexts.join("\n"));
    repo.files().any(|file| places.hides(file))
}

/// Manifests that no step sees, neither by their name nor with the folder where they lie; what is copied behind the last RUN
/// comes too late for one. Where none is seen the image is not built from manifests, and nothing is said.
pub fn unseen_manifests(file: &str, steps: &[Step], repo: &Repo, manifests: &[&str]) -> Vec<Reason> {
    let last = steps.iter().rposition(|step| step.word == "RUN").map_or(steps.len(), |at| at + 1);
    let sources: Vec<String> = steps.iter().take(last).flat_map(Step::context_paths).collect();
    let seen: Vec<&str> = sources.iter().flat_map(|source| files(repo, source)).collect();
    let builds = manifests.iter().any(|path| seen.contains(path));
    let unseen = manifests.iter().filter(|path| builds && repo.has(path) && !seen.contains(path));
    let reason = |path: &&str| {
        let message = format!("`{path}` decides about dependencies, and no step of the Dockerfile copies it");
        Reason::new("manifest-not-copied", file, None, message)
    };
    unseen.map(reason).collect()
}

/// Paths that the build reads and an ignore file hides.
pub fn hidden_reads(repo: &Repo, ignore: &str, place: &str, reads: &[String]) -> Vec<Reason> {
    let matcher = Matcher::new(ignore);
    let hidden = reads.iter().filter(|path| repo.has(path) && matcher.hides(path));
    hidden.map(|path| hides(ignore, place, path, "which the build reads")).collect()
}

/// Paths that other Dockerfiles of the repository name and dockgen's .dockerignore hides.
pub fn hidden_from_others(repo: &Repo, service: &Service, ignore: &str) -> Vec<Reason> {
    let matcher = Matcher::new(ignore);
    let mut reasons = Vec::new();
    for reader in crate::neighbours::readers(repo, service) {
        let named = reader.sources.iter().map(|source| plain(source)).filter(|path| !path.is_empty());
        for path in named.filter(|path| !path.contains('$')) {
            let files = files(repo, path);
            if !files.is_empty() && files.iter().all(|file| matcher.hides(file)) {
                let whose = format!(
                    "which `{}` copies; renamed to `Dockerfile.dockerignore` it counts for the Dockerfile alone",
                    reader.path
                );
                reasons.push(hides(ignore, &service.path(Role::Ignore), path, &whose));
            }
        }
    }
    reasons
}

fn hides(ignore: &str, place: &str, path: &str, whose: &str) -> Reason {
    let line = crate::dockerignore::hiding_line(ignore, path);
    Reason::new("hidden-input", place, line, format!("this hides `{path}`, {whose}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::steps;

    fn missing_in(files: &[(&str, &str)], text: &str) -> Vec<Option<usize>> {
        let repo = Repo::from_list("r", files.iter().copied());
        missing("Dockerfile", &steps(text).unwrap(), &repo).into_iter().map(|reason| reason.line).collect()
    }

    #[test]
    fn what_is_copied_is_there_or_may_be_made() {
        let files = [
            (".gitignore", "*.gen\n/static\n"),
            ("web/.gitignore", "assets\n"),
            ("web/a.js", ""),
            ("main.go", ""),
            ("Makefile", "app.tar: main.go\n\ttar cf app.tar .\n"),
            (".github/workflows/ci.yml", "run: go build -o served\n"),
        ];
        let there = "FROM a:1 AS b\nCOPY main.go web ./\nCOPY . .\nCOPY *.x $Y /z/\nCOPY --from=b /nope /\nADD https://e.com/q /\n";
        assert_eq!(missing_in(&files, there), []);
        let made = "FROM a:1\nCOPY x.gen static/y web/assets/z app.tar served target/x.jar .git/HEAD /z/\n";
        assert_eq!(missing_in(&files, made), []);
        let gone = "FROM a:1\nCOPY main.go old.go ./\nRUN --mount=type=bind,source=go.sum,target=go.sum x\nCOPY ../web/b.js web/b.js /\n";
        assert_eq!(missing_in(&files, gone), [Some(2), Some(3), Some(4)]);
    }

    #[test]
    fn a_manifest_is_seen_by_name_glob_and_folder() {
        let repo = Repo::from_list("r", [("go.mod", ""), ("api/package.json", "")]);
        let unseen = |text: &str| {
            unseen_manifests("Dockerfile", &steps(text).unwrap(), &repo, &["go.mod", "api/package.json", "x"]).len()
        };
        for all in [
            "COPY . ./",
            "COPY go.mod api/ /",
            "COPY go.* */package*.json /",
            "COPY $X /",
            "RUN --mount=type=bind,target=. x",
        ] {
            assert_eq!(unseen(&format!("FROM a:1\n{all}\n")), 0, "{all}");
        }
        assert_eq!(unseen("FROM a:1\nCOPY go.mod /\n"), 1);
        assert_eq!(unseen("FROM a:1\nCOPY go.mod /\nRUN x\nFROM a:2\nCOPY . .\n"), 1, "that is too late");
        assert_eq!(unseen("FROM a:1\nCOPY --from=b go.mod /\n"), 0, "what is built elsewhere needs no manifest");
    }

    #[test]
    fn others_are_named_with_the_line_that_hides() {
        let repo =
            Repo::from_list("r", [("Makefile", ""), ("dev.dockerfile", "FROM a:1\nCOPY . .\nCOPY Makefile /\n")]);
        let reasons = hidden_from_others(&repo, &Service::default(), "# x\n*\n!go.mod\n");
        assert_eq!((reasons.len(), reasons[0].line), (1, Some(2)));
        assert!(reasons[0].message.contains("`Makefile`, which `dev.dockerfile` copies"));
        assert_eq!(hidden_from_others(&repo, &Service::default(), "*\n!Makefile\n"), []);
    }
}
