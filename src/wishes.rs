//! What somebody asked for: flags over answers over `dockgen.toml`; everything optional.

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
    /// The arguments of the program.
    pub args: Vec<String>,
    /// Folders that the program writes to, as they lie in the image.
    pub data: Vec<String>,
    /// What reaches into the documents without an edit.
    pub extras: Extras,
}

/// Wishes that only `dockgen.toml` can say.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Extras {
    /// Whether the workflow checks the files first.
    pub check: bool,
    /// A registry in place of the base images' own.
    pub mirror: Option<String>,
    /// A folder with templates.
    pub templates: Option<String>,
    /// Debian packages of the build.
    pub build_packages: Vec<String>,
    /// Folders of front ends, and where in the image their results are served from.
    pub front_ends: std::collections::BTreeMap<String, String>,
    /// Build arguments and their defaults.
    pub build_args: std::collections::BTreeMap<String, String>,
    /// Shell commands before the build.
    pub build_commands: Vec<String>,
    /// Arguments of the command that builds.
    pub build_flags: Vec<String>,
    /// The script that builds.
    pub build_script: Option<String>,
    /// Environment of the build.
    pub build_env: std::collections::BTreeMap<String, String>,
    /// Variables that the build is given and that no layer keeps.
    pub build_secrets: Vec<String>,
    /// The words that start the program, in place of dockgen's own.
    pub command: Vec<String>,
    /// Ports beside the one that the program serves on.
    pub ports: Vec<u16>,
    /// Debian packages of the running program.
    pub run_packages: Vec<String>,
    /// Environment of the running program.
    pub env: std::collections::BTreeMap<String, String>,
    /// Labels of the image.
    pub labels: std::collections::BTreeMap<String, String>,
    /// Files and folders that the program reads.
    pub copy: Vec<String>,
    /// The health check, as exec form.
    pub health: Vec<String>,
}

impl Extras {
    /// The same, and where they say nothing, the others, key by key.
    #[must_use]
    fn or(self, other: Extras) -> Extras {
        fn said<T: Default + PartialEq>(own: T, other: T) -> T {
            if own == T::default() { other } else { own }
        }
        Extras {
            check: said(self.check, other.check),
            mirror: said(self.mirror, other.mirror),
            templates: said(self.templates, other.templates),
            build_packages: said(self.build_packages, other.build_packages),
            front_ends: said(self.front_ends, other.front_ends),
            build_args: said(self.build_args, other.build_args),
            build_commands: said(self.build_commands, other.build_commands),
            build_flags: said(self.build_flags, other.build_flags),
            build_script: said(self.build_script, other.build_script),
            build_env: said(self.build_env, other.build_env),
            build_secrets: said(self.build_secrets, other.build_secrets),
            command: said(self.command, other.command),
            ports: said(self.ports, other.ports),
            run_packages: said(self.run_packages, other.run_packages),
            env: said(self.env, other.env),
            labels: said(self.labels, other.labels),
            copy: said(self.copy, other.copy),
            health: said(self.health, other.health),
        }
    }
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
    /// These wishes, and where they say nothing, the others.
    pub fn or(self, other: Wishes) -> Wishes {
        Wishes {
            lang: self.lang.or(other.lang),
            runtime: self.runtime.or(other.runtime),
            toolchain: self.toolchain.or(other.toolchain),
            package_manager: self.package_manager.or(other.package_manager),
            entry: self.entry.or(other.entry),
            port: self.port.or(other.port),
            name: self.name.or(other.name),
            ci: self.ci.or(other.ci),
            platforms: if self.platforms.is_empty() { other.platforms } else { self.platforms },
            uid: self.uid.or(other.uid),
            args: if self.args.is_empty() { other.args } else { self.args },
            data: if self.data.is_empty() { other.data } else { self.data },
            extras: self.extras.or(other.extras),
        }
    }

    /// What was said, as keys and values of `dockgen.toml`.
    pub fn said(&self) -> Vec<(&'static str, String)> {
        let port = self.port.map(|port| match port {
            PortWish::None => "none".to_owned(),
            PortWish::Port(port) => port.to_string(),
        });
        let ci = self.ci.map(|ci| if ci == Ci::None { "none" } else { "github" }.to_owned());
        let platforms = (!self.platforms.is_empty()).then(|| self.platforms.join(","));
        let list = |list: &[String]| {
            (!list.is_empty())
                .then(|| toml::Value::Array(list.iter().cloned().map(toml::Value::String).collect()).to_string())
        };
        let all = [
            ("lang", self.lang.clone()),
            ("runtime", self.runtime.clone()),
            ("toolchain", self.toolchain.clone()),
            ("package-manager", self.package_manager.clone()),
            ("entry", self.entry.clone()),
            ("port", port),
            ("name", self.name.clone()),
            ("ci", ci),
            ("platforms", platforms),
            ("uid", self.uid.map(|uid| uid.to_string())),
            ("run.args", list(&self.args)),
            ("run.data", list(&self.data)),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

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
            "entry" | "start" => self.entry = text,
            "name" => self.name = text,
            "port" => self.port = Some(value.parse()?),
            _ => return Err(format!("`{topic}` is no question")),
        }
        Ok(())
    }
}
