//! Options of `java`: what every program gets, and what the poms tell a Java of its modules.

use super::catalog::CATALOG;
use crate::facts::{Evidence, Strength};
use crate::format::pom::{Element, Lineage};
use crate::plan::{Decision, Planner, topic};

/// What opens modules or adds them, as one word each, and where the pom says it.
#[derive(Debug, Default)]
pub struct Options {
    /// `--add-opens=java.base/java.lang=ALL-UNNAMED`.
    pub words: Vec<String>,
    /// The modules that are added.
    pub modules: Vec<String>,
    quote: String,
}

impl Options {
    /// Those of a module of the build. Java 8 has no modules.
    pub fn read(lineage: &Lineage, java: u32) -> Self {
        let mut options = Options::default();
        if java > 8 {
            options.add(lineage);
        }
        options
    }

    fn add(&mut self, lineage: &Lineage) {
        let rows = &CATALOG.start;
        let told = rows.told.iter().flat_map(|[plugin, name]| {
            let configurations = lineage.plugin_settings(plugin).flat_map(|plugin| plugin.configurations());
            configurations.filter_map(|all| all.child(name)).flat_map(Element::descendants).map(|it| it.text.clone())
        });
        let properties = rows.properties.iter().filter_map(|name| lineage.property(name));
        let texts: Vec<String> = told.chain(properties).map(|text| lineage.resolve(&text)).collect();
        self.hear(&texts);
    }

    /// Takes over what texts say.
    fn hear(&mut self, texts: &[String]) {
        let rows = &CATALOG.start;
        let mut words = texts.iter().flat_map(|text| text.split_whitespace());
        while let Some(word) = words.next() {
            let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            if rows.modules.iter().any(|known| known == name)
                && let Some(value) = value.or_else(|| words.next())
            {
                self.take(name, value);
            }
        }
    }

    /// Takes an option over, unless only the build needs it.
    fn take(&mut self, name: &str, value: &str) {
        let of = value.split(['/', ',']).next().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/,=".contains(c);
        let word = format!("{name}={value}");
        let is_known = self.words.contains(&word);
        if is_known || CATALOG.start.build.iter().any(|module| module == of) || !value.chars().all(plain) {
            return;
        }
        if name == "--add-modules" {
            self.modules.extend(value.split(',').map(str::to_owned));
        }
        if self.quote.is_empty() {
            self.quote = format!("{name} {value}");
        }
        self.words.push(word);
    }

    /// With those of another start, which says of itself where it stands.
    pub fn with(mut self, texts: &[String], java: u32) -> Self {
        if java > 8 {
            self.hear(texts);
        }
        self
    }

    /// Says where they come from.
    pub fn note(&self, planner: &mut Planner, pom: &str) {
        if !self.words.is_empty() {
            let evidence = Evidence::new(pom, &self.quote, Strength::Stated);
            let reason = "the build tells a Java so, and the program is no other";
            planner.note(Decision::new(topic::START, self.words.join(" "), reason, evidence));
        }
    }
}

/// What every program is started with, and whether it is compiled with preview features.
pub fn usual(lineage: &Lineage) -> Vec<String> {
    let rows = &CATALOG.start;
    let is_preview = |element: &&Element| {
        element.text == rows.preview || (element.name == "enablePreview" && element.text == "true")
    };
    let settings = lineage.plugin_settings(&CATALOG.plugin.compiler).flat_map(|plugin| plugin.configurations());
    let preview = settings.flat_map(Element::descendants).any(|element| is_preview(&element));
    rows.options.iter().chain(preview.then_some(&rows.preview)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pom;

    #[test]
    fn what_opens_modules_is_told_in_many_places() {
        let read = |plugin: &str, configuration: &str, java: u32| {
            let text = format!(
                "<project><properties><open>--add-opens java.base/java.net=ALL-UNNAMED</open></properties><build><plugins><plugin><artifactId>{plugin}</artifactId><configuration>{configuration}</configuration></plugin></plugins></build></project>"
            );
            let lineage = Lineage::new([pom::parse(&text).unwrap().into()], &[], &|_| false);
            let options = Options::read(&lineage, java);
            (options.words.join(" "), options.modules.join(" "))
        };
        let arguments = "<compilerArgs><arg>--add-modules</arg><arg>jdk.incubator.vector</arg></compilerArgs>";
        for (plugin, configuration, java, words, modules) in [
            ("maven-compiler-plugin", arguments, 25, "--add-modules=jdk.incubator.vector", "jdk.incubator.vector"),
            ("maven-compiler-plugin", arguments, 8, "", ""),
            (
                "maven-surefire-plugin",
                "<argLine>@{argLine} ${open} -Xmx1g</argLine>",
                17,
                "--add-opens=java.base/java.net=ALL-UNNAMED",
                "",
            ),
            ("maven-surefire-plugin", "<argLine>--add-opens=a/b=$(id)</argLine>", 17, "", ""),
            (
                "maven-compiler-plugin",
                "<compilerArgs><arg>--add-exports=jdk.compiler/a=ALL-UNNAMED</arg></compilerArgs>",
                17,
                "",
                "",
            ),
            ("other", arguments, 25, "", ""),
        ] {
            assert_eq!(read(plugin, configuration, java), (words.to_owned(), modules.to_owned()), "{configuration}");
        }
    }
}
