//! Extras, groups and files of requirements that hold what the started program imports.

use std::collections::BTreeSet;

use super::manifests::{Choice, Form, Manifests, Selection};
use super::packages::Installed;
use super::rows::{CATALOG, Manager, place};
use super::sources::Program;
use super::way::{Entry, Way};
use crate::facts::{Evidence, Kind, Strength};
use crate::format::requirements::normalize;
use crate::plan::{Decision, Planner, Rival, topic};

/// What is installed for a way to start: the member that it lies in, and every choice that brings what it cannot do without.
pub fn select(planner: &mut Planner, manifests: &Manifests, program: &Program, row: &Manager, way: &Way) -> Selection {
    let mut selection = manifests.usual(row);
    selection.member = member(manifests, program, way);
    let installed = |selection: &Selection| Installed::new(manifests, row, &manifests.dependencies(row, selection));
    let brought = |choice: Choice| (Installed::new(manifests, row, &choice.dependencies()), choice);
    let mut offered: Vec<(Installed, Choice)> = offered(manifests, row).into_iter().map(brought).collect();
    if offered.is_empty() {
        return selection;
    }
    for (choice, evidence) in told(planner, &mut offered) {
        let what = what(&choice);
        planner.note(Decision::new(topic::EXTRAS, what, "a container file of it installs that", evidence));
        selection.choices.push(choice);
    }
    let mut there = installed(&selection);
    for wanted in wanted(program, way) {
        let holds = |installed: &Installed| wanted.names.iter().any(|name| installed.has(name));
        if holds(&there) {
            continue;
        }
        let (bringing, others): (Vec<_>, Vec<_>) = offered.into_iter().partition(|(installed, _)| holds(installed));
        offered = others;
        let mut bringing: Vec<Choice> = bringing.into_iter().map(|(_, choice)| choice).collect();
        if !bringing.is_empty() {
            let taken = bringing.remove(0);
            note(planner, &taken, &bringing, wanted);
            selection.choices.push(taken);
            there = installed(&selection);
        }
    }
    selection
}

/// What may be asked for, the likeliest first: nothing for development, and nothing that is taken already.
fn offered(manifests: &Manifests, row: &Manager) -> Vec<Choice> {
    let usual: BTreeSet<String> = manifests.usual(row).choices.into_iter().map(|choice| choice.name).collect();
    let mut offered = manifests.choices(row);
    let is_aside = |name: &str| CATALOG.names.aside.iter().chain(&CATALOG.names.development).any(|aside| aside == name);
    offered.retain(|choice| !usual.contains(&choice.name) && !is_aside(&choice.name));
    offered.sort_by_key(|choice| place(&CATALOG.names.extras, &choice.name));
    offered
}

/// The member of a workspace without a project at its top that holds what is started.
pub fn member(manifests: &Manifests, program: &Program, way: &Way) -> Option<usize> {
    let file = way.file(program).filter(|_| manifests.is_virtual())?.path;
    let holds = |folder: &str| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    manifests.members.iter().position(|member| holds(member.folder()))
}

/// A package that the started file cannot do without.
struct Wanted {
    /// What it is, with its article or in backticks.
    what: String,
    /// The names that it may have.
    names: Vec<String>,
    evidence: Evidence,
}

/// What is imported whenever the started file is loaded, and a server.
fn wanted(program: &Program, way: &Way) -> Vec<Wanted> {
    let loaded = way.file(program).map(|source| program.loaded(source)).unwrap_or_default();
    let module = |(module, evidence): (String, Evidence)| Wanted {
        what: format!("`{module}`"),
        names: packages_of(&module),
        evidence,
    };
    let mut wanted: Vec<Wanted> = loaded.into_iter().map(module).collect();
    if let Entry::App(app) = &way.entry
        && app.needs_server()
    {
        let speaks = CATALOG.server.iter().filter(|row| row.interfaces.contains(&app.framework.interface));
        let names = speaks.flat_map(|row| row.with.iter().chain([&row.id])).cloned().collect();
        wanted.push(Wanted { what: "a server".to_owned(), names, evidence: way.evidence.clone() });
    }
    wanted
}

/// The packages that may hold a module.
fn packages_of(module: &str) -> Vec<String> {
    let own = normalize(module);
    let known = CATALOG.modules.get(module).into_iter().flatten().cloned();
    known.chain([format!("python-{own}"), format!("{own}-python"), own]).collect()
}

/// What container files of the project install of that.
fn told(planner: &Planner, offered: &mut Vec<(Installed, Choice)>) -> Vec<(Choice, Evidence)> {
    let stated = planner.facts.iter().filter(|fact| fact.evidence.strength >= Strength::Stated);
    let builds = stated.filter_map(|fact| match &fact.kind {
        Kind::Build(commands) => Some((commands, &fact.evidence)),
        _ => None,
    });
    let mut told = Vec::new();
    for (commands, evidence) in builds {
        let asked: Vec<Asked> = commands.iter().flat_map(|command| asked(&command.argv)).collect();
        let is_asked = |choice: &Choice| asked.iter().any(|asked| asked.is_for(choice));
        told.extend(
            offered.extract_if(.., |(_, choice)| is_asked(choice)).map(|(_, choice)| (choice, evidence.clone())),
        );
    }
    told
}

/// What a command installs beside the usual: how, and its name; none stands for all extras.
struct Asked<'a>(Form, Option<&'a str>);

impl Asked<'_> {
    fn is_for(&self, choice: &Choice) -> bool {
        let Asked(form, name) = self;
        *form == choice.form
            && name.is_none_or(|name| match form {
                Form::File => name == choice.name || name.ends_with(&format!("/{}", choice.name)),
                Form::Extra | Form::Group => name == choice.name,
            })
    }
}

fn asked(argv: &[String]) -> Vec<Asked<'_>> {
    let rows = &CATALOG.chosen;
    let forms = [(Form::Extra, &rows.extras), (Form::Group, &rows.groups), (Form::File, &rows.files)];
    let mut found = Vec::new();
    for (at, word) in argv.iter().enumerate() {
        let (option, value) = word.split_once('=').unwrap_or((word, argv.get(at + 1).map_or("", String::as_str)));
        let form = forms.iter().find(|(_, options)| options.iter().any(|own| own == option)).map(|(form, _)| *form);
        // `.[web,cache]` is this project with two extras.
        let own = word.trim_start_matches("./").strip_prefix(".[").and_then(|rest| rest.strip_suffix(']'));
        let names = own.map(|names| (Form::Extra, names)).or(form.map(|form| (form, value)));
        let each = names
            .into_iter()
            .flat_map(|(form, names)| names.split([' ', ',']).map(move |name| Asked(form, Some(name))));
        found.extend(each);
        found.extend((*word == rows.all).then_some(Asked(Form::Extra, None)));
    }
    found
}

fn what(choice: &Choice) -> String {
    match choice.form {
        Form::Extra => format!("the extra `{}`", choice.name),
        Form::Group => format!("the group `{}`", choice.name),
        Form::File => format!("`{}`", choice.name),
    }
}

fn note(planner: &mut Planner, taken: &Choice, others: &[Choice], wanted: Wanted) {
    let rival = |choice: &Choice| Rival {
        value: what(choice),
        why: "it brings the same; the likelier name was taken".to_owned(),
        evidence: Evidence::new(&choice.file, &choice.name, Strength::Convention),
    };
    let reason = format!("it brings {}, which the program cannot do without", wanted.what);
    let decision = Decision::new(topic::EXTRAS, what(taken), reason, wanted.evidence);
    planner.note(Decision { rivals: others.iter().map(rival).collect(), ..decision });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_install_beside_the_usual() {
        let shown = |line: &str| {
            let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let shown = |Asked(form, name): Asked| format!("{form:?} {}", name.unwrap_or("all"));
            asked(&argv).into_iter().map(shown).collect::<Vec<_>>().join(", ")
        };
        for (line, expected) in [
            ("uv sync --locked --extra web --extra=db", "Extra web, Extra db"),
            ("poetry install --all-extras --with prod,jobs", "Extra all, Group prod, Group jobs"),
            ("pip install -e .[web,db] x[y] -r requirements/db.txt", "Extra web, Extra db, File requirements/db.txt"),
        ] {
            assert_eq!(shown(line), expected);
        }
    }
}
