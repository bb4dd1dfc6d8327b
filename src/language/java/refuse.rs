//! Why there is no image, and what to do.

use super::read::Java;
use super::{reactor, shape};
use crate::error::Error;
use crate::facts::{Fact, Kind};
use crate::plan::Planner;

impl Java<'_> {
    /// A pom that cannot be read ends the matter, and so does one whose parent is not here.
    pub fn check_poms(&self, planner: &Planner) -> Result<(), Error> {
        let is_outside = |fact: &&Fact| matches!(&fact.kind, Kind::Unreadable(why) if why == reactor::OUTSIDE);
        if let Some(fact) = planner.facts.iter().find(is_outside) {
            return Err(self.outside(fact));
        }
        planner.readable()?;
        if let Some((file, parent)) = &self.reactor.lost_parent {
            let name = format!("{}:{}:{}", parent.group, parent.artifact, parent.version);
            let entry = self.reactor.modules.first().map(|module| module.lineage.artifact()).unwrap_or_default();
            return Err(Error::no(format!("`{file}` has a parent, `{name}`, that lies outside of this folder")).hint(
                format!("run it in the folder whose `pom.xml` names the modules: `dockgen init --entry {entry}`"),
            ));
        }
        match self.reactor.modules.is_empty() {
            false => Ok(()),
            true => {
                Err(Error::no("there is no `pom.xml` at the top").hint("dockgen writes for Java that Maven builds"))
            }
        }
    }

    /// A list of modules beside its own folder.
    fn outside(&self, fact: &Fact) -> Error {
        Error::no(format!("{}: {}, and no build context reaches it", fact.evidence, reactor::OUTSIDE)).hint(format!(
            "put a `pom.xml` with `<modules><module>{}</module></modules>` in the folder above, and run dockgen there",
            self.name
        ))
    }

    /// Nothing is an application.
    pub fn nothing_starts(&self) -> Error {
        match self.reactor.modules.iter().find(|module| shape::packaging(&module.lineage) == "war") {
            Some(module) => {
                Error::no(format!("`{}` builds a war without a library, and nothing in it is a program", module.file))
                    .hint("run dockgen in the folder of an application")
            }
            None => {
                Error::nothing("nothing here can be started: no Spring Boot, no Quarkus, no class with a main method")
                    .hint("a library is no image; run dockgen in the folder of an application")
            }
        }
    }
}
