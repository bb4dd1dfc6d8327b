//! The front end that a program carries or has beside it.

use crate::error::Error;
use crate::facts::{Evidence, Strength};
use crate::language::node::frontend::{Frontend, Lent};
use crate::path::join;
use crate::plan::Planner;

use super::program::{Embed, Program};
use super::project::Go;

/// A front end, and how the program carries it.
pub struct Front {
    /// What builds it.
    pub lent: Lent,
    /// Whether it is compiled in; else it lies beside the program.
    pub embedded: bool,
}

impl Go {
    /// What builds embedded files that are not in the repository, or files that the program reads; nothing where all are there.
    pub fn front(&self, planner: &mut Planner, program: &Program) -> Result<Option<Front>, Error> {
        let empty = || program.embeds.iter().filter(|embed| embed.is_empty);
        let embedded = empty().find_map(|embed| Some((embed, self.fronts.get(embed.folder())?)));
        check_embeds(planner, program, embedded.map(|(_, front)| front))?;
        let read = || program.missing.iter().find_map(|path| self.fronts.get(path));
        let (frontend, reason, evidence) = match (embedded, read()) {
            (Some((embed, front)), _) => {
                let quote = format!("//go:embed {}", embed.pattern);
                let evidence = Evidence::new(&embed.file, &quote, Strength::Stated);
                (front, "the program carries what its build makes", evidence)
            }
            (None, Some(front)) => {
                let manifest = join(&front.folder, "package.json");
                let evidence = Evidence::new(&manifest, "\"build\"", Strength::Convention);
                (front, "the program reads what its build makes", evidence)
            }
            (None, None) => return Ok(None),
        };
        planner.front_end(&frontend.folder, reason, evidence);
        Ok(Some(Front { lent: frontend.lend(planner)?, embedded: embedded.is_some() }))
    }
}

/// Refuses what is embedded, is not there, and is made by nothing.
fn check_embeds(planner: &mut Planner, program: &Program, front: Option<&Frontend>) -> Result<(), Error> {
    let is_made = |embed: &Embed| {
        let made = front.and_then(|front| embed.pattern.strip_prefix(&front.made));
        made.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let Some(embed) = program.embeds.iter().find(|embed| !embed.is_there && !is_made(embed)) else { return Ok(()) };
    let what = format!("`{}` embeds `{}`, which is not in the repository", embed.file, embed.pattern);
    if planner.wishes.extras.build_commands.is_empty() {
        return Err(Error::no(format!("{what}: the build would fail"))
            .hint("make it with `dockgen config set build.commands 'COMMAND'`, or commit it"));
    }
    planner.warn(format!("{what}: a command of `build.commands` has to make it"));
    Ok(())
}
