//! What the build stage runs when the sources are there.

use crate::command::bare;
use crate::render::sinks::path_operand;
use crate::source::shell::{self, Command};

use super::Desk;
use super::build::{self, Build};
use super::manager::{known, split};
use super::package::Package;
use super::sites::Site;

impl Desk<'_> {
    /// What the build stage runs when the sources are there.
    pub fn commands(&self, build: &Build) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        if !build.is_there() {
            return commands;
        }
        let stand_in = |(name, value): (&String, &String)| vec!["export".to_owned(), format!("{name}={value}")];
        commands.extend(build.stand_ins.iter().map(stand_in));
        for package in self.members().into_iter().filter(|package| package.folder != self.service.package.folder) {
            commands.extend(package.prepares.iter().map(|step| self.in_folder(package, step)));
        }
        commands.extend(
            build.hooks.iter().filter(|_| !self.service.package.is_member()).map(|name| self.manager.run(name)),
        );
        commands.extend(build.before.iter().map(|step| self.step(step)));
        if self.service.package.is_member() {
            for package in self.members() {
                let site = self.service.sites.iter().find(|site| site.folder == package.folder);
                let script = match (package.folder == self.service.package.folder, site) {
                    (true, _) => build.script.as_deref(),
                    (_, Some(Site { script: Some(script), .. })) => Some(script.as_str()),
                    _ => package.manifest.scripts.contains_key("build").then_some("build"),
                };
                commands.extend(build::preparing(package).map(|hook| self.manager.run_in(package, hook)));
                commands.extend(script.map(|script| self.manager.run_in(package, script)));
            }
        } else if let Some(script) = &build.script {
            commands.push(self.manager.run(script));
        }
        commands.extend(build.steps.iter().map(|step| self.step(step)));
        commands
    }

    /// The packages of the workspace that are built: front ends that the service serves, and what it is made of, itself last.
    pub fn members(&self) -> Vec<&Package> {
        let sites = self.service.sites.iter().map(|site| &site.folder);
        let mut all: Vec<&Package> = Vec::new();
        for package in sites.chain([&self.service.package.folder]).flat_map(|folder| self.project.closure(folder)) {
            if all.iter().all(|known| known.folder != package.folder) {
                all.push(package);
            }
        }
        all
    }

    /// A single step: a command of a package, else what only a shell can do.
    fn step(&self, step: &str) -> Vec<String> {
        if let (Command::Simple { env, argv }, false) = (shell::parse(step), self.service.package.is_member())
            && env.is_empty()
            && bare(argv.clone()) == argv
        {
            let is_manager = |word: &String| known().contains(&word.as_str());
            if let [first, run, script] = argv.as_slice()
                && is_manager(first)
                && run == "run"
            {
                return self.manager.run(script);
            }
            if argv.first().is_some_and(|word| is_manager(word) || word == "node") {
                return argv;
            }
            return [split(&self.manager.row.exec), argv].concat();
        }
        self.in_folder(&self.service.package, step)
    }

    /// A line in the folder of a package, with the commands of its packages.
    fn in_folder(&self, package: &Package, step: &str) -> Vec<String> {
        let folder = path_operand(&package.folder);
        let quoted = shlex::try_quote(&folder).ok().filter(|_| package.is_member());
        let own = quoted.as_ref().filter(|_| self.project.is_isolated());
        let own = own.map_or_else(String::new, |quoted| format!("$PWD/{quoted}/node_modules/.bin:"));
        let enter = quoted.map_or_else(String::new, |quoted| format!("cd {quoted} && "));
        vec!["sh".to_owned(), "-c".to_owned(), format!("PATH={own}$PWD/node_modules/.bin:$PATH; {enter}{step}")]
    }
}
