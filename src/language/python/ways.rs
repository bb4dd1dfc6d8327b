//! Every way to start the service: processes of a Procfile, applications, declared commands, scripts.

use std::collections::BTreeSet;

use super::apps::App;
use super::manifests::Manifests;
use super::packages::servers;
use super::process::{Process, is_there, words};
use super::rows::{CATALOG, place};
use super::scripts::{Script, is_at_the_top};
use super::source::Source;
use super::sources::Program;
use super::way::{Entry, Way};
use crate::catalog::SHARED;
use crate::command;
use crate::facts::{Evidence, Fact, Kind, Strength};
use crate::language::Variable;
use crate::path;
use crate::plan::processes::{self, Process as Told};
use crate::plan::program::{Role, Traits};

/// All ways.
pub fn ways(told: &[Fact], manifests: &Manifests, program: &Program) -> Vec<Way> {
    let mut ways = processes(told);
    let apps = program.apps();
    let served = apps.iter().any(|app| !app.is_worker() && app.completed_by.is_none());
    ways.extend(of_containers(told, program, served));
    let files: BTreeSet<String> = apps.iter().map(|app| app.file.clone()).collect();
    ways.extend(of_apps(apps, manifests));
    if let Some(way) = declared_app(manifests, program) {
        ways.retain(|other| other.label != way.label);
        ways.push(way);
    }
    ways.extend(of_commands(told, manifests, program));
    ways.extend(of_scripts(program).into_iter().filter(|way| !files.contains(&way.label)));
    ways
}

/// What a wish names that is none of them: a file, or a variable of a module.
pub fn wished(wish: &str, ways: &[Way], manifests: &Manifests, program: &Program) -> Option<Way> {
    let wish = wish.trim_start_matches("./");
    if ways.iter().any(|way| way.is_called(wish)) {
        return None;
    }
    let script = program.source(wish).map(|source| Entry::Script(program.script(source, "")));
    let app = || {
        let (module, variable) = wish.split_once(':')?;
        program.asked_app(module, variable, &manifests.declared()).map(Entry::App)
    };
    let entry = script.or_else(app)?;
    let traits = Traits { role: Role::File, serves: true, is_usual: false, rank: Vec::new() };
    Some(Way { entry, label: wish.to_owned(), reason: "asked for", evidence: Evidence::guess(), traits })
}

/// The processes that can be started; steps of a deployment are none.
fn processes(told: &[Fact]) -> Vec<Way> {
    let started = processes::started(told).map(|process| process.name);
    let running = processes::all(told).filter(|process| !process.is_step());
    let way = |(at, process): (usize, Told)| {
        let words = words(&process.command)?;
        let is_usual = started.as_ref() == Some(&process.name);
        let environment = process.command.environment.iter().map(|(name, value)| Variable::new(name, value)).collect();
        Some(Way {
            entry: Entry::Process(Process::new(process.name == SHARED.process.serves, environment, words)),
            label: process.name,
            reason: "a platform runs it so",
            evidence: process.evidence,
            traits: Traits { role: Role::Process, serves: true, is_usual, rank: vec![at] },
        })
    };
    running.enumerate().filter_map(way).collect()
}

/// What other images are started with, where Python runs it and all that it names is in the repository. Where nothing here is an
/// application that serves, a server there knows one.
fn of_containers(told: &[Fact], program: &Program, has_apps: bool) -> Vec<Way> {
    let is_written = |word: &String| told.iter().any(|fact| matches!(&fact.kind, Kind::Writes(path) if path == word));
    let way = |fact: &Fact| {
        let Kind::Start(argv) = &fact.kind else { return None };
        let words = words(&command::of_words(argv))?;
        let holds = words.iter().skip(1).all(|word| is_written(word) || is_there(program, word) && !word.contains('$'));
        let process = Process::new(false, Vec::new(), words);
        let strength = if process.server.is_some() && !has_apps { Strength::Stated } else { Strength::Convention };
        (holds && process.program.is_none()).then(|| Way {
            entry: Entry::Process(process),
            label: fact.evidence.file.clone(),
            reason: "another container file starts it",
            evidence: Evidence { strength, ..fact.evidence.clone() },
            traits: Traits { role: Role::Process, serves: true, is_usual: true, rank: vec![usize::MAX] },
        })
    };
    told.iter().filter_map(way).collect()
}

/// Applications: those that the project's own servers speak with are likelier than others.
fn of_apps(apps: Vec<App>, manifests: &Manifests) -> Vec<Way> {
    let declared = manifests.declared();
    let interfaces: BTreeSet<&str> = servers(&declared).flat_map(|row| &row.interfaces).map(String::as_str).collect();
    let only = apps.iter().filter(|app| !app.is_worker()).count() == 1;
    let way = |app: App| Way {
        label: format!("{}{}", app.reference, if app.factory { "()" } else { "" }),
        reason: match app.completed_by.is_some() {
            true => "an application, which a function of its module has to complete",
            false if only => "the only application in the sources",
            false => "an application, where it usually is",
        },
        evidence: Evidence::new(&app.file, &app.quote, Strength::Stated),
        traits: Traits {
            role: Role::Application,
            serves: !app.is_worker() && app.completed_by.is_none(),
            is_usual: app.framework.generated,
            rank: rank(&app, &interfaces, &declared),
        },
        entry: Entry::App(app),
    };
    apps.into_iter().map(way).collect()
}

/// The application that the manifest declares.
fn declared_app(manifests: &Manifests, program: &Program) -> Option<Way> {
    let declared = manifests.pyproject.as_ref()?.fastapi.as_ref()?;
    let (module, variable) = declared.split_once(':')?;
    Some(Way {
        entry: Entry::App(program.asked_app(module, variable, &manifests.declared())?),
        label: declared.clone(),
        reason: "the manifest declares it",
        evidence: Evidence::new("pyproject.toml", declared, Strength::Pinned),
        traits: Traits { role: Role::Application, serves: true, is_usual: true, rank: Vec::new() },
    })
}

/// How unusual an application is.
fn rank(app: &App, interfaces: &BTreeSet<&str>, declared: &BTreeSet<String>) -> Vec<usize> {
    let (module, variable) = app.parts();
    let interface = app.framework.interface.as_str();
    let speaks = interfaces.is_empty() || interface == "own" || interfaces.contains(interface);
    let mut made = CATALOG.framework.iter().filter(|row| row.generated);
    vec![
        usize::from(app.is_worker()),
        usize::from(app.completed_by.is_some()),
        usize::from(!app.framework.before.iter().any(|package| declared.contains(package))),
        usize::from(!speaks),
        made.position(|row| row.id == app.framework.id).unwrap_or(usize::MAX),
        usize::from(!app.framework.wraps),
        place(&CATALOG.names.modules, module.rsplit('.').next().unwrap_or_default()),
        module.matches('.').count(),
        place(&CATALOG.names.variables, variable),
    ]
}

/// The commands that the project declares. What a container of it is started with is more than one of several.
fn of_commands(told: &[Fact], manifests: &Manifests, program: &Program) -> Vec<Way> {
    let started = |name: &str| {
        let is_it = |argv: &[String]| argv.first().is_some_and(|word| path::name(word) == name);
        told.iter().find(|fact| {
            fact.evidence.strength >= Strength::Stated && matches!(&fact.kind, Kind::Start(argv) if is_it(argv))
        })
    };
    let way = |(at, (file, name, target)): (usize, (&str, String, String))| {
        let (module, function) = target.split_once(':')?;
        let function = function.split('[').next().unwrap_or_default().trim();
        let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "._".contains(c));
        program.module(module).filter(|_| is_name(module) && is_name(function))?;
        let declared = Evidence::new(file, &format!("{name} = \"{target}\""), Strength::Stated);
        let (role, reason, evidence) = match started(&name) {
            Some(Fact { evidence, .. }) => {
                let evidence = Evidence { strength: Strength::Pinned, ..evidence.clone() };
                (Role::Process, "the command that a container of it is started with", evidence)
            }
            None => (Role::Command, "the project declares this command", declared),
        };
        Some(Way {
            entry: Entry::Command(module.trim().to_owned(), function.to_owned()),
            reason,
            evidence,
            traits: Traits { role, serves: true, is_usual: true, rank: vec![at] },
            label: name,
        })
    };
    manifests.scripts().into_iter().enumerate().filter_map(way).collect()
}

fn of_scripts(program: &Program) -> Vec<Way> {
    let scripts = program.scripts().into_iter();
    let scripts: Vec<(&Source, Script)> =
        scripts.filter_map(|script| Some((program.source(&script.file)?, script))).collect();
    let only = scripts.iter().filter(|(source, _)| is_at_the_top(source)).count() == 1;
    let way = |(source, script): (&Source, Script)| {
        let usual = place(&CATALOG.names.scripts, source.name());
        let is_copy =
            || source.folder().split('/').any(|folder| CATALOG.names.copies.iter().any(|name| name == folder));
        let (is_named, is_main) = (usual < CATALOG.names.scripts.len(), source.stem() == "__main__" && !is_copy());
        let is_usual = is_main || (is_at_the_top(source) && (only || is_named));
        let is_placed = is_named && (is_at_the_top(source) || is_main);
        let rank = vec![
            usize::from(!is_placed),
            source.depth(),
            usual,
            usize::from(source.module.listeners().is_empty()),
            usize::from(script.quote.is_empty()),
        ];
        let strength = if is_usual { Strength::Convention } else { Strength::Guess };
        Way {
            label: script.file.clone(),
            reason: if is_usual { "the file that is run, where it usually is" } else { "a file that can be run" },
            evidence: Evidence::new(&script.file, &script.quote, strength),
            traits: Traits { role: Role::File, serves: true, is_usual, rank },
            entry: Entry::Script(script),
        }
    };
    scripts.into_iter().map(way).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::program::weigh;
    use crate::repo::Repo;

    /// All ways, the likeliest of each role first.
    fn weighed(files: &[(&str, &str)]) -> Vec<Way> {
        let repo = Repo::from_list("x", files.iter().copied());
        let found = ways(&[], &Manifests::read(&repo), &Program::read(&repo, Vec::new()));
        let weighed = weigh(found.iter().enumerate().map(|(at, way)| way.weighable(at)).collect());
        weighed.iter().map(|way| found[way.value].clone()).collect()
    }

    fn apps(files: &[(&str, &str)]) -> Vec<(String, String, String)> {
        let app = |way: Way| match way.entry {
            Entry::App(app) => Some((app.reference, app.root, app.framework.id.clone())),
            _ => None,
        };
        weighed(files).into_iter().filter_map(app).collect()
    }

    fn first(files: &[(&str, &str)]) -> (String, String, String) {
        apps(files).into_iter().next().unwrap()
    }

    fn is(reference: &str, root: &str, framework: &str) -> (String, String, String) {
        (reference.to_owned(), root.to_owned(), framework.to_owned())
    }

    #[test]
    fn applications_are_found_wherever_they_lie() {
        const FLASK: &str = "from flask import Flask\napp = Flask(__name__)\n";
        assert_eq!(first(&[("app.py", FLASK)]), is("app:app", "", "flask"));
        assert_eq!(first(&[("app/__init__.py", ""), ("app/main.py", FLASK)]), is("app.main:app", "", "flask"));
        assert_eq!(
            first(&[("app/main.py", "from fastapi import FastAPI\nfrom .x import y\napi = FastAPI()")]),
            is("app.main:api", "", "fastapi")
        );
        assert_eq!(first(&[("src/main.py", FLASK)]), is("main:app", "src", "flask"));
        assert_eq!(
            first(&[("src/shop/__init__.py", ""), ("src/shop/web.py", FLASK)]),
            is("shop.web:app", "src", "flask")
        );
        assert_eq!(
            first(&[
                ("src/main.py", "from src.db import x\nfrom fastapi import FastAPI\napp = FastAPI()"),
                ("src/db.py", "")
            ]),
            is("src.main:app", "", "fastapi")
        );
        assert_eq!(
            first(&[
                ("backend/main.py", "import db\nfrom fastapi import FastAPI\napp = FastAPI()"),
                ("backend/db.py", "")
            ]),
            is("main:app", "backend", "fastapi")
        );
        assert!(apps(&[("tests/app.py", FLASK), ("main.py", "'''app = Flask()'''\n")]).is_empty());
    }

    #[test]
    fn factories_are_followed() {
        let package =
            ("shop/__init__.py", "from flask import Flask\ndef create_app(config=None):\n    return Flask(__name__)\n");
        assert_eq!(
            first(&[package, ("wsgi.py", "from shop import create_app\napp = create_app()\n")]),
            is("wsgi:app", "", "flask")
        );
        let repo = Repo::from_list("x", [package]);
        let found = Program::read(&repo, Vec::new()).apps();
        assert_eq!((found[0].reference.as_str(), found[0].factory), ("shop:create_app", true));
    }

    #[test]
    fn a_class_of_ones_own_is_its_framework_too() {
        let files = [
            ("shop/__init__.py", "from .app import create_app\n"),
            ("shop/wsgi.py", "from shop import create_app\napp = create_app()\n"),
            (
                "shop/app.py",
                "from flask import Flask\nclass Shop(Flask):\n    pass\ndef create_app():\n    return Shop()\n",
            ),
        ];
        assert_eq!(first(&files), is("shop.wsgi:app", "", "flask"));
        assert_eq!(
            first(&[("main.py", "from fastapi import FastAPI\nclass Api(FastAPI):\n    pass\napi = Api()\n")]),
            is("main:api", "", "fastapi")
        );
    }

    #[test]
    fn what_somebody_else_completes_is_not_served() {
        let app = "from flask import Flask\napp = Flask(__name__)\ndef finish(store):\n    app.config(store)\n    init(app=app)\n    return app\n";
        let main = "from shop.web import finish\nif __name__ == '__main__':\n    serve(finish(open_store()))\n";
        let weighed = weighed(&[("shop/__init__.py", ""), ("shop/web.py", app), ("main.py", main)]);
        let strength = |label: &str| weighed.iter().find(|way| way.label == label).map(|way| way.traits.serves);
        assert_eq!((strength("shop.web:app"), strength("main.py")), (Some(false), Some(true)));
        let factory = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n";
        let main = "from . import create_app\ndef main():\n    app = create_app()\n    app.register_blueprint(x)\n";
        let found = super::ways(
            &[],
            &Manifests::default(),
            &Program::read(&Repo::from_list("x", [("cps/__init__.py", factory), ("cps/main.py", main)]), Vec::new()),
        );
        assert!(!found.iter().any(|way| way.label == "cps:create_app()" && way.traits.serves));
    }

    #[test]
    fn what_a_container_is_started_with_is_meant() {
        let manifest = "[project]\nname='shop'\ndependencies=['flask']\n[project.scripts]\nshop='shop.cli:main'\n";
        let files = [
            ("pyproject.toml", manifest),
            ("shop/app.py", "from flask import Flask\napp = Flask(__name__)\n"),
            ("shop/cli.py", "def main():\n    pass\n"),
            ("Run.py", "if __name__ == '__main__':\n    start()\n"),
        ];
        let first = |told: Kind| {
            let repo = Repo::from_list("x", files);
            let written = Fact::new(Kind::Writes("/config".to_owned()), "Dockerfile", "", Strength::Stated);
            let told = [Fact::new(told, "Dockerfile", "", Strength::Stated), written];
            let found = ways(&told, &Manifests::read(&repo), &Program::read(&repo, Vec::new()));
            let weighed = weigh(found.iter().enumerate().map(|(at, way)| way.weighable(at)).collect());
            let best = weighed.iter().max_by_key(|way| way.evidence.strength).unwrap();
            (best.entry.clone(), weighed.iter().any(|way| way.entry == "Dockerfile"))
        };
        let start = |line: &str| first(Kind::Start(line.split(' ').map(str::to_owned).collect()));
        assert_eq!(start("/venv/bin/shop serve"), ("shop".to_owned(), false));
        assert_eq!(start("other serve"), ("shop.app:app".to_owned(), false));
        assert_eq!(start("python Run.py --data /config"), ("shop.app:app".to_owned(), true));
        assert!(!start("python Run.py --data /other").1);
    }

    #[test]
    fn programs_of_other_peoples_packages_are_not_meant() {
        let main = "if __name__ == '__main__':\n    main()\n";
        let first = |folder: &'static str| weighed(&[(folder, main), ("Shop.py", main)])[0].label.clone();
        assert_eq!(first("lib/certifi/__main__.py"), "Shop.py");
        assert_eq!(first("src/shop/__main__.py"), "src/shop/__main__.py");
    }

    #[test]
    fn names_behind_a_star_are_known() {
        assert_eq!(
            first(&[("main.py", "from fasthtml.common import *\napp, rt = fast_app()\nserve()\n")]),
            is("main:app", "", "fastapi")
        );
    }

    #[test]
    fn websockets_want_asgi() {
        let files = [
            ("site/wsgi.py", "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()"),
            ("site/asgi.py", "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()"),
            ("requirements.txt", "channels\ngunicorn\n"),
        ];
        assert_eq!(first(&files).0, "site.asgi:application");
    }

    #[test]
    fn the_manifest_declares_what_is_started() {
        let fast = "from fastapi import FastAPI\napp = FastAPI()\n";
        let manifest = "[project]\nname='x'\ndependencies=['fastapi']\n[tool.fastapi]\nentrypoint='b.api:app'\n";
        let files = [("main.py", fast), ("b/api.py", fast), ("pyproject.toml", manifest)];
        assert_eq!(first(&files).0, "b.api:app");
    }

    #[test]
    fn django_is_found_from_where_its_settings_are() {
        let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\napplication = get_wsgi_application()\n";
        let files = [
            ("web/__init__.py", ""),
            ("web/core/__init__.py", ""),
            ("web/core/settings/__init__.py", ""),
            ("web/core/wsgi.py", wsgi),
        ];
        assert_eq!(first(&files), is("core.wsgi:application", "web", "django"));
    }

    #[test]
    fn the_interface_follows_the_servers() {
        let files = [
            ("site/wsgi.py", "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()"),
            ("site/asgi.py", "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()"),
        ];
        assert_eq!(first(&files).0, "site.wsgi:application");
        let with_server = [files[0], files[1], ("requirements.txt", "uvicorn\n")];
        assert_eq!(first(&with_server).0, "site.asgi:application");
    }

    #[test]
    fn pages_and_attributes_count_too() {
        assert_eq!(
            first(&[("app.py", "import dash\napp = dash.Dash(__name__)\nserver = app.server\n")]),
            is("app:server", "", "dash")
        );
        assert_eq!(
            first(&[("home.py", "import streamlit as st\nimport lib\n"), ("lib.py", "import streamlit\n")]).0,
            "home.py"
        );
    }

    fn scripts(files: &[(&str, &str)]) -> Vec<(String, Option<String>, bool)> {
        let script = |way: Way| match way.entry {
            Entry::Script(script) => Some((script.file, script.module, way.reason.contains("usually"))),
            _ => None,
        };
        weighed(files).into_iter().filter_map(script).collect()
    }

    #[test]
    fn scripts_are_ranked_and_know_how_they_run() {
        let found = scripts(&[
            ("main.py", "print(1)"),
            ("helpers.py", "def f():\n    pass\n"),
            ("pkg/__init__.py", ""),
            ("pkg/cli.py", "from .x import y\nif __name__ == '__main__':\n    y()\n"),
            ("pkg/__main__.py", "from pkg import cli\ncli.main()\n"),
        ]);
        let shown: Vec<_> =
            found.iter().map(|(file, module, usual)| (file.as_str(), module.as_deref(), *usual)).collect();
        assert_eq!(
            shown,
            [("main.py", None, true), ("pkg/__main__.py", Some("pkg"), true), ("pkg/cli.py", Some("pkg.cli"), false)]
        );
    }

    #[test]
    fn what_listens_comes_first_and_a_package_runs() {
        let order = |files: &[(&str, &str)]| scripts(files).into_iter().map(|(file, ..)| file).collect::<Vec<_>>();
        let guard = "if __name__ == '__main__':\n    main()\n";
        let server = format!("server.add_insecure_port('[::]:8080')\n{guard}");
        assert_eq!(
            order(&[("mail_client.py", guard), ("mail_server.py", &server)]),
            ["mail_server.py", "mail_client.py"]
        );
        let package = ("bot/__main__.py", "try:\n    main()\nexcept OSError:\n    pass\n");
        assert_eq!(order(&[("bootstrap.py", guard), package]), ["bot/__main__.py", "bootstrap.py"]);
    }
}
