//! `pom.xml`: what a project says of itself, and what it says together with the parents above it.
//!
//! A pom is rarely whole: releases, versions and plugins come from properties and from parents. [`parse`] reads one
//! text; a [`Lineage`] is a pom with its parents of the same repository.

mod element;
mod lineage;

use std::collections::BTreeMap;

pub use element::Element;
pub use lineage::Lineage;

use super::Fault;
use crate::path;

/// The group of plugins that name none.
const PLUGIN_GROUP: &str = "org.apache.maven.plugins";

/// The parent that a pom names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parent {
    /// `groupId`.
    pub group: String,
    /// `artifactId`.
    pub artifact: String,
    /// `version`.
    pub version: String,
    /// Where the parent's pom lies, from this pom's folder; `None` where an empty element forbids to look.
    pub relative_path: Option<String>,
}

/// A dependency as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependency {
    /// `groupId`.
    pub group: String,
    /// `artifactId`.
    pub artifact: String,
    /// `version`, mostly managed elsewhere.
    pub version: Option<String>,
    /// `scope`; empty means `compile`.
    pub scope: String,
    /// `type`; empty means `jar`.
    pub kind: String,
    /// `classifier`.
    pub classifier: String,
    /// `systemPath`: the file itself, for the scope `system`.
    pub system_path: Option<String>,
}

impl Dependency {
    /// Whether the program needs it when it runs.
    pub fn at_run_time(&self) -> bool {
        matches!(self.scope.as_str(), "" | "compile" | "runtime" | "system")
    }
}

/// When a plugin runs, and with which configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// The phase it is bound to, where the pom says so; `none` switches it off.
    pub phase: Option<String>,
    /// The goals.
    pub goals: Vec<String>,
    /// The configuration of this execution alone.
    pub configuration: Element,
}

/// A plugin of the build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plugin {
    /// `groupId`, Maven's own where none is written.
    pub group: String,
    /// `artifactId`.
    pub artifact: String,
    /// `version`.
    pub version: Option<String>,
    /// What it runs with beside what it brings.
    pub dependencies: Vec<Dependency>,
    /// Its executions.
    pub executions: Vec<Execution>,
    /// The configuration of all executions.
    pub configuration: Element,
}

impl Plugin {
    /// The plugin's configuration, then that of each execution that is not switched off.
    pub fn configurations(&self) -> impl Iterator<Item = &Element> {
        let active = self.executions.iter().filter(|execution| execution.phase.as_deref() != Some("none"));
        std::iter::once(&self.configuration).chain(active.map(|execution| &execution.configuration))
    }

    /// The configurations of what is run by hand: no phase of the build does it.
    pub fn by_hand(&self) -> impl Iterator<Item = &Element> {
        let free = self.executions.iter().filter(|execution| execution.phase.is_none());
        std::iter::once(&self.configuration).chain(free.map(|execution| &execution.configuration))
    }

    /// The first text at a path in any configuration.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.configurations().find_map(|configuration| configuration.text_at(path))
    }

    /// Whether an execution runs this goal.
    pub fn runs(&self, goal: &str) -> bool {
        self.executions.iter().any(|execution| {
            execution.phase.as_deref() != Some("none") && execution.goals.iter().any(|name| name == goal)
        })
    }
}

/// A place that artifacts come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repository {
    /// The id that `settings.xml` gives credentials for.
    pub id: String,
    /// The address.
    pub url: String,
}

/// What makes a profile active by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activation {
    /// Nothing has to hold, but no other profile of the same pom may be active.
    pub by_default: bool,
    /// A file of the project is there.
    pub exists: Option<String>,
    /// A file of the project is not there.
    pub missing: Option<String>,
    /// A property that nobody sets is not set (`!name`), or the Java is any newer one (`[9,)`).
    pub always: bool,
}

/// A path without the variable for the project's own folder.
fn in_project(path: &str) -> &str {
    path.trim_start_matches("${basedir}/").trim_start_matches("${project.basedir}/")
}

impl Activation {
    fn holds(&self, exists: &dyn Fn(&str) -> bool) -> bool {
        let there = |path: &String| exists(in_project(path));
        let by_file = self.exists.as_ref().is_some_and(there) || self.missing.as_ref().is_some_and(|path| !there(path));
        by_file || self.always
    }
}

/// A profile, which adds to the build when it is active.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name that `-P` takes.
    pub id: String,
    /// When it is active without being asked for.
    pub activation: Activation,
    /// What it adds.
    pub model: Model,
}

/// What both a project and a profile can say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// `properties`, unresolved.
    pub properties: BTreeMap<String, String>,
    /// `modules`: folders, or pom files, from this pom's folder.
    pub modules: Vec<String>,
    /// `dependencies`.
    pub dependencies: Vec<Dependency>,
    /// `dependencyManagement`: versions, and imported lists of them.
    pub managed_dependencies: Vec<Dependency>,
    /// `build/plugins`.
    pub plugins: Vec<Plugin>,
    /// `build/pluginManagement`: configuration for plugins that are used elsewhere.
    pub managed_plugins: Vec<Plugin>,
    /// `repositories` and `pluginRepositories`.
    pub repositories: Vec<Repository>,
    /// `build/finalName`.
    pub final_name: Option<String>,
}

/// One `pom.xml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pom {
    /// `groupId`; inherited where missing.
    pub group: Option<String>,
    /// `artifactId`.
    pub artifact: String,
    /// `version`; inherited where missing.
    pub version: Option<String>,
    /// `name`, for people.
    pub name: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `scm/url`, else `url`.
    pub url: Option<String>,
    /// The names of `licenses`.
    pub licenses: Vec<String>,
    /// `packaging`, `jar` where none is written.
    pub packaging: String,
    /// `parent`.
    pub parent: Option<Parent>,
    /// `build/sourceDirectory`.
    pub source_directory: Option<String>,
    /// What the project says, and what its profiles add.
    pub model: Model,
    /// `profiles`.
    pub profiles: Vec<Profile>,
}

impl Pom {
    /// The profiles that are active: those that are asked for, and those that are so by themselves; `exists` tells of files of
    /// the project.
    fn active(&self, asked: &[String], exists: &dyn Fn(&str) -> bool) -> Vec<usize> {
        let those = |is: &dyn Fn(&Profile) -> bool| {
            let profiles = self.profiles.iter().enumerate();
            profiles.filter(|(_, profile)| is(profile)).map(|(at, _)| at).collect::<Vec<_>>()
        };
        let holding = those(&|profile| asked.contains(&profile.id) || profile.activation.holds(exists));
        if holding.is_empty() { those(&|profile| profile.activation.by_default) } else { holding }
    }
}

/// Reads a `pom.xml`.
///
/// # Errors
/// Text that is no well-formed XML, and XML whose root is no `project`.
pub fn parse(text: &str) -> Result<Pom, Fault> {
    let document = roxmltree::Document::parse(text).map_err(|error| {
        let line = text.lines().nth((error.pos().row as usize).saturating_sub(1)).unwrap_or_default();
        Fault::new(format!("not well-formed XML ({error})"), line)
    })?;
    let root = document.root_element();
    match root.tag_name().name() {
        "project" => Ok(pom(&Element::read(root))),
        other => Err(Fault::new("the root element is not `project`", other)),
    }
}

fn pom(root: &Element) -> Pom {
    Pom {
        group: root.owned("groupId"),
        artifact: root.owned("artifactId").unwrap_or_default(),
        version: root.owned("version"),
        name: root.owned("name"),
        description: root.owned("description"),
        url: root.text_at(&["scm", "url"]).or(root.text_at(&["url"])).map(str::to_owned),
        licenses: root.each("licenses").filter_map(|license| license.owned("name")).collect(),
        packaging: root.owned("packaging").unwrap_or_else(|| "jar".into()),
        parent: root.child("parent").map(parent),
        source_directory: root.text_at(&["build", "sourceDirectory"]).map(str::to_owned),
        model: model(root),
        profiles: root.each("profiles").map(profile).collect(),
    }
}

fn parent(element: &Element) -> Parent {
    let relative_path = match element.child("relativePath") {
        Some(path) if path.text.is_empty() => None,
        Some(path) => Some(path.text.clone()),
        None => Some("../pom.xml".into()),
    };
    Parent {
        group: element.owned("groupId").unwrap_or_default(),
        artifact: element.owned("artifactId").unwrap_or_default(),
        version: element.owned("version").unwrap_or_default(),
        relative_path,
    }
}

fn profile(element: &Element) -> Profile {
    Profile {
        id: element.owned("id").unwrap_or_default(),
        activation: element.child("activation").map(activation).unwrap_or_default(),
        model: model(element),
    }
}

fn activation(element: &Element) -> Activation {
    let file = |name| element.text_at(&["file", name]).map(str::to_owned);
    let unset = element.text_at(&["property", "name"]).is_some_and(|name| name.starts_with('!'));
    let newer = element.text_at(&["jdk"]).is_some_and(|range| range.starts_with('[') && range.ends_with(",)"));
    Activation {
        by_default: element.text_at(&["activeByDefault"]) == Some("true"),
        exists: file("exists"),
        missing: file("missing"),
        always: unset || newer,
    }
}

fn model(element: &Element) -> Model {
    let empty = Element::default();
    let build = element.child("build").unwrap_or(&empty);
    let managed = element.child("dependencyManagement").unwrap_or(&empty);
    Model {
        properties: element.each("properties").map(|entry| (entry.name.clone(), entry.text.clone())).collect(),
        modules: element.each("modules").map(|entry| entry.text.clone()).filter(|path| !path.is_empty()).collect(),
        dependencies: element.each("dependencies").map(dependency).collect(),
        managed_dependencies: managed.each("dependencies").map(dependency).collect(),
        plugins: build.each("plugins").map(plugin).collect(),
        managed_plugins: build.child("pluginManagement").unwrap_or(&empty).each("plugins").map(plugin).collect(),
        repositories: element.each("repositories").chain(element.each("pluginRepositories")).map(repository).collect(),
        final_name: build.owned("finalName"),
    }
}

fn dependency(element: &Element) -> Dependency {
    Dependency {
        group: element.owned("groupId").unwrap_or_default(),
        artifact: element.owned("artifactId").unwrap_or_default(),
        version: element.owned("version"),
        scope: element.owned("scope").unwrap_or_default(),
        kind: element.owned("type").unwrap_or_default(),
        classifier: element.owned("classifier").unwrap_or_default(),
        system_path: element.owned("systemPath"),
    }
}

fn plugin(element: &Element) -> Plugin {
    Plugin {
        group: element.owned("groupId").unwrap_or_else(|| PLUGIN_GROUP.into()),
        artifact: element.owned("artifactId").unwrap_or_default(),
        version: element.owned("version"),
        dependencies: element.each("dependencies").map(dependency).collect(),
        executions: element.each("executions").map(execution).collect(),
        configuration: element.child("configuration").cloned().unwrap_or_default(),
    }
}

fn execution(element: &Element) -> Execution {
    Execution {
        phase: element.owned("phase"),
        goals: element.each("goals").map(|goal| goal.text.clone()).collect(),
        configuration: element.child("configuration").cloned().unwrap_or_default(),
    }
}

fn repository(element: &Element) -> Repository {
    Repository { id: element.owned("id").unwrap_or_default(), url: element.owned("url").unwrap_or_default() }
}

/// A path of a pom, from its folder; `None` where it leaves the repository.
pub fn resolve(folder: &str, path: &str) -> Option<String> {
    (!path.starts_with('/')).then(|| path::resolve(folder, &path.replace('\\', "/")))?
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const ROOT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent>
    <groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId>
    <version>3.5.16</version><relativePath/>
  </parent>
  <groupId>com.acme</groupId><artifactId>root</artifactId><version>${revision}</version>
  <packaging>pom</packaging>
  <properties><java.version>17</java.version><revision>1.2-SNAPSHOT</revision></properties>
  <modules><module>app</module><module>lib</module></modules>
  <profiles>
    <profile><id>all</id><activation><activeByDefault>true</activeByDefault></activation>
      <modules><module>extra</module></modules></profile>
    <profile><id>native</id><properties><quarkus.native.enabled>true</quarkus.native.enabled></properties></profile>
  </profiles>
  <build><pluginManagement><plugins><plugin>
    <artifactId>maven-compiler-plugin</artifactId>
    <configuration><release>${java.version}</release></configuration>
  </plugin></plugins></pluginManagement></build>
</project>"#;

    pub(super) const APP: &str = r#"<project>
  <parent><groupId>com.acme</groupId><artifactId>root</artifactId><version>${revision}</version></parent>
  <artifactId>app</artifactId>
  <properties><a>${b}</a><b>${a}</b><main>com.acme.Main</main></properties>
  <dependencies>
    <dependency><groupId>${project.groupId}</groupId><artifactId>lib</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>
  </dependencies>
  <build><finalName>${project.artifactId}-boot</finalName><plugins>
    <plugin><artifactId>maven-jar-plugin</artifactId><configuration><archive><manifest>
      <!-- the class --><mainClass>${main}</mainClass></manifest></archive></configuration></plugin>
    <plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId>
      <executions><execution><goals><goal>repackage</goal></goals></execution></executions></plugin>
  </plugins></build>
</project>"#;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(resolve("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(resolve("a", "..\\..").as_deref(), None);
        assert_eq!(resolve("", "/etc").as_deref(), None);
        assert_eq!(resolve("a", "..").as_deref(), Some(""));
    }

    #[test]
    fn a_pom_says_what_it_says() {
        let pom = parse(ROOT).unwrap();
        assert_eq!(pom.packaging, "pom");
        assert_eq!(pom.parent.as_ref().unwrap().relative_path, None);
        assert_eq!((pom.model.modules.len(), pom.active(&[], &|_| false)), (2, vec![0]));
        assert_eq!(parse(APP).unwrap().parent.unwrap().relative_path.as_deref(), Some("../pom.xml"));
    }

    #[test]
    fn faults_are_sentences() {
        let cases = [
            ("", "not well-formed XML"),
            ("<project><a></project>", "not well-formed XML"),
            ("<settings/>", "the root element is not `project`: `settings`"),
            ("<project>\r\n  <version>1", "not well-formed XML"),
        ];
        for (text, expected) in cases {
            let fault = parse(text).unwrap_err().to_string();
            assert!(fault.starts_with(expected), "{fault}");
        }
        let deep = format!("<project>{}{}</project>", "<a>".repeat(20_000), "</a>".repeat(20_000));
        let _ = parse(&deep);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String, inner in "[<>/a-c${}\\s]{0,60}") {
            let _ = parse(&text);
            if let Ok(pom) = parse(&format!("<project><properties><a>{inner}</a></properties></project>")) {
                let _ = Lineage::new([pom.into()], &[], &|_| false).property("a");
            }
        }
    }
}
