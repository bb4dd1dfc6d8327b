//! `pom.xml`: what a project says of itself, and what it says together with the parents above it.
//!
//! A pom is rarely whole: releases, versions and plugins come from properties and from parents. [`parse`] reads one
//! text; a [`Lineage`] is a pom with its parents of the same repository, and answers with `${…}` resolved as Maven
//! would (<https://maven.apache.org/guides/introduction/introduction-to-the-pom.html>).

use std::collections::{BTreeMap, HashMap};

use super::Fault;

/// Elements below this depth are not read; Maven's own model ends long before, only plugin configuration goes deeper.
const DEPTH: usize = 40;

/// How often a property may lead to another one before it counts as a cycle.
const HOPS: usize = 16;

/// What a resolved text may grow to, in bytes.
const LENGTH: usize = 4096;

/// The group of plugins that name none.
const PLUGIN_GROUP: &str = "org.apache.maven.plugins";

/// An element of the configuration: a name with a text, or with elements below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name, without a namespace prefix.
    pub name: String,
    /// The text between the tags, trimmed.
    pub text: String,
    /// The elements inside, in order.
    pub children: Vec<Element>,
}

impl Element {
    fn read(root: roxmltree::Node<'_, '_>, depth: usize) -> Element {
        let text: String = root.children().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
        let children = match depth {
            0 => Vec::new(),
            _ => root.children().filter(|node| node.is_element()).map(|node| Element::read(node, depth - 1)).collect(),
        };
        Element { name: root.tag_name().name().to_owned(), text: text.trim().to_owned(), children }
    }

    /// The first element of this name directly inside.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at the end of a path of names.
    pub fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text at the end of a path of names; an empty one counts as missing.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str()).filter(|text| !text.is_empty())
    }

    /// This element and all below it, from top to bottom.
    pub fn descendants(&self) -> Vec<&Element> {
        let mut found = vec![self];
        let mut next = 0;
        while let Some(element) = found.get(next).copied() {
            found.extend(&element.children);
            next += 1;
        }
        found
    }

    fn each(&self, list: &str) -> impl Iterator<Item = &Element> {
        self.child(list).into_iter().flat_map(|list| &list.children)
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.text_at(&[name]).map(str::to_owned)
    }
}

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
    /// The project itself and the profiles that are active by themselves; `exists` tells of files of the project.
    pub fn models(&self, exists: &dyn Fn(&str) -> bool) -> Vec<&Model> {
        let holding: Vec<&Profile> = self.profiles.iter().filter(|profile| profile.activation.holds(exists)).collect();
        let active = match holding.is_empty() {
            true => self.profiles.iter().filter(|profile| profile.activation.by_default).collect(),
            false => holding,
        };
        std::iter::once(&self.model).chain(active.into_iter().map(|profile| &profile.model)).collect()
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
        "project" => Ok(pom(&Element::read(root, DEPTH))),
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

/// A pom with its parents of the same repository: itself first, then its parent, then the parent's parent.
#[derive(Debug, Clone)]
pub struct Lineage<'a> {
    poms: Vec<&'a Pom>,
    models: Vec<&'a Model>,
}

impl<'a> Lineage<'a> {
    /// A pom and its parents, nearest first; `exists` tells of files of the pom's own folder.
    pub fn new(pom: &'a Pom, parents: impl IntoIterator<Item = &'a Pom>, exists: &dyn Fn(&str) -> bool) -> Self {
        let poms: Vec<&Pom> = std::iter::once(pom).chain(parents).collect();
        let models = poms.iter().flat_map(|pom| pom.models(exists)).collect();
        Lineage { poms, models }
    }

    fn models(&self) -> impl Iterator<Item = &'a Model> + '_ {
        self.models.iter().copied()
    }

    /// Files of the project whose presence makes a profile of the pom or a parent active.
    pub fn activating_files(&self) -> impl Iterator<Item = &'a str> + '_ {
        let activations = self.poms.iter().flat_map(|pom| &pom.profiles).map(|profile| &profile.activation);
        activations.filter_map(|activation| activation.exists.as_deref()).map(in_project)
    }

    /// The pom itself.
    pub fn pom(&self) -> Option<&'a Pom> {
        self.poms.first().copied()
    }

    /// The parent of the topmost pom, which lies outside of the repository.
    pub fn outside_parent(&self) -> Option<&'a Parent> {
        self.poms.last().and_then(|pom| pom.parent.as_ref())
    }

    /// A property, resolved; built-in ones such as `project.version` too.
    pub fn property(&self, name: &str) -> Option<String> {
        self.raw_property(name).map(|text| self.resolve(&text))
    }

    fn raw_property(&self, name: &str) -> Option<String> {
        let local = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or_default();
        let parent = self.poms.first().and_then(|pom| pom.parent.as_ref());
        match local {
            "artifactId" => self.poms.first().map(|pom| pom.artifact.clone()),
            "groupId" => self.inherited(|pom| pom.group.clone(), |parent| &parent.group),
            "version" => self.inherited(|pom| pom.version.clone(), |parent| &parent.version),
            "parent.version" => parent.map(|parent| parent.version.clone()),
            "parent.groupId" => parent.map(|parent| parent.group.clone()),
            "parent.artifactId" => parent.map(|parent| parent.artifact.clone()),
            "packaging" => self.poms.first().map(|pom| pom.packaging.clone()),
            "build.finalName" => Some(self.raw_final_name()),
            "build.directory" => Some("target".into()),
            "basedir" => Some(".".into()),
            _ if name == "basedir" => Some(".".into()),
            _ => self.models().find_map(|model| model.properties.get(name)).cloned(),
        }
    }

    fn inherited(&self, own: impl Fn(&Pom) -> Option<String>, of: impl Fn(&Parent) -> &String) -> Option<String> {
        let written =
            self.poms.iter().find_map(|pom| own(pom).or_else(|| pom.parent.as_ref().map(|parent| of(parent).clone())));
        written.filter(|text| !text.is_empty())
    }

    /// Replaces every `${name}` that is known; others stay as they are, and so do those that lead back to themselves.
    pub fn resolve(&self, text: &str) -> String {
        let mut current = text.to_owned();
        for _ in 0..HOPS {
            let next = self.resolve_once(&current);
            if next == current || next.len() > LENGTH {
                break;
            }
            current = next;
        }
        current
    }

    fn resolve_once(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                rest = text.get(text.len() - after.len() - 2..).unwrap_or_default();
                break;
            };
            match self.raw_property(name.trim()) {
                Some(value) => out.push_str(&value),
                None => out.extend(["${", name, "}"]),
            }
            rest = tail;
            if out.len() > LENGTH {
                break;
            }
        }
        out + rest
    }

    /// `groupId` of the pom.
    pub fn group(&self) -> String {
        self.property("project.groupId").unwrap_or_default()
    }

    /// `artifactId` of the pom.
    pub fn artifact(&self) -> String {
        self.property("project.artifactId").unwrap_or_default()
    }

    fn raw_final_name(&self) -> String {
        let written = self.models().find_map(|model| model.final_name.clone());
        written.unwrap_or_else(|| "${project.artifactId}-${project.version}".into())
    }

    /// The jar's name without its ending, where the pom or a parent fixes one.
    pub fn final_name(&self) -> Option<String> {
        self.models().find_map(|model| model.final_name.as_deref()).map(|name| self.resolve(name))
    }

    /// The dependencies of the pom and its parents, resolved.
    pub fn dependencies(&self) -> Vec<Dependency> {
        self.models().flat_map(|model| &model.dependencies).map(|entry| self.resolved(entry)).collect()
    }

    /// What `dependencyManagement` of the pom and its parents lists, resolved.
    pub fn managed_dependencies(&self) -> Vec<Dependency> {
        self.models().flat_map(|model| &model.managed_dependencies).map(|entry| self.resolved(entry)).collect()
    }

    fn resolved(&self, entry: &Dependency) -> Dependency {
        Dependency {
            group: self.resolve(&entry.group),
            artifact: self.resolve(&entry.artifact),
            version: entry.version.as_deref().map(|version| self.resolve(version)),
            scope: self.resolve(&entry.scope),
            kind: entry.kind.clone(),
            classifier: entry.classifier.clone(),
            system_path: entry.system_path.as_deref().map(|path| self.resolve(path)),
        }
    }

    /// The plugins that the pom or a parent uses, nearest first; one artifact may be there more than once.
    pub fn plugins(&self) -> impl Iterator<Item = &'a Plugin> + '_ {
        self.models().flat_map(|model| &model.plugins)
    }

    /// All that is said about each plugin, by its artifact: its uses, then what `pluginManagement` adds.
    pub fn all_plugin_settings(&self) -> HashMap<&'a str, Vec<&'a Plugin>> {
        let managed = self.models().flat_map(|model| &model.managed_plugins);
        let mut all: HashMap<&str, Vec<&Plugin>> = HashMap::new();
        self.plugins().chain(managed).for_each(|plugin| all.entry(&plugin.artifact).or_default().push(plugin));
        all
    }

    /// All that is said about one plugin: its uses, then what `pluginManagement` adds.
    pub fn plugin_settings<'s>(&'s self, artifact: &'s str) -> impl Iterator<Item = &'a Plugin> + 's {
        let managed = self.models().flat_map(|model| &model.managed_plugins);
        self.plugins().chain(managed).filter(move |plugin| plugin.artifact == artifact)
    }

    /// The first text at a path in any configuration of a plugin, resolved.
    pub fn plugin_text(&self, artifact: &str, path: &[&str]) -> Option<String> {
        let text = self.plugin_settings(artifact).find_map(|plugin| plugin.text_at(path))?;
        Some(self.resolve(text))
    }

    /// Whether the build uses this plugin.
    pub fn uses(&self, artifact: &str) -> bool {
        self.plugins().any(|plugin| plugin.artifact == artifact)
    }

    /// The repositories of the pom and its parents, resolved.
    pub fn repositories(&self) -> Vec<Repository> {
        let all = self.models().flat_map(|model| &model.repositories);
        all.map(|entry| Repository { id: self.resolve(&entry.id), url: self.resolve(&entry.url) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
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

    const APP: &str = r#"<project>
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
    fn a_pom_says_what_it_says() {
        let pom = parse(ROOT).unwrap();
        assert_eq!(pom.packaging, "pom");
        assert_eq!(pom.parent.as_ref().unwrap().relative_path, None);
        assert_eq!(
            pom.models(&|_| false).iter().flat_map(|model| &model.modules).collect::<Vec<_>>(),
            ["app", "lib", "extra"]
        );
        assert_eq!(parse(APP).unwrap().parent.unwrap().relative_path.as_deref(), Some("../pom.xml"));
    }

    #[test]
    fn a_lineage_resolves_across_parents() {
        let (root, app) = (parse(ROOT).unwrap(), parse(APP).unwrap());
        let lineage = Lineage::new(&app, [&root], &|_| false);
        assert_eq!(lineage.group(), "com.acme");
        assert_eq!(lineage.property("project.version").as_deref(), Some("1.2-SNAPSHOT"));
        assert_eq!(lineage.property("java.version").as_deref(), Some("17"));
        assert_eq!(lineage.property("quarkus.native.enabled"), None);
        assert_eq!(lineage.final_name().as_deref(), Some("app-boot"));
        assert_eq!(lineage.plugin_text("maven-compiler-plugin", &["release"]).as_deref(), Some("17"));
        assert_eq!(
            lineage.plugin_text("maven-jar-plugin", &["archive", "manifest", "mainClass"]).as_deref(),
            Some("com.acme.Main")
        );
        assert!(lineage.uses("spring-boot-maven-plugin") && !lineage.uses("maven-compiler-plugin"));
        assert_eq!(lineage.outside_parent().unwrap().version, "3.5.16");
        let lib = &lineage.dependencies()[0];
        assert_eq!((lib.group.as_str(), lib.version.as_deref()), ("com.acme", Some("1.2-SNAPSHOT")));
        assert!(lib.at_run_time() && !lineage.dependencies()[1].at_run_time());
    }

    #[test]
    fn profiles_are_active_by_what_is_there() {
        let profile = |id: &str, activation: &str| {
            format!(
                "<profile><id>{id}</id><activation>{activation}</activation><properties><p>{id}</p></properties></profile>"
            )
        };
        let cases = [
            ("<file><exists>${basedir}/src/a</exists></file>", Some("x")),
            ("<file><exists>b</exists></file>", Some("default")),
            ("<file><missing>b</missing></file>", Some("x")),
            ("<property><name>!skip</name></property>", Some("x")),
            ("<property><name>release</name></property>", Some("default")),
            ("<jdk>[9,)</jdk>", Some("x")),
        ];
        for (activation, expected) in cases {
            let default = profile("default", "<activeByDefault>true</activeByDefault>");
            let pom = parse(&format!("<project><profiles>{default}{}</profiles></project>", profile("x", activation)))
                .unwrap();
            let lineage = Lineage::new(&pom, [], &|path| path == "src/a");
            assert_eq!(lineage.property("p").as_deref(), expected, "{activation}");
        }
    }

    #[test]
    fn a_cycle_and_an_unknown_name_stay_as_they_are() {
        let app = parse(APP).unwrap();
        let lineage = Lineage::new(&app, [], &|_| false);
        assert!(lineage.property("a").unwrap().starts_with("${"));
        for text in ["${", "${x", "a${x}b", "}${", "${${x}}", "é${é"] {
            assert_eq!(lineage.resolve(text), text);
        }
        let doubling = "<project><properties><x>${x}${x}</x></properties></project>";
        assert!(Lineage::new(&parse(doubling).unwrap(), [], &|_| false).property("x").unwrap().len() <= LENGTH);
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
                let _ = Lineage::new(&pom, [], &|_| false).property("a");
            }
        }
    }
}
