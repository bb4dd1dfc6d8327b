//! Members of a workspace that a service does not name among its dependencies, and cannot do without: front ends whose result
//! it serves, and packages that it imports by way of the root.

use crate::path::{is_below, join, resolve};
use crate::repo::Repo;

use super::build::{self, Build};
use super::catalog::CATALOG;
use super::framework::Shape;
use super::package::Package;
use super::project::Project;
use super::source::Findings;

/// A member with its build and its framework.
pub type Member = (Package, Build, Option<Shape>);

/// A member whose result a service serves.
#[derive(Debug, Clone)]
pub struct Site {
    /// The member's folder.
    pub folder: String,
    /// The script that makes it.
    pub script: Option<String>,
    /// What is made, relative to the repository.
    pub made: String,
}

/// The front ends among the members whose result a service serves; `made` is what scripts of each make.
pub fn find(
    project: &Project,
    (package, findings): (&Package, &Findings),
    members: &[Member],
    made: &[Vec<(String, String)>],
) -> Vec<Site> {
    let own: Vec<&str> = project.closure(&package.folder).iter().map(|it| it.folder.as_str()).collect();
    let others = members.iter().zip(made).filter(|(other, _)| !own.contains(&other.0.folder.as_str()));
    others.filter_map(|(other, made)| into(package, &other.0, made).or_else(|| named(findings, other))).collect()
}

/// The scripts of a member with what they make, relative to the repository.
pub fn made(repo: &Repo, package: &Package) -> Vec<(String, String)> {
    let is_meant = |name: &str| {
        let mut parts = name.split([':', '-', '_']);
        !parts.any(|part| CATALOG.front_end.not.iter().any(|word| word == part))
    };
    let scripts = package.manifest.scripts.iter().filter(|(name, _)| is_meant(name));
    let made = |line: &str| resolve(&package.folder, &build::said(repo, package, line)?);
    scripts.filter_map(|(name, line)| Some((name.clone(), made(line)?))).collect()
}

/// A member of which a script writes into the folder of the service.
fn into(package: &Package, other: &Package, made: &[(String, String)]) -> Option<Site> {
    let is_inside = |made: &String| *made != package.folder && is_below(made, &package.folder);
    let (script, made) = made.iter().find(|(_, made)| is_inside(made))?;
    Some(Site { folder: other.folder.clone(), script: Some(script.clone()), made: made.clone() })
}

/// A member whose result the sources of the service name, with its folder.
fn named(findings: &Findings, (package, build, shape): &Member) -> Option<Site> {
    let shape = shape.as_ref().filter(|shape| shape.mode.is_static && !shape.framework.library)?;
    let output = build.outputs.first().or_else(|| shape.mode.output.first())?;
    let place = format!("{}/{output}", package.folder.rsplit('/').next()?);
    findings.names_path(&place).then(|| Site {
        folder: package.folder.clone(),
        script: build.script.clone(),
        made: join(&package.folder, output),
    })
}

/// What the sources of a member import that only the manifest of the root names.
pub fn borrowed(project: &Project, package: &Package, findings: &Findings) -> Vec<String> {
    let imported = findings.packages();
    let names = project.root.manifest.dependencies.keys().filter(|_| package.is_member());
    let is_own = |name: &String| package.manifest.dependency(name).is_some();
    let name = package.manifest.name.as_ref();
    let is_meant = |wanted: &&String| imported.contains(*wanted) && !is_own(wanted) && Some(*wanted) != name;
    names.filter(is_meant).cloned().collect()
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;
    use crate::service::Role;
    use crate::wishes::Wishes;

    const LOCK: (&str, &str) = ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
    const MEMBERS: (&str, &str) = ("pnpm-workspace.yaml", "packages: ['apps/*', 'packages/*', docs]");
    const VITE: &str = r#"{"name": "client", "scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
    const PAGE: (&str, &str) = ("apps/client/index.html", "");
    const SERVER: (&str, &str) = (
        "apps/server/package.json",
        r#"{"name": "server", "scripts": {"start": "node index.js"}, "dependencies": {"express": "4"}}"#,
    );

    fn draft(files: &[(&str, &str)]) -> crate::Draft {
        crate::draft(
            &Repo::from_list("x", [LOCK, MEMBERS].into_iter().chain(files.iter().copied())),
            &Wishes::default(),
        )
        .unwrap()
    }

    fn has(files: &[(&str, &str)], lines: &[&str]) {
        let draft = draft(files);
        let text = draft.text(Role::Dockerfile);
        lines.iter().for_each(|line| assert!(text.contains(line), "{line}\n{text}"));
    }

    #[test]
    fn what_a_member_serves_and_imports_by_way_of_the_root_is_there() {
        let root = ("package.json", r#"{"dependencies": {"@x/lib": "workspace:*", "left-pad": "1"}}"#);
        let library = ("packages/lib/package.json", r#"{"name": "@x/lib", "scripts": {"build": "tsc"}}"#);
        let source =
            "require('@x/lib'); app.use(express.static(join(__dirname, '..', 'client', 'dist'))); app.listen(80)";
        has(
            &[root, library, SERVER, ("apps/server/index.js", source), ("apps/client/package.json", VITE), PAGE],
            &[
                "--prod --filter=server... --filter=@x/lib... --filter=.\n",
                "--filter=server... --filter=@x/lib... --filter=client... --filter=.\n",
                "RUN pnpm --dir=apps/client run build \\\n    && pnpm --dir=packages/lib run build\n",
                "COPY --link --from=build /app/apps/client/dist /app/apps/client/dist\n",
            ],
        );
    }

    #[test]
    fn a_front_end_that_writes_into_the_folder_of_the_server_is_built() {
        let settings = ("apps/client/vite.config.ts", "export default { build: { outDir: '../server/public' } }");
        let client = ("apps/client/package.json", VITE);
        has(
            &[("package.json", "{}"), SERVER, ("apps/server/index.js", "app.listen(80)"), client, settings, PAGE],
            &["RUN pnpm --dir=apps/client run build\n", "/app/apps/server/public /app/apps/server/public\n"],
        );
    }

    #[test]
    fn a_root_that_is_a_program_is_chosen_and_the_others_are_said() {
        let root = ("package.json", r#"{"scripts": {"build": "nuxt build"}, "dependencies": {"nuxt": "4"}}"#);
        let docs = (
            "docs/package.json",
            r#"{"name": "docs", "scripts": {"build": "vitepress build", "start": "vitepress preview"}, "dependencies": {"vitepress": "1"}}"#,
        );
        let worker = ("apps/worker/package.json", r#"{"name": "worker", "scripts": {"start": "node a.js"}}"#);
        let other = ("apps/api/package.json", r#"{"name": "api", "main": "a.js"}"#);
        let files = [root, docs, worker, ("apps/worker/a.js", ""), other, ("apps/api/Dockerfile", "FROM node\n")];
        has(&files, &["CMD [\".output/server/index.mjs\"]"]);
        let said = draft(&files).plan.warnings.join("\n");
        assert!(said.contains("`apps/worker` is a program too") && !said.contains("`docs` is"), "{said}");
        assert!(said.contains("`apps/api` has an image of its own by `apps/api/Dockerfile`"), "{said}");
    }
}
