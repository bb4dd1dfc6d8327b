//! Lines that copy into the last stage.

use serde::Serialize;

/// Why something is copied, and the topics of the decisions behind it.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    topics: &'static str,
    sentence: &'static str,
}

impl Why {
    const SOURCES: Why =
        Why { topics: "", sentence: "the program runs from its sources; the .dockerignore says which files that are" };
    const READ: Why = Why { topics: "", sentence: "the program reads this when it runs" };
    const BUILT: Why = Why { topics: "build, entry, start", sentence: "only what was built gets into the image" };
    const INIT: Why = Why {
        topics: "init",
        sentence: "a small init as the first process passes SIGTERM on and reaps what is left behind",
    };
    const JRE: Why =
        Why { topics: "toolchain", sentence: "the Java of the stage above changes seldom, so it is an early layer" };
    const DEPENDENCIES: Why = Why {
        topics: "package-manager",
        sentence: "dependencies change seldom, so they are a layer before the program's own; `--link` keeps it when the base changes",
    };
}

/// A line that copies into the last stage.
#[derive(Debug, Clone, Serialize)]
pub struct Copy {
    /// What `explain` says of it.
    pub why: Why,
    /// Why, where it needs a word in the Dockerfile.
    pub comment: Option<&'static str>,
    /// The stage; the repository where there is none.
    pub stage: Option<&'static str>,
    /// Paths.
    pub sources: Vec<String>,
    /// The target.
    pub target: String,
    /// Patterns of what is left out.
    pub exclude: Vec<String>,
    /// Whether the user of the image owns it, as the program writes there.
    pub is_owned: bool,
    /// The words of a command that runs with what was copied.
    pub then: Vec<String>,
}

impl Copy {
    /// From the repository.
    pub fn context(source: &str, target: impl Into<String>) -> Self {
        Copy {
            why: if source == "." { Why::SOURCES } else { Why::READ },
            comment: None,
            stage: None,
            sources: vec![source.to_owned()],
            target: target.into(),
            exclude: Vec::new(),
            is_owned: false,
            then: Vec::new(),
        }
    }

    /// From a stage.
    pub fn stage(stage: &'static str, source: &str, target: impl Into<String>) -> Self {
        let why = match stage {
            "init" => Why::INIT,
            "jre" => Why::JRE,
            "deps" | "modules" => Why::DEPENDENCIES,
            _ => Why::BUILT,
        };
        Copy { why, stage: Some(stage), ..Copy::context(source, target) }
    }

    /// The same, where that is what the program depends on.
    pub fn of_dependencies(self) -> Self {
        Copy { why: Why::DEPENDENCIES, ..self }
    }

    /// The same with a comment above it.
    pub fn because(self, comment: &'static str) -> Self {
        Copy { comment: Some(comment), ..self }
    }
}
