//! Code that is not in the repository: the commands that make it before the build.

use crate::error::Error;
use crate::plan::{Decision, Planner, topic};

use super::missing::{Made, Missing};
use super::program::Program;
use super::project::Go;

impl Go {
    /// The commands that make what the program needs and the repository does not hold.
    ///
    /// # Errors
    /// Where nothing is known that makes it.
    pub fn generate(&self, planner: &mut Planner, program: &Program) -> Result<Vec<Made>, Error> {
        let mut all: Vec<Made> = Vec::new();
        for missing in self.missing.iter().filter(|missing| program.packages.contains(&missing.folder)) {
            let made = missing.made.as_ref().filter(|made| !made.argv.is_empty());
            match made {
                Some(made) if all.contains(made) => {}
                Some(made) => {
                    let reason = format!("{} is not in the repository", missing.what);
                    planner.note(Decision::new(topic::BUILD, made.argv.join(" "), reason, missing.evidence.clone()));
                    all.push(made.clone());
                }
                None => self.refuse(planner, missing)?,
            }
        }
        Ok(all)
    }

    fn refuse(&self, planner: &mut Planner, missing: &Missing) -> Result<(), Error> {
        let what =
            format!("{} is not in the repository, and the program needs it ({})", missing.what, missing.evidence);
        if planner.wishes.extras.build_commands.is_empty() {
            let command = missing.made.as_ref().map_or("COMMAND", |made| made.tool.as_str());
            return Err(Error::no(format!("{what}: the build would fail"))
                .hint(format!("make it with `dockgen config set build.commands '{command}'`, or commit it")));
        }
        planner.warn(format!("{what}: a command of `build.commands` has to make it"));
        Ok(())
    }
}
