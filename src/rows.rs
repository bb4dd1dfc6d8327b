//! Rows: when this is seen, then that follows. One engine reads the rows of every catalog.
//!
//! A row has one condition and its consequences. What needs more is a function of the language that answers
//! [`Seen::asks`], not a cleverer row.

use std::collections::BTreeMap;

use nodejs_semver::Range;
use serde::Deserialize;

use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::requirement::{Requirement, number};

/// A row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The condition.
    pub when: When,
    /// What follows from it.
    pub then: Then,
}

/// A condition: everything that is given must hold. Of a list one item is enough, but for `unless`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// A package is among what the program is built from.
    pub dependency: Vec<String>,
    /// Its version is in this range, where it is known.
    pub range: Option<String>,
    /// A file or a folder is there.
    pub file: Vec<String>,
    /// A source holds this as code.
    pub word: Vec<String>,
    /// The program or its build starts this command.
    pub command: Vec<String>,
    /// Another program or package of the repository depends on this.
    pub beside: Vec<String>,
    /// A named question of the language is answered with yes.
    pub asks: Option<String>,
    /// None of these packages, files and folders is there.
    pub unless: Vec<String>,
}

/// What follows. `{name}` in a text stands for what was seen, `{file}` for where, `{need}` in `why` for what is needed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Then {
    /// Why, a clause.
    pub why: String,
    /// The framework, for people.
    pub framework: Option<String>,
    /// Ranges of releases of toolchains with which it works.
    pub toolchain: BTreeMap<String, String>,
    /// What the runtime must provide.
    pub needs: Vec<String>,
    /// Packages of Debian that the build needs.
    pub build: Vec<String>,
    /// Packages of Debian that the program needs.
    pub run: Vec<String>,
    /// Where the program listens if nothing else is said.
    pub port: Option<u16>,
    /// The environment of the program.
    pub variables: BTreeMap<String, String>,
    /// Words without which the program does not serve.
    pub arguments: Vec<String>,
    /// Paths that the build reads besides sources.
    pub inputs: Vec<String>,
    /// Paths that the program reads when it runs.
    pub data: Vec<String>,
    /// Folders that the program writes to.
    pub writes: Vec<String>,
    /// The program ends by itself on SIGTERM.
    pub signals: bool,
    /// Where the program says whether it is well.
    pub health: Option<String>,
    /// What a person should know.
    pub warning: Option<String>,
    /// Why no image can be made.
    pub refusal: Option<Refusal>,
}

/// A refusal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Why, a sentence.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// A package, and others behind it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behind {
    /// The package.
    pub package: String,
    /// The others.
    pub of: Vec<String>,
}

/// Packages that compile C.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Native {
    /// What they have behind them.
    pub compilers: Vec<String>,
    /// Those that a static binary can be made of.
    pub r#static: Vec<String>,
    /// The package of Debian that this takes.
    pub package: String,
}

impl Native {
    /// What follows from packages, with what each has behind it.
    pub fn facts<'p>(&self, packages: &BTreeMap<String, Evidence>, behind: impl Fn(&str) -> &'p [String]) -> Vec<Fact> {
        let kinds = packages.iter().filter_map(|(name, evidence)| Some((self.kind(name, behind(name))?, evidence)));
        kinds.map(|(kind, evidence)| Fact::from_evidence(kind, evidence.clone())).collect()
    }

    /// What follows from a package with these behind it.
    fn kind(&self, name: &str, behind: &[String]) -> Option<Kind> {
        let is_compiler = |one: &str| self.compilers.iter().any(|compiler| compiler == one);
        if self.r#static.iter().any(|one| one == name) {
            return Some(Kind::Package(self.package.clone()));
        }
        let is_native = !is_compiler(name) && behind.iter().any(|one| is_compiler(one));
        is_native.then(|| Kind::Need("libc".to_owned(), format!("`{name}` compiles C")))
    }
}

/// A call or an attribute whose text is a path that is compiled in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embed {
    /// The code before the text.
    pub call: String,
    /// What the path is relative to.
    pub from: From,
    /// The path where no text stands.
    #[serde(default)]
    pub default: Option<String>,
}

/// What a path is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// The source.
    File,
    /// The package that the source is of.
    Package,
}

/// What was seen of a program: the other side of conditions.
pub trait Seen {
    /// A package that the program is built from: its version, where one is known, and what says so.
    fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)>;

    /// Whether a file or a folder is there.
    fn has(&self, path: &str) -> bool;

    /// A place in a source that holds this.
    fn word(&self, _word: &str) -> Option<Evidence> {
        None
    }

    /// A place that starts this command.
    fn command(&self, _name: &str) -> Option<Evidence> {
        None
    }

    /// What says that another package of the repository depends on this one.
    fn beside(&self, _name: &str) -> Option<Evidence> {
        None
    }

    /// The answer to a named question.
    fn asks(&self, _question: &str) -> Option<Evidence> {
        None
    }
}

/// What a condition found.
type Found = (String, Evidence);

/// Looks for one name.
type Look<'s> = dyn Fn(&str) -> Option<Evidence> + 's;

impl When {
    /// What fits the condition: the name that `{name}` stands for, and where it was seen.
    fn found(&self, seen: &dyn Seen) -> Option<Found> {
        if self.unless.iter().any(|name| seen.dependency(name).is_some() || seen.has(name)) {
            return None;
        }
        let mut first: Option<Found> = None;
        for (names, look) in self.lists(seen).into_iter().filter(|(names, _)| !names.is_empty()) {
            let found = names.iter().find_map(|name| Some((name.clone(), look(name)?)))?;
            first.get_or_insert(found);
        }
        if let Some(question) = &self.asks {
            let found = (question.clone(), seen.asks(question)?);
            first.get_or_insert(found);
        }
        first
    }

    /// Each list with what looks for an item of it.
    fn lists<'s>(&'s self, seen: &'s dyn Seen) -> [(&'s [String], Box<Look<'s>>); 5] {
        let file = |path: &str| seen.has(path).then(|| Evidence::new(path, "", Strength::Stated));
        [
            (&self.dependency, Box::new(|name| self.dependency(seen, name))),
            (&self.file, Box::new(file)),
            (&self.word, Box::new(|word| seen.word(word))),
            (&self.command, Box::new(|name| seen.command(name))),
            (&self.beside, Box::new(|name| seen.beside(name))),
        ]
    }

    fn dependency(&self, seen: &dyn Seen, name: &str) -> Option<Evidence> {
        let (version, evidence) = seen.dependency(name)?;
        let range = self.range.as_ref().and_then(|range| Range::parse(range).ok());
        let version = version.and_then(|version| number(&version));
        let fits = range.zip(version).is_none_or(|(range, version)| range.satisfies(&version));
        fits.then_some(evidence)
    }
}

impl Then {
    /// The consequences, as facts.
    fn facts(&self, (name, evidence): Found) -> Vec<Fact> {
        let filled = |text: &String| text.replace("{name}", &name).replace("{file}", &evidence.file);
        let why = |need: &str| filled(&self.why).replace("{need}", need);
        let mut kinds: Vec<Kind> = self.framework.iter().map(|framework| Kind::Framework(filled(framework))).collect();
        kinds.extend(self.needs.iter().map(|need| Kind::Need(need.clone(), why(need))));
        let ranges = self.toolchain.iter().filter_map(|(id, range)| Some((id, Requirement::range(range, range)?)));
        kinds.extend(ranges.map(|(id, range)| Kind::Toolchain(id.clone(), range)));
        let packages = self.run.iter().map(filled);
        kinds.extend(packages.map(|package| Kind::Need(format!("package:{package}"), why(&package))));
        kinds.extend(self.build.iter().map(|package| Kind::Package(package.clone())));
        kinds.extend(self.variables.iter().map(|(name, value)| Kind::Variable(name.clone(), value.clone())));
        kinds.extend(self.inputs.iter().cloned().map(Kind::Input));
        kinds.extend(self.data.iter().cloned().map(Kind::Data));
        kinds.extend(self.writes.iter().cloned().map(Kind::Writes));
        kinds.extend(self.signals.then_some(Kind::Signals));
        kinds.extend(self.health.iter().cloned().map(Kind::HealthPath));
        kinds.extend(self.warning.iter().map(|warning| Kind::Warning(filled(warning))));
        kinds.extend(self.refusal.iter().map(|no| Kind::Obstacle(filled(&no.what), filled(&no.hint))));
        let mut facts: Vec<Fact> = kinds.into_iter().map(|kind| Fact::from_evidence(kind, evidence.clone())).collect();
        let usual = Evidence { strength: Strength::Convention, ..evidence.clone() };
        let words = Some(&self.arguments).filter(|words| !words.is_empty());
        facts.extend(words.map(|words| Fact::from_evidence(Kind::Arguments(words.clone()), usual.clone())));
        // A program that is given words listens where they say.
        let told = if words.is_some() { evidence } else { usual };
        facts.extend(self.port.map(|port| Fact::from_evidence(Kind::Port(port), told)));
        facts
    }
}

/// What follows from what was seen, in the order of the rows.
pub fn follow<'a>(rows: impl IntoIterator<Item = &'a Row>, seen: &dyn Seen) -> Vec<Fact> {
    rows.into_iter().filter_map(|row| Some(row.then.facts(row.when.found(seen)?))).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Project;

    impl Seen for Project {
        fn dependency(&self, name: &str) -> Option<(Option<String>, Evidence)> {
            let version =
                [("openssl", Some("0.10.7")), ("axum", None)].into_iter().find(|(known, _)| *known == name)?.1;
            Some((version.map(str::to_owned), Evidence::new("lock", name, Strength::Stated)))
        }

        fn has(&self, path: &str) -> bool {
            path == "migrations"
        }

        fn word(&self, word: &str) -> Option<Evidence> {
            (word == "migrate!").then(|| Evidence::new("main", word, Strength::Stated))
        }

        fn asks(&self, question: &str) -> Option<Evidence> {
            (question == "is_raining").then(Evidence::guess)
        }
    }

    fn followed(row: &str) -> Vec<String> {
        let row: Row = toml::from_str(row).unwrap();
        follow([&row], &Project).iter().map(|fact| format!("{} ({})", fact.kind, fact.evidence)).collect()
    }

    #[test]
    fn conditions_hold_together() {
        let then = "then.build = [\"x\"]\n";
        for (when, holds) in [
            ("when.dependency = [\"native-tls\", \"openssl\"]", true),
            ("when = { dependency = [\"openssl\"], range = \">=0.10 <0.11\" }", true),
            ("when = { dependency = [\"openssl\"], range = \">=0.11\" }", false),
            // A version that nobody knows rules nothing out.
            ("when = { dependency = [\"axum\"], range = \">=9\" }", true),
            ("when = { dependency = [\"openssl\"], unless = [\"axum\"] }", false),
            ("when = { dependency = [\"openssl\"], unless = [\"migrations\"] }", false),
            ("when = { word = [\"migrate!\"], file = [\"migrations\"] }", true),
            ("when = { word = [\"migrate!\"], file = [\"seeds\"] }", false),
            ("when.asks = \"is_raining\"", true),
            ("when.asks = \"is_snowing\"", false),
            ("when.command = [\"git\"]", false),
            ("when.unless = [\"git\"]", false),
        ] {
            assert_eq!(followed(&format!("{when}\n{then}")).len(), usize::from(holds), "{when}");
        }
    }

    #[test]
    fn consequences_are_facts() {
        let row = r#"
            when.dependency = ["openssl"]
            [then]
            why = "`{name}` links with OpenSSL"
            needs = ["libc"]
            run = ["libssl3"]
            build = ["libssl-dev"]
            port = 8000
            arguments = ["serve"]
            variables = { HOST = "0.0.0.0" }
            writes = ["data"]
            signals = true
            health = "/up"
            warning = "`{name}` is old"
            refusal = { what = "no", hint = "go" }
        "#;
        let expected = [
            "needs libc: `openssl` links with OpenSSL",
            "needs package:libssl3: `openssl` links with OpenSSL",
            "is built with the package libssl-dev",
            "environment HOST=0.0.0.0",
            "writes data",
            "ends on SIGTERM",
            "health path /up",
            "to know: `openssl` is old",
            "no image, because no",
            "given the words serve",
            "port 8000",
        ];
        assert_eq!(followed(row), expected.map(|line| format!("{line} (`lock`: `openssl`)")));
        assert_eq!(
            toml::from_str::<Row>(row).map(|row| follow([&row], &Project)[9].evidence.strength).unwrap(),
            Strength::Convention
        );
    }
}
