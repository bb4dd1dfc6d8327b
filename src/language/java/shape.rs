//! What a module's build leaves in `target`.

use super::catalog::{CATALOG, Packed, SpringBoot, numbers};
use super::settings;
use crate::format::pom::{Lineage, Plugin};
use crate::path;

/// The folder that Maven builds in.
pub const TARGET: &str = "target";

/// What the build leaves in `target`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A jar of Spring Boot that can be taken apart.
    Boot,
    /// The folder `quarkus-app`.
    Quarkus,
    /// One jar with everything in it; what its name ends with behind the version.
    Single(String),
    /// A jar with the module's own classes, and the name of the one to start.
    Plain(String),
    /// A war, which a servlet container starts.
    War,
}

/// Whether Spring Boot's plugin makes an executable jar: by an execution, or by Spring's own parent.
pub fn repackages(lineage: &Lineage) -> bool {
    let row = &CATALOG.boot;
    let by_parent = lineage.outside_parent().is_some_and(|parent| parent.artifact == row.parent);
    let skipped = lineage.plugin_text(&row.plugin, &["skip"]).is_some_and(|text| text == "true");
    lineage.uses(&row.plugin)
        && !skipped
        && (by_parent || lineage.plugin_settings(&row.plugin).any(|plugin| plugin.runs("repackage")))
}

/// Whether Quarkus builds it.
pub fn is_quarkus(lineage: &Lineage) -> bool {
    let row = &CATALOG.quarkus;
    let uses = lineage.uses(&row.plugin) && !lineage.uses(&CATALOG.boot.plugin);
    uses || packaging(lineage) == row.packaging
}

/// The kind of package that the pom asks for.
pub fn packaging(lineage: &Lineage) -> String {
    lineage.property("project.packaging").unwrap_or_default()
}

/// Whether a framework packs the module, or nothing starts it: its own classes do not say where it listens.
pub fn is_packed(lineage: &Lineage) -> bool {
    is_quarkus(lineage) || repackages(lineage) || matches!(packaging(lineage).as_str(), "pom" | "war")
}

/// Whether the pom says what is started.
pub fn is_named(lineage: &Lineage) -> bool {
    configured_main(lineage).is_some() || single(lineage).is_some()
}

/// The shape of what Quarkus makes.
pub fn of_quarkus(lineage: &Lineage, settings: &[settings::File]) -> Shape {
    let row = &CATALOG.quarkus;
    let written = row.settings.iter().find_map(|name| {
        let in_file = settings.iter().find_map(|(_, settings)| settings.get(name).map(str::to_owned));
        in_file.or_else(|| lineage.property(name))
    });
    match written {
        Some(kind) if kind == row.single => Shape::Single(row.suffix.clone()),
        _ => Shape::Quarkus,
    }
}

/// The plugin that packs one jar: what the jar's name ends with behind the version, why, and the plugin's name.
pub fn single(lineage: &Lineage) -> Option<(String, &'static str, &'static str)> {
    let by_itself = CATALOG.single.iter().find(|row| lineage.uses(&row.plugin));
    let by_itself = by_itself.map(|row| (row.suffix.clone(), "a plugin packs it into one jar", row.plugin.as_str()));
    let why = "a plugin packs it into one jar with a main class";
    by_itself
        .or_else(|| Some((shaded(lineage)?, why, CATALOG.shade.plugin.as_str())))
        .or_else(|| Some((assembled(lineage)?, why, CATALOG.assembly.plugin.as_str())))
}

/// What the shaded jar's name ends with, where it has a main class.
fn shaded(lineage: &Lineage) -> Option<String> {
    let row = &CATALOG.shade;
    if !lineage.uses(&row.plugin) || !lineage.plugin_settings(&row.plugin).any(names_main) {
        return None;
    }
    let text = |name: &str| lineage.plugin_text(&row.plugin, &[name]);
    Some(match text("shadedArtifactAttached").is_some_and(|text| text == "true") {
        true => format!("-{}", text("shadedClassifierName").unwrap_or_else(|| row.suffix.clone())),
        false => String::new(),
    })
}

/// The same for a jar that the assembly plugin makes.
fn assembled(lineage: &Lineage) -> Option<String> {
    let row = &CATALOG.assembly;
    let whole = |plugin: &Plugin| {
        plugin.configurations().any(|all| all.descendants().iter().any(|element| element.text == row.descriptor))
    };
    let bound = |plugin: &Plugin| row.goals.iter().any(|goal| plugin.runs(goal));
    let mut settings = lineage.plugin_settings(&row.plugin);
    if !settings.any(|all| whole(all) && names_main(all)) || !lineage.plugin_settings(&row.plugin).any(bound) {
        return None;
    }
    let bare = lineage.plugin_text(&row.plugin, &["appendAssemblyId"]).is_some_and(|text| text == "false");
    Some(if bare { String::new() } else { format!("-{}", row.descriptor) })
}

fn names_main(plugin: &Plugin) -> bool {
    let named = |name: &str| matches!(name, "mainClass" | "Main-Class");
    plugin
        .configurations()
        .any(|all| all.descendants().iter().any(|element| named(&element.name) && !element.text.is_empty()))
}

/// The main class that the pom names.
pub fn configured_main(lineage: &Lineage) -> Option<String> {
    let by_plugin = CATALOG.main.plugins.iter().find_map(|place| {
        let (plugin, path) = place.split_first()?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let by_hand = |plugin: &Plugin| plugin.by_hand().find_map(|all| all.text_at(&path)).map(str::to_owned);
        match CATALOG.main.runs.contains(plugin) {
            true => lineage.plugin_settings(plugin).find_map(by_hand).map(|text| lineage.resolve(&text)),
            false => lineage.plugin_text(plugin, &path),
        }
    });
    let by_property = || CATALOG.main.properties.iter().find_map(|name| lineage.property(name));
    // A word in small letters says that there is none.
    let is_named = |main: &String| is_class(main) && main.contains(|c: char| c == '.' || c.is_uppercase());
    by_plugin.or_else(by_property).filter(is_named)
}

/// Whether a text is the full name of a class.
pub fn is_class(text: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    text.split('.').all(is_name)
}

/// A jar that the build makes, as the template names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Jar {
    /// The folder with a slash.
    pub folder: String,
    /// The name without version, and without what only the build knows.
    pub stem: String,
    /// The glob for that: `-*`, `*` or nothing.
    pub rest: &'static str,
    /// What follows the version.
    pub suffix: String,
    /// `jar` or `war`.
    pub kind: String,
}

impl Jar {
    /// The row of the kind.
    fn packed(&self) -> &'static Packed {
        CATALOG.packed.get(&self.kind).unwrap_or(&CATALOG.packed["jar"])
    }

    /// The class of Spring Boot that starts one that is unpacked.
    pub fn launcher(&self) -> &'static str {
        &self.packed().launcher
    }

    /// The folder in it that holds what it brings along.
    pub fn folder_inside(&self) -> &'static str {
        &self.packed().folder
    }
}

/// The jar that a program is.
pub fn jar(shape: &Shape, folder: &str, lineage: &Lineage) -> Jar {
    let text = |plugin: &str, name: &str| lineage.plugin_text(plugin, &[name]);
    let (suffix, plugins) = match shape {
        // A plain jar lies beside the one with a classifier.
        Shape::Boot => {
            let classifier = text(&CATALOG.boot.plugin, "classifier");
            (classifier.map(|name| format!("-{name}")).unwrap_or_default(), vec![&CATALOG.boot.plugin])
        }
        Shape::Single(suffix) => (suffix.clone(), vec![&CATALOG.shade.plugin, &CATALOG.assembly.plugin]),
        Shape::Quarkus | Shape::Plain(_) => (String::new(), vec![&CATALOG.plugin.jar]),
        Shape::War => (String::new(), vec![&CATALOG.plugin.war]),
    };
    let is_used = |plugin: &&&String| !matches!(shape, Shape::Single(_)) || lineage.uses(plugin);
    let by_plugin = |name: &str| plugins.iter().filter(is_used).find_map(|plugin| text(plugin, name));
    let place = |path: &str| format!("{}/", path::join(folder, path.trim_start_matches("./").trim_end_matches('/')));
    let packaging = packaging(lineage);
    let kind = if packaging == "war" { packaging } else { "jar".to_owned() };
    if let Some(file) = by_plugin("outputFile") {
        let name = path::name(&file);
        let (stem, rest, suffix) = split(name.strip_suffix(&format!(".{kind}")).unwrap_or(name), lineage);
        return Jar { folder: place(path::parent(&file)), stem, rest, suffix, kind };
    }
    let name = by_plugin("finalName").or_else(|| lineage.final_name());
    let (stem, rest, own) = match name {
        Some(name) => split(&name, lineage),
        None => (lineage.artifact(), VERSION, String::new()),
    };
    let folder = place(by_plugin("outputDirectory").as_deref().unwrap_or(TARGET));
    Jar { folder, stem, rest, suffix: own + &suffix, kind }
}

/// The glob for a version.
const VERSION: &str = "-*";

/// A name around its version, or around what only the build knows, with the glob for that.
fn split(name: &str, lineage: &Lineage) -> (String, &'static str, String) {
    let version = format!("-{}", lineage.property("project.version").unwrap_or_default());
    if let Some((stem, suffix)) = name.rsplit_once(&version).filter(|_| version.len() > 1) {
        return (stem.to_owned(), VERSION, suffix.to_owned());
    }
    let Some((stem, rest)) = name.split_once("${") else { return (name.to_owned(), "", String::new()) };
    let suffix = rest.rsplit_once('}').map_or("", |(_, suffix)| suffix).to_owned();
    match stem.strip_suffix('-') {
        Some(stem) => (stem.to_owned(), VERSION, suffix),
        None => (stem.to_owned(), "*", suffix),
    }
}

/// The line of Spring Boot that a module uses, and its version, where the pom says so.
pub fn spring_boot(lineage: &Lineage) -> Option<(&'static SpringBoot, String)> {
    let row = &CATALOG.boot;
    let parent = lineage.outside_parent().filter(|parent| parent.group == row.group);
    let of_parent = parent.map(|parent| lineage.resolve(&parent.version));
    let managed = || {
        let all = lineage.managed_dependencies().into_iter().chain(lineage.dependencies());
        let mut boot = all.filter(|entry| entry.group == row.group);
        boot.find_map(|entry| entry.version.filter(|version| !numbers(version).is_empty()))
    };
    let of_plugin = || {
        let version = lineage.plugin_settings(&row.plugin).find_map(|plugin| plugin.version.as_deref())?;
        Some(lineage.resolve(version))
    };
    let of_property = || row.versions.iter().find_map(|name| lineage.property(name));
    let version = of_parent.or_else(managed).or_else(of_plugin).or_else(of_property)?;
    Some((CATALOG.spring_boot(&version)?, version))
}

/// Whether the executable jar can be taken apart by the tools in it or by `jar`.
pub fn can_be_taken_apart(lineage: &Lineage) -> bool {
    let is = |path: &[&str], value: &str| {
        lineage.plugin_text(&CATALOG.boot.plugin, path).is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    let layered = !is(&["layers", "enabled"], "false") && !is(&["includeTools"], "false");
    layered && !is(&["executable"], "true") && !is(&["layout"], "ZIP") && !is(&["layout"], "NONE")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pom;

    #[test]
    fn a_class_that_the_build_runs_is_no_program() {
        let main = |phase: &str, outside: &str| {
            let pom = format!(
                "<project><build><plugins><plugin><artifactId>exec-maven-plugin</artifactId>{outside}<executions><execution>{phase}<configuration><mainClass>a.Check</mainClass></configuration></execution></executions></plugin></plugins></build></project>"
            );
            configured_main(&Lineage::new([pom::parse(&pom).unwrap().into()], &[], &|_| false)).unwrap_or_default()
        };
        assert_eq!(main("<phase>verify</phase>", ""), "");
        assert_eq!(main("", ""), "a.Check");
        let outside = "<configuration><mainClass>a.Serve</mainClass></configuration>";
        assert_eq!(main("<phase>verify</phase>", outside), "a.Serve");
    }
}
