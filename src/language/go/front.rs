//! The front end that a program carries or has beside it.

use crate::error::Error;
use crate::facts::{Evidence, Strength};
use crate::language::node::frontend::{Frontend, Lent, MANIFEST};
use crate::path::{is_below, join};
use crate::plan::Planner;

use super::program::{Embed, Program};
use super::project::Go;

/// A front end, and how the program carries it.
pub struct Front {
    /// What builds it.
    pub lent: Lent,
    /// Whether it is compiled in; else it lies beside the program.
    pub embedded: bool,
    /// Where the program looks for it, where its build makes it elsewhere.
    pub target: Option<String>,
}

/// A front end that is taken, and why.
struct Taken<'a> {
    frontend: &'a Frontend,
    embedded: bool,
    target: Option<String>,
    reason: &'static str,
    evidence: Evidence,
}

impl Go {
    /// What builds embedded files that are not in the repository, or files that the program reads; nothing where all are there.
    pub fn front(&self, planner: &mut Planner, program: &Program) -> Result<Option<Front>, Error> {
        let taken = self.embedded(program).or_else(|| self.beside(program));
        self.check_embeds(planner, program, taken.as_ref())?;
        let Some(Taken { frontend, embedded, target, reason, evidence }) = taken else { return Ok(None) };
        planner.front_end(&frontend.folder, reason, frontend.elsewhere().unwrap_or(evidence));
        Ok(Some(Front { lent: frontend.lend(planner)?, embedded, target }))
    }

    fn embedded(&self, program: &Program) -> Option<Taken<'_>> {
        let stated =
            |embed: &Embed, strength| Evidence::new(&embed.file, &format!("//go:embed {}", embed.pattern), strength);
        // What is not there comes first: of the others the build may make no more than a part.
        let made = program.embeds.iter().filter_map(|embed| Some((embed, self.fronts.get(embed.folder())?)));
        if let Some((embed, frontend)) = made.min_by_key(|(embed, _)| embed.is_there && !embed.is_empty) {
            let reason = "the program carries what its build makes";
            return Some(Taken {
                frontend,
                embedded: true,
                target: None,
                reason,
                evidence: stated(embed, Strength::Stated),
            });
        }
        let missing = |embed: &&Embed| !embed.is_there && !self.pages.contains_key(embed.folder());
        let embed = program.embeds.iter().find(missing)?;
        let reason = "it is the only front end, and nothing else makes what is embedded";
        let target = Some(embed.folder().to_owned());
        let evidence = stated(embed, Strength::Guess);
        Some(Taken { frontend: self.site.as_ref()?, embedded: true, target, reason, evidence })
    }

    fn beside(&self, program: &Program) -> Option<Taken<'_>> {
        if let Some(frontend) = program.missing.iter().find_map(|path| self.fronts.get(path)) {
            let evidence = Evidence::new(&join(&frontend.folder, MANIFEST), "\"build\"", Strength::Convention);
            let reason = "the program reads what its build makes";
            return Some(Taken { frontend, embedded: false, target: None, reason, evidence });
        }
        let (place, evidence) = program.served.clone()?;
        let reason = "it is the only front end, and the program serves one from a folder";
        Some(Taken { frontend: self.site.as_ref()?, embedded: false, target: Some(place), reason, evidence })
    }

    /// Empty files in place of what is embedded and not made here.
    pub fn pages(&self, program: &Program, front: Option<&Front>) -> Vec<String> {
        let is_made = |embed: &Embed| front.is_some_and(|front| is_below(&embed.pattern, &front.lent.made));
        let missing = program.embeds.iter().filter(|embed| !embed.is_there && !is_made(embed));
        let pages = missing.filter_map(|embed| self.pages.get(embed.folder()));
        pages.map(|(file, _)| file.clone()).collect()
    }

    /// Refuses what is embedded, is not there, and is made by nothing.
    fn check_embeds(&self, planner: &mut Planner, program: &Program, taken: Option<&Taken>) -> Result<(), Error> {
        let is_made = |embed: &Embed| {
            taken.is_some_and(|taken| is_below(&embed.pattern, taken.target.as_ref().unwrap_or(&taken.frontend.made)))
        };
        let is_missing = |embed: &&Embed| !embed.is_there && !is_made(embed);
        let (empty, missing): (Vec<&Embed>, Vec<&Embed>) =
            program.embeds.iter().filter(is_missing).partition(|embed| self.pages.contains_key(embed.folder()));
        for (embed, page) in empty.iter().filter_map(|embed| Some((embed, self.pages.get(embed.folder())?))) {
            planner.warn(format!(
                "`{}` embeds `{}`, which nothing here builds: it is an empty file, as `{}` makes it for builds without",
                embed.file, embed.pattern, page.1.file
            ));
        }
        let wants = |embed: &&Embed| embed.wants.is_some() && !is_made(embed);
        if let Some((page, file)) = program.embeds.iter().find(wants).and_then(|embed| embed.wants.as_ref()) {
            planner.warn(format!(
                "`{page}`, which the program embeds, loads `{file}`, which is not in the repository, and nothing here builds it: let a command of `build.commands` make it, or commit it"
            ));
        }
        let Some(embed) = missing.first() else { return Ok(()) };
        let names: Vec<String> = missing.iter().map(|embed| format!("`{}`", embed.pattern)).collect();
        let are = if names.len() > 1 { "which are" } else { "which is" };
        let what = format!("`{}` embeds {}, {are} not in the repository", embed.file, names.join(" and "));
        if planner.wishes.extras.build_commands.is_empty() {
            let hint = match &self.package {
                Some(manifest) => format!(
                    "`{manifest}` may make it, and nothing shows that it writes there: let a script of it do so (`--outDir`), or commit the files"
                ),
                None => "make it with `dockgen config set build.commands 'COMMAND'`, or commit it".to_owned(),
            };
            return Err(Error::no(format!("{what}: the build would fail")).hint(hint));
        }
        planner.warn(format!(
            "{what}: a command of `build.commands` has to make it, in an image with Go and without Node"
        ));
        Ok(())
    }
}
