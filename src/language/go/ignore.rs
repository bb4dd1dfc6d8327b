//! The .dockerignore of a program in Go: an allow list.

use crate::dockerignore::{Section, literal};
use crate::plan::Planner;

use super::front::Front;
use super::missing::Made;
use super::program::Program;
use super::project::Go;

impl Go {
    /// What the compiler reads, what is embedded, what is read at run time.
    pub fn ignore(&self, planner: &Planner, program: &Program, front: Option<&Front>, made: &[Made]) -> Vec<Section> {
        let allow = |paths: &[String]| paths.iter().map(|path| format!("!{}", literal(path))).collect::<Vec<_>>();
        let mut patterns = vec!["*".to_owned()];
        patterns.extend(allow(&self.manifests));
        patterns.push("!**/*.go".to_owned());
        patterns.extend(self.others.iter().map(|ending| format!("!**/*.{ending}")));
        patterns.extend(self.is_vendored.then(|| "!vendor".to_owned()));
        let embeds: Vec<String> = program.embeds.iter().map(|embed| format!("!{}", embed.ignored)).collect();
        let mut sections = vec![
            Section::new("Only what the compiler reads.", patterns),
            Section::new("Embedded by //go:embed.", embeds),
        ];
        sections.push(Section::new("Read by the build.", allow(&planner.inputs())));
        sections.push(Section::new("Read by what makes code.", made.iter().flat_map(Made::inputs)));
        sections.extend(front.map(|front| front.lent.ignore()));
        let stand_ins = program.stand_ins.iter().map(|(path, _)| path.clone());
        let read: Vec<String> = planner.data().into_iter().chain(stand_ins).collect();
        sections.push(Section::new("Read when the program runs.", allow(&read)));
        sections.push(Section::new("Tests are no part of a build.", ["**/*_test.go", "**/node_modules"]));
        sections.retain(|section| !section.patterns.is_empty());
        sections
    }
}
