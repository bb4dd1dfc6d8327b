//! Where the commands of packages lie, as seen from a service's folder.

use super::catalog::CATALOG;
use super::package::Package;
use super::project::Project;

/// The commands that a package may call.
pub struct Commands<'a> {
    /// The project.
    pub project: &'a Project,
    /// The package.
    pub package: &'a Package,
}

impl Commands<'_> {
    /// The file of a command, by the lock file or by the catalog.
    pub fn file(&self, name: &str) -> Option<String> {
        let locked = self.project.npm.iter().flat_map(|lock| &lock.packages);
        let by_lock = locked.filter_map(|(of, locked)| {
            let file = locked.bin.get(name)?;
            Some((of != name, format!("{of}/{}", file.trim_start_matches("./"))))
        });
        let found = by_lock.min().map(|(_, file)| file).or_else(|| CATALOG.commands.get(name).cloned());
        let found = found.or_else(|| {
            // npm, Yarn and Bun link the commands of packages; pnpm writes shell scripts in their place.
            let linked = !self.project.is_isolated() && self.package.manifest.dependency(name).is_some();
            linked.then(|| format!(".bin/{name}"))
        })?;
        Some(format!("{}{found}", self.modules()))
    }

    /// A path into node_modules as seen from the service's folder.
    pub fn placed(&self, word: &str) -> String {
        match word.strip_prefix("node_modules/") {
            Some(rest) => format!("{}{rest}", self.modules()),
            None => word.to_owned(),
        }
    }

    /// Where a member's packages lie: pnpm puts them into its folder, the others to the top.
    fn modules(&self) -> String {
        let hoisted = self.package.is_member() && !self.project.is_isolated();
        let up = if hoisted { "../".repeat(self.package.folder.split('/').count()) } else { String::new() };
        format!("{up}node_modules/")
    }
}
