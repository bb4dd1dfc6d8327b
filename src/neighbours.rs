//! What other people's files in a repository do with what dockgen writes: Dockerfiles that read the same build context,
//! and CI that publishes images.

use std::collections::BTreeSet;

use crate::Draft;
use crate::catalog::SHARED;
use crate::dockerfile::{Step, steps};
use crate::dockerignore::Matcher;
use crate::format::compose::{self, Build};
use crate::language;
use crate::path;
use crate::repo::Repo;
use crate::service::{Role, Service};

/// What a Dockerfile reads of the build context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The file, or the compose file that holds its text.
    pub path: String,
    /// The sources of its COPY, ADD and mounts, as they are written.
    pub sources: Vec<String>,
}

/// A file that an ignore file would take from a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hurt {
    /// Who copies it.
    pub reader: String,
    /// What is hidden.
    pub path: String,
}

/// The name of a Dockerfile where nobody says another.
const USUAL: &str = "Dockerfile";

/// The sources of a Dockerfile's COPY, ADD and mounts; nothing where it is no Dockerfile.
pub fn sources(text: &str) -> Vec<String> {
    steps(text).unwrap_or_default().iter().flat_map(Step::context_paths).collect()
}

/// The files of the repository that a source means. Where it cannot be known, that is each of them.
pub fn files<'a>(repo: &'a Repo, source: &str) -> Vec<&'a str> {
    let path = plain(source);
    if path.is_empty() || path.contains('$') {
        return repo.files().collect();
    }
    let wanted = Matcher::new(path);
    repo.files().filter(|file| wanted.hides(file)).collect()
}

/// A source from the top of the context: without `./`, and without slashes at its ends.
pub fn plain(source: &str) -> &str {
    let path = source.trim_start_matches("./").trim_matches('/');
    if path == "." { "" } else { path }
}

/// What this ignore file would take from somebody who reads these sources; a file that builds may need before what no image
/// needs. Dockerfiles are no loss.
pub fn hidden(repo: &Repo, ignore: &Matcher, sources: &[String]) -> Option<String> {
    let clutter = Matcher::new(&SHARED.clutter.join("\n"));
    sources.iter().find_map(|source| {
        let files = files(repo, source);
        let mut lost = files.iter().filter(|file| !is_container_file(file) && ignore.hides(file));
        let needed = lost.clone().find(|file| !clutter.hides(file) && !file.starts_with('.'));
        let hidden = needed.or_else(|| lost.next()).map(|file| (*file).to_owned());
        // What is made before the build is in no repository.
        let made = || Some(plain(source)).filter(|path| files.is_empty() && ignore.hides(path)).map(str::to_owned);
        hidden.or_else(made)
    })
}

/// What this ignore file would take from a Dockerfile of the repository, other than the one at its top.
pub fn hurt(repo: &Repo, service: &Service, ignore: &str) -> Option<Hurt> {
    let ignore = Matcher::new(ignore);
    readers(repo, service).into_iter().find_map(|reader| {
        let path = hidden(repo, &ignore, &reader.sources)?;
        Some(Hurt { reader: reader.path, path })
    })
}

/// What the drafted Dockerfile reads and an ignore file hides: files that the build asks for, and sources of which nothing
/// is left.
pub fn missed(repo: &Repo, draft: &Draft, ignore: &str) -> Vec<String> {
    let ignore = Matcher::new(ignore);
    let read = draft.reads.iter().filter(|path| repo.has(path) && ignore.hides(path)).cloned();
    let copied =
        sources(draft.text(Role::Dockerfile)).into_iter().map(|source| plain(&source).to_owned()).filter(|path| {
            let files = files(repo, path);
            !path.is_empty() && !files.is_empty() && files.iter().all(|file| ignore.hides(file))
        });
    let all: BTreeSet<String> = read.chain(copied).collect();
    all.into_iter().collect()
}

/// A Dockerfile as a compose file names it.
struct Use {
    /// The compose file.
    by: String,
    dockerfile: String,
    inline: Option<String>,
    /// The context's folder; `None` where it is elsewhere or unknown.
    context: Option<String>,
    /// The names of further contexts that are the top of the repository.
    named: Vec<String>,
}

/// The Dockerfiles of the repository, other than the service's own, that read the top as their build context, as far as
/// compose files, the paths that they copy and the folders where they lie tell.
pub fn readers(repo: &Repo, service: &Service) -> Vec<Reader> {
    let own = service.path(Role::Dockerfile);
    let uses = uses(repo);
    let mut paths: BTreeSet<&str> = repo.files().filter(|path| is_container_file(path)).collect();
    paths.extend(uses.iter().filter(|it| it.inline.is_none()).map(|it| it.dockerfile.as_str()));
    let own_ignore = |path: &str| repo.has(&format!("{path}.dockerignore"));
    let files = paths.into_iter().filter(|path| *path != own && !own_ignore(path)).filter_map(|path| {
        let text = repo.text(path)?;
        let named: Vec<&Use> = uses.iter().filter(|it| it.inline.is_none() && it.dockerfile == path).collect();
        Some(Reader { path: path.to_owned(), sources: read(repo, path, text, &named) })
    });
    let inline = uses.iter().filter_map(|it| {
        let text = it.inline.as_deref()?;
        Some(Reader { path: it.by.clone(), sources: read(repo, &it.by, text, &[it]) })
    });
    files.chain(inline).filter(|reader| !reader.sources.is_empty()).collect()
}

/// What a Dockerfile reads of the top of the repository.
fn read(repo: &Repo, path: &str, text: &str, uses: &[&Use]) -> Vec<String> {
    let steps = steps(text).unwrap_or_default();
    let mut sources: Vec<String> = steps.iter().flat_map(Step::context_paths).collect();
    let at_top = match uses.is_empty() {
        true => is_built_at_the_top(repo, path, &sources),
        false => uses.iter().any(|it| it.context.as_deref() == Some("")),
    };
    if !at_top {
        sources.clear();
    }
    let from_top = |origin: &String| uses.iter().any(|it| it.named.contains(origin));
    if steps.iter().any(|step| step.origins().any(|origin| from_top(&origin))) {
        sources.push(".".to_owned());
    }
    sources
}

/// Whether a Dockerfile that nothing speaks of is built with the top of the repository as its context, and not with its own
/// folder: by what it copies, or else by whether the folder looks like a project of its own.
fn is_built_at_the_top(repo: &Repo, path: &str, sources: &[String]) -> bool {
    let Some((folder, _)) = path.rsplit_once('/') else { return true };
    let named = || sources.iter().map(|source| plain(source)).filter(|source| !source.is_empty());
    let (at_top, beside) = (|it: &str| repo.exists(it), |it: &str| repo.exists(&format!("{folder}/{it}")));
    if named().any(|it| at_top(it) && !beside(it)) {
        return true;
    }
    !named().any(|it| beside(it) && !at_top(it)) && !language::has_sign(repo, folder)
}

/// Whether the Dockerfile at the top is built with the top as its context: compose files say no other, and one of the paths
/// that it names is there, if it names any.
pub fn is_built_here(repo: &Repo, service: &Service, steps: &[Step]) -> bool {
    let (uses, file) = (uses(repo), service.path(Role::Dockerfile));
    let mut own = uses.iter().filter(|it| it.inline.is_none() && it.dockerfile == file).peekable();
    let is_said = own.peek().is_none() || own.any(|it| it.context.as_deref() == Some(""));
    let mut sources = steps.iter().flat_map(Step::context_paths).peekable();
    is_said && (sources.peek().is_none() || sources.any(|source| !files(repo, &source).is_empty()))
}

/// The build contexts that compose files name, each with its file; `None` where a context is elsewhere or unknown.
pub fn contexts(repo: &Repo) -> Vec<(String, Option<String>)> {
    uses(repo).into_iter().map(|it| (it.by, it.context)).collect()
}

fn uses(repo: &Repo) -> Vec<Use> {
    let is_compose = |path: &&str| {
        let name = path::name(path);
        let known = ["compose", "docker-compose"].iter().any(|start| name.starts_with(start));
        known && [".yml", ".yaml"].iter().any(|end| name.ends_with(end))
    };
    let mut uses = Vec::new();
    for file in repo.files().filter(is_compose) {
        let builds = repo.text(file).and_then(|text| compose::parse(text).ok()).unwrap_or_default();
        uses.extend(builds.into_iter().map(|build| named_by(file, build)));
    }
    uses
}

fn named_by(file: &str, build: Build) -> Use {
    let folder = path::parent(file);
    let context = joined(folder, &build.context);
    let named = build.contexts.into_iter().filter(|(_, place)| joined(folder, place).as_deref() == Some(""));
    let dockerfile = build.dockerfile.as_deref().unwrap_or(USUAL);
    Use {
        by: file.to_owned(),
        dockerfile: context.as_deref().and_then(|context| joined(context, dockerfile)).unwrap_or_default(),
        inline: build.inline,
        named: named.map(|(name, _)| name).collect(),
        context,
    }
}

/// A path from a folder of the repository, from its top; `None` where it leads out, or is no path.
fn joined(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains([':', '$']) {
        return None;
    }
    path::resolve(folder, path)
}

/// Whether a file is named as a Dockerfile.
pub fn is_container_file(path: &str) -> bool {
    let name = path::name(path);
    let named = |word: &str| {
        let begins = name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
        begins || name.strip_suffix(word).is_some_and(|rest| rest.ends_with('.'))
    };
    ["Dockerfile", "Containerfile", "dockerfile"].iter().any(|word| named(word)) && !name.ends_with("ignore")
}

/// A CI file of somebody else's that publishes images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// The file.
    pub path: String,
    /// What it publishes with.
    pub what: &'static str,
}

/// The first CI file, other than dockgen's workflow, that publishes images.
pub fn publisher(repo: &Repo, service: &Service) -> Option<Publisher> {
    let own = service.path(Role::Workflow);
    let places = Matcher::new(&SHARED.ci_files.join("\n"));
    // CI is described at the top, or in a folder that begins with a dot.
    let may_be_ci = |path: &&str| path.starts_with('.') || !path.contains('/');
    repo.files().filter(may_be_ci).filter(|path| *path != own && places.hides(path)).find_map(|path| {
        let said: String = repo
            .text(path)?
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .map(|line| format!("{line}\n"))
            .collect();
        let row = SHARED.publisher.iter().find(|row| row.text.is_match(&said))?;
        Some(Publisher { path: path.to_owned(), what: &row.what })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COPIES_ALL: &str = "FROM a:1\nCOPY . ./\nRUN make x\n";

    fn read_by(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let readers = readers(&Repo::from_list("r", files.iter().copied()), &Service::default());
        readers.into_iter().map(|reader| (reader.path, reader.sources.join(" "))).collect()
    }

    fn pair(path: &str, sources: &str) -> (String, String) {
        (path.to_owned(), sources.to_owned())
    }

    #[test]
    fn who_reads_the_top_is_seen_by_names_paths_and_manifests() {
        let copies = "FROM a:1 AS b\nCOPY conf/x.yaml /x\nCOPY --from=b /y /y\nADD https://example.com/z /z\n";
        let read = read_by(&[
            ("Dockerfile", COPIES_ALL),
            ("Dockerfile.dev", COPIES_ALL),
            ("Dockerfile.dev.dockerignore", "x"),
            ("Dockerfile-build", "FROM a:1\nCOPY go.sum /\n"),
            ("Dockerfile.prod", "FROM a:1\nRUN --mount=type=bind,source=go.mod,target=go.mod x\n"),
            ("api/Dockerfile", COPIES_ALL),
            ("api/go.mod", ""),
            ("app.dockerfile", copies),
            ("conf/x.yaml", ""),
            ("deploy/Dockerfile", "FROM a:1\nCOPY start.sh /\n"),
            ("deploy/start.sh", ""),
            ("docker/Containerfile", COPIES_ALL),
            ("lib/Dockerfile", "not one"),
            ("web/Dockerfile", copies),
            ("web/package.json", ""),
        ]);
        let expected = [
            pair("Dockerfile-build", "go.sum"),
            pair("Dockerfile.prod", "go.mod"),
            pair("app.dockerfile", "conf/x.yaml"),
            pair("docker/Containerfile", "."),
            pair("web/Dockerfile", "conf/x.yaml"),
        ];
        assert_eq!(read, expected.map(|(path, sources)| (path, sources.replace("./", "."))));
    }

    #[test]
    fn compose_files_say_which_context() {
        let read = read_by(&[
            ("api/go.mod", ""),
            ("api/Dockerfile", COPIES_ALL),
            ("web/build.docker", COPIES_ALL),
            ("tools/Dockerfile", COPIES_ALL),
            ("extra/Dockerfile", "FROM a:1\nCOPY --from=top x /\n"),
            (
                "compose.yaml",
                "services:\n  a:\n    build:\n      context: .\n      dockerfile: api/Dockerfile\n  t:\n    build: tools\n  \
                 e:\n    build:\n      context: extra\n      additional_contexts: {top: .}\n",
            ),
            (
                "dev/docker-compose.dev.yml",
                "services:\n  w:\n    build:\n      context: ..\n      dockerfile: web/build.docker\n  \
                 i:\n    build:\n      context: ..\n      dockerfile_inline: |\n        FROM a:1\n        COPY y /\n",
            ),
        ]);
        let paths: Vec<&str> = read.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["api/Dockerfile", "extra/Dockerfile", "web/build.docker", "dev/docker-compose.dev.yml"]);
    }

    #[test]
    fn what_an_ignore_file_takes_is_named() {
        let repo = Repo::from_list("r", [("Makefile", ""), ("main.go", ""), ("conf/a.yaml", "")]);
        let taken = |ignore: &str, source: &str| hidden(&repo, &Matcher::new(ignore), &[source.to_owned()]);
        assert_eq!(taken("*\n!**/*.go", ".").as_deref(), Some("Makefile"));
        assert_eq!(taken("*\n!**/*.go", "./main.go"), None);
        assert_eq!(taken("*\n!**/*.go", "/conf/").as_deref(), Some("conf/a.yaml"));
        assert_eq!(taken("*\n!**/*.go", "conf/*.yaml").as_deref(), Some("conf/a.yaml"));
        assert_eq!(taken("*\n!**/*.go", "$WHAT").as_deref(), Some("Makefile"));
        assert_eq!(taken("*\n!**/*.go", "dist/app").as_deref(), Some("dist/app"));
        assert_eq!(taken("*.md", "dist/app"), None);
    }

    #[test]
    fn ci_that_publishes_is_seen() {
        let publishes = |path: &str, text: &str| {
            publisher(&Repo::from_list("r", [(path, text)]), &Service::default()).map(|it| it.what)
        };
        let workflow = ".github/workflows/release.yml";
        assert_eq!(publishes(workflow, "- uses: docker/build-push-action@v6\n"), Some("docker/build-push-action"));
        assert_eq!(publishes(workflow, "run: docker push x/y:1\n"), Some("docker push"));
        assert_eq!(
            publishes(workflow, "uses: docker/login-action@v4\nrun: make images\n"),
            Some("docker/login-action")
        );
        assert_eq!(publishes(workflow, "run: make container.push\n"), Some("make"));
        assert_eq!(publishes(".gitlab-ci.yml", "script:\n  - docker push x\n"), Some("docker push"));
        assert_eq!(publishes(".goreleaser.yaml", "dockers:\n  - image_templates: [x]\n"), Some("goreleaser"));
        assert_eq!(publishes(".goreleaser.yaml", "builds:\n  - main: ./cmd\n"), None);
        assert_eq!(publishes(workflow, "# docker push x\nrun: go test ./...\n"), None);
        assert_eq!(publishes(workflow, "uses: docker/setup-buildx-action@v3\nrun: docker build .\n"), None);
        assert_eq!(publishes("docs/x.yml", "run: docker push x\n"), None);
        assert_eq!(publishes(".github/workflows/docker.yml", "run: docker push x\n"), None);
    }
}
