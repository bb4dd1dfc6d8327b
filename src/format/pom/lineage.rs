//! A pom with its parents: answers with `${…}` resolved as Maven would
//! (<https://maven.apache.org/guides/introduction/introduction-to-the-pom.html>).

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::{Dependency, Element, Model, Parent, Plugin, Pom, Repository, in_project};

/// How often a property may lead to another one before it counts as a cycle.
const HOPS: usize = 16;

/// What a resolved text may grow to, in bytes.
const LENGTH: usize = 4096;

/// A pom with its parents of the same repository: itself first, then its parent, then the parent's parent.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    generations: Vec<Generation>,
}

/// A pom, and the profiles of it that are active.
#[derive(Debug, Clone)]
struct Generation {
    pom: Rc<Pom>,
    active: Vec<usize>,
}

impl Generation {
    fn models(&self) -> impl Iterator<Item = &Model> {
        let active = self.active.iter().filter_map(|at| self.pom.profiles.get(*at));
        std::iter::once(&self.pom.model).chain(active.map(|profile| &profile.model))
    }
}

impl Lineage {
    /// A pom and its parents, nearest first, with the profiles that are asked for; `exists` tells of files of the pom's own
    /// folder.
    pub fn new(poms: impl IntoIterator<Item = Rc<Pom>>, asked: &[String], exists: &dyn Fn(&str) -> bool) -> Self {
        let generation = |pom: Rc<Pom>| Generation { active: pom.active(asked, exists), pom };
        Lineage { generations: poms.into_iter().map(generation).collect() }
    }

    fn poms(&self) -> impl DoubleEndedIterator<Item = &Pom> {
        self.generations.iter().map(|generation| &*generation.pom)
    }

    fn models(&self) -> impl Iterator<Item = &Model> {
        self.generations.iter().flat_map(Generation::models)
    }

    /// The modules that the pom itself names, as they are written and resolved.
    pub fn modules(&self) -> Vec<(&str, String)> {
        let own = self.generations.first().into_iter().flat_map(Generation::models);
        own.flat_map(|model| &model.modules).map(|entry| (entry.as_str(), self.resolve(entry))).collect()
    }

    /// Files of the project whose presence makes a profile of the pom or a parent active.
    pub fn activating_files(&self) -> impl Iterator<Item = &str> {
        let activations = self.poms().flat_map(|pom| &pom.profiles).map(|profile| &profile.activation);
        activations.filter_map(|activation| activation.exists.as_deref()).map(in_project)
    }

    /// The pom itself.
    pub fn pom(&self) -> Option<&Pom> {
        self.poms().next()
    }

    /// The parent of the topmost pom, which lies outside of the repository.
    pub fn outside_parent(&self) -> Option<&Parent> {
        self.poms().next_back()?.parent.as_ref()
    }

    /// A property, resolved; built-in ones such as `project.version` too.
    pub fn property(&self, name: &str) -> Option<String> {
        self.raw_property(name).map(|text| self.resolve(&text))
    }

    fn raw_property(&self, name: &str) -> Option<String> {
        let local = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or_default();
        let parent = self.pom().and_then(|pom| pom.parent.as_ref());
        match local {
            "artifactId" => self.pom().map(|pom| pom.artifact.clone()),
            "name" => self.pom().map(|pom| pom.name.clone().unwrap_or_else(|| pom.artifact.clone())),
            "groupId" => self.inherited(|pom| pom.group.clone(), |parent| &parent.group),
            "version" => self.inherited(|pom| pom.version.clone(), |parent| &parent.version),
            "parent.version" => parent.map(|parent| parent.version.clone()),
            "parent.groupId" => parent.map(|parent| parent.group.clone()),
            "parent.artifactId" => parent.map(|parent| parent.artifact.clone()),
            "packaging" => self.pom().map(|pom| pom.packaging.clone()),
            "build.finalName" => Some(self.raw_final_name()),
            "build.directory" => Some("target".into()),
            "basedir" => Some(".".into()),
            _ if name == "basedir" => Some(".".into()),
            _ => self.models().find_map(|model| model.properties.get(name)).cloned(),
        }
    }

    fn inherited(&self, own: impl Fn(&Pom) -> Option<String>, of: impl Fn(&Parent) -> &String) -> Option<String> {
        let written =
            self.poms().find_map(|pom| own(pom).or_else(|| pom.parent.as_ref().map(|parent| of(parent).clone())));
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
    pub fn plugins(&self) -> impl Iterator<Item = &Plugin> {
        self.models().flat_map(|model| &model.plugins)
    }

    /// What plugins are, and what they run with: groups and artifacts.
    pub fn of_plugins(&self) -> BTreeSet<(String, String)> {
        let all: Vec<&Plugin> = self.all_plugin_settings().into_values().flatten().collect();
        let own = all.iter().map(|plugin| (&plugin.group, &plugin.artifact));
        let with = all.iter().flat_map(|plugin| &plugin.dependencies).map(|entry| (&entry.group, &entry.artifact));
        let configured = all.iter().flat_map(|plugin| plugin.configurations()).flat_map(Element::descendants);
        let named = configured
            .filter_map(|element| Some((&element.child("groupId")?.text, &element.child("artifactId")?.text)));
        own.chain(with).chain(named).map(|(group, artifact)| (self.resolve(group), self.resolve(artifact))).collect()
    }

    /// All that is said about each plugin, by its artifact: its uses, then what `pluginManagement` adds.
    pub fn all_plugin_settings(&self) -> HashMap<&str, Vec<&Plugin>> {
        let managed = self.models().flat_map(|model| &model.managed_plugins);
        let mut all: HashMap<&str, Vec<&Plugin>> = HashMap::new();
        self.plugins().chain(managed).for_each(|plugin| all.entry(&plugin.artifact).or_default().push(plugin));
        all
    }

    /// All that is said about one plugin: its uses, then what `pluginManagement` adds.
    pub fn plugin_settings<'s>(&'s self, artifact: &'s str) -> impl Iterator<Item = &'s Plugin> {
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

    /// Whether the build uses this plugin with a goal that an execution binds.
    pub fn runs(&self, artifact: &str, goal: &str) -> bool {
        self.plugin_settings(artifact).any(|plugin| plugin.runs(goal))
    }

    /// The repositories of the pom and its parents, resolved.
    pub fn repositories(&self) -> Vec<Repository> {
        let all = self.models().flat_map(|model| &model.repositories);
        all.map(|entry| Repository { id: self.resolve(&entry.id), url: self.resolve(&entry.url) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::super::tests::{APP, ROOT};
    use super::*;

    fn lineage(poms: &[&str], exists: &dyn Fn(&str) -> bool) -> Lineage {
        Lineage::new(poms.iter().map(|text| Rc::new(parse(text).unwrap())), &[], exists)
    }

    #[test]
    fn a_profile_that_is_asked_for_takes_the_place_of_the_default() {
        let pom = "<project><profiles><profile><id>dev</id><activation><activeByDefault>true</activeByDefault></activation><properties><p>d</p></properties></profile><profile><id>prod</id><properties><p>x</p></properties></profile></profiles></project>";
        let property = |asked: &[String]| {
            Lineage::new([Rc::new(parse(pom).unwrap())], asked, &|_| false).property("p").unwrap_or_default()
        };
        assert_eq!((property(&[]), property(&["prod".to_owned()])), ("d".to_owned(), "x".to_owned()));
    }

    #[test]
    fn a_lineage_resolves_across_parents() {
        assert_eq!(lineage(&[ROOT], &|_| false).modules().len(), 3);
        let lineage = lineage(&[APP, ROOT], &|_| false);
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
            let pom = format!("<project><profiles>{default}{}</profiles></project>", profile("x", activation));
            let lineage = lineage(&[&pom], &|path| path == "src/a");
            assert_eq!(lineage.property("p").as_deref(), expected, "{activation}");
        }
    }

    #[test]
    fn a_cycle_and_an_unknown_name_stay_as_they_are() {
        let alone = lineage(&[APP], &|_| false);
        assert!(alone.property("a").unwrap().starts_with("${"));
        for text in ["${", "${x", "a${x}b", "}${", "${${x}}", "é${é"] {
            assert_eq!(alone.resolve(text), text);
        }
        let doubling = "<project><properties><x>${x}${x}</x></properties></project>";
        assert!(lineage(&[doubling], &|_| false).property("x").unwrap().len() <= LENGTH);
    }
}
