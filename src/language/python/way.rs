//! A way to start the service, and what belongs to it.

use super::apps::App;
use super::process::Process;
use super::rows::{CATALOG, place};
use super::scripts::Script;
use super::source::Source;
use super::sources::Program;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::plan::program::{Startable, Traits};
use crate::source::python::Listener;

/// What can be started.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A process of the Procfile.
    Process(Process),
    /// An application.
    App(App),
    /// A declared command: its module and function.
    Command(String, String),
    /// A file.
    Script(Script),
}

/// Something that can be started, with its name and what speaks for it.
#[derive(Debug, Clone)]
pub struct Way {
    /// What it is.
    pub entry: Entry,
    /// What `--entry` calls it.
    pub label: String,
    /// Why it may be the one, a clause.
    pub reason: &'static str,
    /// Where it shows.
    pub evidence: Evidence,
    /// What speaks for it beside others.
    pub traits: Traits,
}

/// A server that a way starts by itself.
pub struct Heard<'p> {
    /// The file that says so.
    pub file: &'p str,
    /// What it says.
    pub listener: &'p Listener,
    /// How near it is to what is started.
    pub strength: Strength,
}

impl Way {
    /// Whether `--entry` means it.
    pub fn is_called(&self, wish: &str) -> bool {
        self.label == wish || self.label.trim_end_matches("()") == wish
    }

    /// The same for the planner, which weighs it against others.
    pub fn weighable<T>(&self, value: T) -> (Traits, Startable<T>) {
        let startable = Startable {
            value,
            entry: self.label.clone(),
            aliases: vec![self.label.trim_end_matches("()").to_owned()],
            place: String::new(),
            serves: true,
            reason: self.reason.to_owned(),
            evidence: self.evidence.clone(),
        };
        (self.traits.clone(), startable)
    }

    /// The source that it starts or loads.
    pub fn file<'p, 'a>(&self, program: &'p Program<'a>) -> Option<&'p Source<'a>> {
        match &self.entry {
            Entry::Process(process) => process.source(program),
            Entry::App(app) => program.source(&app.file),
            Entry::Command(module, _) => program.module(module),
            Entry::Script(script) => program.source(&script.file),
        }
    }

    /// The servers that it starts by itself: those of its own file, else those of files that belong to it.
    pub fn heard<'p>(&self, program: &'p Program) -> Vec<Heard<'p>> {
        let file = match &self.entry {
            Entry::Process(process) => process.script(program),
            _ => self.file(program),
        };
        let own: Vec<Heard> = file.into_iter().flat_map(|source| heard(source, Strength::Stated)).collect();
        if !own.is_empty() {
            return own;
        }
        let is_usual = |source: &Source| place(&CATALOG.names.scripts, source.name()) < CATALOG.names.scripts.len();
        let near =
            |source: &'p Source| heard(source, if is_usual(source) { Strength::Stated } else { Strength::Convention });
        match (&self.entry, file) {
            (Entry::App(_), _) => program.listening().into_iter().flat_map(near).collect(),
            (Entry::Command(..) | Entry::Script(_), Some(source)) => {
                let imported = program.imported_and_listening(source);
                imported.into_iter().flat_map(|source| heard(source, Strength::Convention)).collect()
            }
            _ => own,
        }
    }

    /// The testimony of it; `configured` is the port in a file of the server that applications are put behind.
    pub fn testify(&self, program: &Program, configured: Option<&Fact>) -> Vec<Fact> {
        let entry = Fact::from_evidence(Kind::Entry(self.label.clone()), self.evidence.clone());
        [vec![entry], self.traits(program, configured)].concat()
    }

    /// What holds for it alone.
    pub fn traits(&self, program: &Program, configured: Option<&Fact>) -> Vec<Fact> {
        let heard = self.heard(program);
        let mut facts = Vec::new();
        match &self.entry {
            Entry::App(app) => {
                let framework = Kind::Framework(app.framework.id.clone());
                facts.push(Fact::from_evidence(framework, self.evidence.clone()));
                facts.extend(configured.filter(|_| app.needs_server()).cloned());
            }
            Entry::Process(process) => {
                let listens = process.server.is_some() || !heard.is_empty();
                let port = process.stated_port().filter(|_| listens).map(Kind::Port);
                facts.extend(port.map(|port| Fact::new(port, &self.evidence.file, &process.words, Strength::Stated)));
            }
            Entry::Command(..) | Entry::Script(_) => {}
        }
        facts.extend(heard.iter().filter_map(|heard| {
            let port = Kind::Port(heard.listener.port.value?);
            Some(Fact::new(port, heard.file, &heard.listener.quote, heard.strength))
        }));
        facts.into_iter().map(|fact| fact.of(&self.label)).collect()
    }
}

/// The servers that a file starts.
fn heard<'p>(source: &'p Source<'_>, strength: Strength) -> impl Iterator<Item = Heard<'p>> {
    source.listeners().iter().map(move |listener| Heard { file: source.path, listener, strength })
}
