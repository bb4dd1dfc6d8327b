//! The rules: their ids, how bad it is that they do not hold, and what mends that.

use serde::Serialize;

/// How bad it is that a rule does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The build breaks, a secret leaks, or the image runs as root.
    Error,
    /// It builds and runs, and should be mended.
    Warning,
    /// It is only told: the file is somebody else's, and never promised it, or it may be as it should.
    Note,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// How bad it is that it does not hold.
    pub level: Level,
    /// What is wrong then.
    pub text: &'static str,
    /// What mends it.
    pub help: &'static str,
}

const fn rule(id: &'static str, level: Level, text: &'static str, help: &'static str) -> Rule {
    Rule { id, level, text, help }
}

/// The rules.
pub const RULES: &[Rule] = &[
    rule("stale", Level::Warning, "A run of update would change the file", "Run `dockgen update`."),
    rule(
        "missing",
        Level::Warning,
        "A file is not there",
        "Run the command that is named: `dockgen init`, `dockgen update`, or after a deletion `dockgen update --restore`.",
    ),
    rule(
        "hidden-input",
        Level::Error,
        "The .dockerignore hides what the build reads",
        "Take the pattern away, or add one such as `!path` below it.",
    ),
    rule(
        "missing-input",
        Level::Error,
        "A path that is copied is not in the repository",
        "Name a path that is there, or commit it.",
    ),
    rule(
        "missing-start",
        Level::Error,
        "What is started is not in the last stage",
        "Name the place that it was copied to, or copy it.",
    ),
    rule(
        "manifest-not-copied",
        Level::Warning,
        "The dependency step does not see a manifest",
        "Bind or copy the manifest in the step that installs the dependencies.",
    ),
    rule("unparsable", Level::Error, "The file cannot be read", "Mend the line that is named."),
    rule(
        "unknown-stage",
        Level::Error,
        "A stage is named that does not stand above",
        "Name a stage that stands above, or an image with its tag.",
    ),
    rule("duplicate-stage", Level::Error, "Two stages have one name", "Rename one of them, and what refers to it."),
    rule(
        "moved",
        Level::Error,
        "A merge would put a line of yours into another stage",
        "Keep the line in the stage that it is for, and delete the markers.",
    ),
    rule(
        "no-shell",
        Level::Error,
        "A shell is needed in an image that has none",
        "Write it in exec form, move it to a stage with a shell, or `dockgen config set runtime slim`.",
    ),
    rule(
        "conflict",
        Level::Error,
        "The file has conflict markers",
        "Keep one side, or both, and delete the markers; then run `dockgen update`.",
    ),
    rule(
        "root-user",
        Level::Error,
        "The image runs as root",
        "End the last stage with a `USER` that is a number above 0.",
    ),
    rule(
        "secret",
        Level::Error,
        "A secret gets into the image",
        "Give it to the step as a secret mount: `RUN --mount=type=secret,id=name`.",
    ),
    rule("unpinned-base", Level::Warning, "A base image has no version", "Name a tag with a version, or a digest."),
    rule(
        "unknown-tag",
        Level::Error,
        "A base image was never published",
        "Name a tag that exists; the sentence says which systems the release has.",
    ),
    rule(
        "package-manager-as-init",
        Level::Warning,
        "A package manager is the first process",
        "Start the program itself, in exec form: `ENTRYPOINT [\"program\"]`.",
    ),
    rule(
        "end-of-life",
        Level::Warning,
        "A base image's maker mends it no more",
        "Move to a release that is supported; `dockgen explain` says what asks for this one.",
    ),
    rule(
        "not-proven",
        Level::Note,
        "A decision rests on a guess",
        "Say it with the flag or the key that is named, `dockgen config set KEY VALUE` keeps it; with `--strict` it is a warning.",
    ),
];

/// How bad it is that a rule does not hold.
pub fn level(id: &str) -> Level {
    RULES.iter().find(|rule| rule.id == id).map_or(Level::Error, |rule| rule.level)
}
