//! Where the program listens.

use super::{Candidate, Decision, Planner, topic};
use crate::catalog::SHARED;
use crate::facts::{Evidence, Fact, Host, Kind, Listens, Strength};
use crate::wishes::PortWish;

/// How addresses begin that only the machine itself can reach.
const LOCAL: [&str; 2] = ["127.0.0.1:", "localhost:"];

/// The first port that a user who is not root may listen at everywhere.
pub const FIRST_OF_USERS: u16 = 1024;

/// What is added to a port of root: 8080 in place of 80, 8443 in place of 443.
const USUAL: u16 = 8000;

/// What is said of a program that nobody else can reach.
const DEAF: &str = "the program listens to its own machine only";

/// Where a program listens, and how it is told so.
#[derive(Debug, Default)]
pub struct Listen {
    /// The port.
    pub port: Option<u16>,
    /// Its environment: names and values.
    pub variables: Vec<(String, String)>,
    /// Its arguments.
    pub arguments: Vec<String>,
}

impl Listen {
    /// Gives a value in place of the one that the program has.
    fn tell(&mut self, found: &Listens, value: String) -> bool {
        match (&found.variable, &found.flag) {
            (Some(name), _) => {
                self.variables.retain(|(known, _)| known != name);
                self.variables.push((name.clone(), value));
            }
            (None, Some(flag)) => self.arguments.extend([format!("--{flag}"), value]),
            (None, None) => return false,
        }
        true
    }
}

impl Planner<'_> {
    /// The port, or none where nothing listens and nobody asks for one. One that only its own machine can reach is told.
    pub fn listen(&mut self, listens: bool, fallback: Option<(u16, String)>) -> Option<u16> {
        if self.is_silent(listens) {
            return None;
        }
        let port = self.port(fallback);
        let is_it = |fact: &&Fact| matches!(fact.kind, Kind::Port(number) if Some(number) == port);
        let own = self.heard().find(is_it).map(|fact| fact.evidence.clone());
        own.iter().for_each(|evidence| self.tell_deaf(evidence));
        self.above(port, &[])
    }

    /// The same, with what the program has to be told by its settings, so that others reach it there, and a user may listen there.
    pub fn listen_told(&mut self, listens: bool, fallback: Option<(u16, String)>) -> Listen {
        if self.is_silent(listens) {
            return Listen::default();
        }
        let own = self.own_port();
        let chosen = self.port(fallback);
        let settings = self.settings();
        let port = self.above(chosen, &settings);
        let number = own.as_ref().map(|(port, _)| *port).or(chosen);
        let listen = self.told(port, number, &settings);
        let is_set = |name: &String| settings.iter().any(|(listens, _)| listens.variable.as_ref() == Some(name));
        let is_told = !listen.arguments.is_empty() || listen.variables.iter().any(|(name, _)| is_set(name));
        if let Some((number, evidence)) = own.filter(|_| port.is_some() && !is_told) {
            self.tell_deaf(&evidence);
            if port != Some(number) && evidence.strength >= Strength::Stated {
                self.warn(format!(
                    "{evidence}: the program listens there, and nothing that it can be told changes that"
                ));
            }
        }
        listen
    }

    /// Notes that nothing listens, where that is so and nobody asks for a port.
    fn is_silent(&mut self, listens: bool) -> bool {
        let is_said = self.heard().any(|fact| matches!(fact.kind, Kind::Port(_)));
        let is_silent = !listens && !is_said && self.wishes.port.is_none();
        if is_silent {
            let nothing = Evidence::new("", "", Strength::Stated);
            self.note(Decision::new(topic::PORT, "none", "nothing listens", nothing));
        }
        is_silent
    }

    /// Warns where a line says that nobody else reaches the program.
    fn tell_deaf(&mut self, evidence: &Evidence) {
        let is_said = self.warnings.iter().any(|warning| warning.contains(DEAF));
        if LOCAL.iter().any(|host| evidence.quote.contains(host)) && !is_said {
            self.warn(format!(
                "{evidence}: {DEAF}, where nothing outside of the container reaches it; let it listen to 0.0.0.0"
            ));
        }
    }

    /// The settings that say where the program listens.
    fn settings(&self) -> Vec<(Listens, Evidence)> {
        let found = |fact: &Fact| match &fact.kind {
            Kind::Listens(listens) => Some((listens.clone(), fact.evidence.clone())),
            _ => None,
        };
        self.heard().filter_map(found).collect()
    }

    /// The port that the program takes where nobody asks for another, and where it shows.
    fn own_port(&self) -> Option<(u16, Evidence)> {
        let ports = self.heard().filter_map(|fact| match fact.kind {
            Kind::Port(port) => Some((port, fact.evidence.clone())),
            _ => None,
        });
        ports.fold(None, |best: Option<(u16, Evidence)>, one| match best {
            Some(best) if best.1.strength >= one.1.strength => Some(best),
            _ => Some(one),
        })
    }

    /// A port where a user who is not root may listen everywhere, where a setting of the program gives it; else its own, and a word.
    fn above(&mut self, own: Option<u16>, settings: &[(Listens, Evidence)]) -> Option<u16> {
        let Some(low) = own.filter(|port| *port < FIRST_OF_USERS) else { return own };
        let can = |(listens, _): &&(Listens, Evidence)| {
            listens.port == own && (listens.variable.is_some() || listens.flag.is_some())
        };
        let Some((_, evidence)) = settings.iter().find(can).filter(|_| self.wishes.port.is_none()) else {
            self.warn(format!(
                "port {low} is below {FIRST_OF_USERS}, where some clusters let only root listen; Docker lets every user"
            ));
            return own;
        };
        let port = USUAL + low;
        let (reason, evidence) =
            (format!("{low} is for root in some clusters, and the program can be told"), evidence.clone());
        self.amend(topic::PORT, |decision| {
            decision.value = port.to_string();
            decision.reason = reason;
            decision.evidence = evidence;
        });
        Some(port)
    }

    /// Where the program listens, by facts of [`Kind::Listens`] and [`Kind::Port`]; its variables by those of [`Kind::Variable`].
    pub fn listening(&mut self) -> Listen {
        let found = self.settings();
        let ports = found.iter().filter_map(|(listens, evidence)| Some((listens.port?, evidence)));
        let mut facts: Vec<Fact> = Vec::new();
        for (port, evidence) in ports {
            let is_known = |fact: &Fact| matches!(fact.kind, Kind::Port(known) if known == port);
            if !facts.iter().any(is_known) {
                facts.push(Fact {
                    program: self.program.clone(),
                    ..Fact::from_evidence(Kind::Port(port), evidence.clone())
                });
            }
        }
        self.facts.extend(facts);
        let named = found.iter().find_map(|(listens, _)| listens.variable.as_ref().filter(|_| listens.host.is_none()));
        let told = named.map(|name| (8080, format!("the program takes it from {name}")));
        let listens =
            !found.is_empty() || self.heard().any(|fact| matches!(fact.kind, Kind::Port(_) | Kind::Framework(_)));
        let port = match listens || self.wishes.port.is_some() {
            true => self.port(told),
            false => self.listen(false, None),
        };
        if listens && port.is_none() && self.wishes.port.is_none() {
            self.warn("where the program listens is not found: say it with `--port`");
        }
        self.told(port, None, &found)
    }

    /// What the program has to be told, so that it listens to all addresses of its machine, and at this port in place of its own.
    fn told(&mut self, port: Option<u16>, own: Option<u16>, found: &[(Listens, Evidence)]) -> Listen {
        let mut listen = Listen { port, ..Listen::default() };
        for fact in self.heard() {
            if let Kind::Variable(name, value) = &fact.kind
                && fact.program.is_some()
            {
                listen.variables.push((name.clone(), value.clone()));
            }
        }
        let is_asked = self.wishes.port.is_some() && own.is_none();
        let of_port = |listens: &Listens| listens.port.is_none() || [port, own].contains(&listens.port) || is_asked;
        let (mut deaf, mut open) = (Vec::new(), listen.variables.iter().any(|(_, value)| value.contains("0.0.0.0")));
        // Of variables that no port stands beside, one is that of this port; which the others are for nobody knows.
        let is_bare = |listens: &Listens| listens.host.is_none() && listens.port.is_none();
        let first = found.iter().map(|(listens, _)| listens).find(|listens| is_bare(listens));
        let is_other = |listens: &Listens| is_bare(listens) && Some(listens) != first;
        // Where one is called after listening, a mere host is that of somebody whom the program calls.
        let is_named = |listens: &Listens| {
            let names = [&listens.flag, &listens.variable].into_iter().flatten().map(|name| name.to_lowercase());
            names.into_iter().any(|name| SHARED.listen.named.iter().any(|word| name.contains(word)))
        };
        let is_deaf = |listens: &Listens| listens.host == Some(Host::Loopback);
        let has_named = found.iter().any(|(listens, _)| is_deaf(listens) && is_named(listens));
        for (listens, evidence) in found.iter().filter(|(listens, _)| of_port(listens) && !is_other(listens)) {
            let number = port.or(listens.port).map_or(String::new(), |port| port.to_string());
            let all = if listens.value.contains(':') { format!("0.0.0.0:{number}") } else { "0.0.0.0".to_owned() };
            match listens.host {
                Some(Host::Loopback) if has_named && !is_named(listens) => {}
                Some(Host::Loopback) if !listen.tell(listens, all.clone()) => deaf.push(evidence.clone()),
                Some(Host::Loopback) => open = true,
                Some(Host::All) if listens.port.is_some() && listens.port != port => open |= listen.tell(listens, all),
                Some(Host::All) => open = true,
                None if listens.variable.is_some() || listens.port != port => drop(listen.tell(listens, number)),
                None => {}
            }
        }
        if let Some(evidence) = deaf.first().filter(|_| !open && port.is_some()) {
            self.warn(format!(
                "{evidence}: {DEAF}, where nothing outside of the container reaches it; let it listen to 0.0.0.0"
            ));
        }
        listen
    }

    /// The port among facts of [`Kind::Port`] that hold for the program; `fallback` is a convention of a framework, `(port, why)`.
    pub fn port(&mut self, fallback: Option<(u16, String)>) -> Option<u16> {
        if let Some(wish) = self.wishes.port {
            let (label, port) = match wish {
                PortWish::None => ("none".to_owned(), None),
                PortWish::Port(port) => (port.to_string(), Some(port)),
            };
            let evidence = Evidence::asked(&format!("--port {label}"));
            self.decisions.push(Decision::new(topic::PORT, label, "asked for", evidence));
            return port;
        }
        let mut candidates: Vec<Candidate<u16>> = Vec::new();
        for fact in self.facts.iter().filter(|fact| self.is_heard(fact)) {
            if let Kind::Port(port) = fact.kind {
                candidates.push(Candidate::new(
                    port,
                    port.to_string(),
                    "the program listens there",
                    fact.evidence.clone(),
                ));
            }
        }
        if let Some((port, why)) = fallback {
            let evidence = Evidence::new("", &why, Strength::Guess);
            candidates.push(Candidate::new(port, port.to_string(), why, evidence));
        }
        // A user may not listen there everywhere: a guess of such a port is the last, but for one that another image has.
        let is_exposed = |it: &Candidate<u16>| it.evidence.quote.starts_with("EXPOSE ");
        candidates
            .sort_by_key(|it| it.evidence.strength == Strength::Guess && it.value < FIRST_OF_USERS && !is_exposed(it));
        let port = self.choose(topic::PORT, candidates);
        if let Some(decision) = self.decisions.last_mut().filter(|decision| decision.topic == topic::PORT) {
            decision.options.push("none".to_owned());
        }
        port
    }
}
