//! What somebody asked for: flags, answers, later `dockgen.toml`; everything optional.

/// Wishes; the topic names are those of the flags and of the decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The language's id.
    pub lang: Option<String>,
    /// The runtime's id; `auto` is none.
    pub runtime: Option<String>,
    /// The toolchain's version.
    pub toolchain: Option<String>,
    /// The package manager's id.
    pub package_manager: Option<String>,
    /// What to start.
    pub entry: Option<String>,
    /// The port; `none` says that nothing listens.
    pub port: Option<PortWish>,
    /// The image's name.
    pub name: Option<String>,
    /// The workflow to write.
    pub ci: Option<Ci>,
    /// Platforms to build for, `linux/amd64`; one where empty.
    pub platforms: Vec<String>,
    /// The numeric user.
    pub uid: Option<u32>,
}

/// What `--port` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortWish {
    /// Nothing listens.
    None,
    /// This port.
    Port(u16),
}

impl std::str::FromStr for PortWish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(PortWish::None),
            _ => match text.parse() {
                Ok(port) if port > 0 => Ok(PortWish::Port(port)),
                _ => Err("a port is a number from 1 to 65535, or `none`".to_owned()),
            },
        }
    }
}

/// The CI service to write a workflow for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ci {
    /// GitHub Actions.
    Github,
    /// No workflow.
    None,
}

impl Wishes {
    /// Sets the wish that a topic is about, as an answer to a question does.
    ///
    /// # Errors
    /// Where the topic cannot be answered, or not with this value.
    pub fn answer(&mut self, topic: &str, value: &str) -> Result<(), String> {
        let text = Some(value.to_owned());
        match topic {
            "lang" => self.lang = text,
            "runtime" => self.runtime = text,
            "toolchain" => self.toolchain = text,
            "package-manager" => self.package_manager = text,
            "entry" => self.entry = text,
            "name" => self.name = text,
            "port" => self.port = Some(value.parse()?),
            _ => return Err(format!("`{topic}` is no question")),
        }
        Ok(())
    }
}
