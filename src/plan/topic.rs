//! What decisions are about: one name each, the same in all languages. Where a flag can change a decision, its topic is the
//! flag's name.

/// Which language.
pub const LANG: &str = "lang";
/// Which release of the toolchain.
pub const TOOLCHAIN: &str = "toolchain";
/// Which package manager.
pub const MANAGER: &str = "package-manager";
/// Which release of the package manager.
pub const MANAGER_VERSION: &str = "package-manager-version";
/// Which program.
pub const ENTRY: &str = "entry";
/// Which framework it is written with.
pub const FRAMEWORK: &str = "framework";
/// The server that a program is put behind.
pub const SERVER: &str = "server";
/// The words with which it is started.
pub const START: &str = "start";
/// The commands that build.
pub const BUILD: &str = "build";
/// A front end that is built for it.
pub const FRONT_END: &str = "front end";
/// Which release of the toolchain builds the front end.
pub const FRONT_TOOLCHAIN: &str = "front end toolchain";
/// Which package manager installs what the front end is built with.
pub const FRONT_MANAGER: &str = "front end package-manager";
/// Which release of that package manager.
pub const FRONT_MANAGER_VERSION: &str = "front end package-manager-version";
/// Where it listens.
pub const PORT: &str = "port";
/// Extras and groups of the manifest that are installed.
pub const EXTRAS: &str = "extras";
/// Whether the project itself is installed.
pub const PROJECT: &str = "project";
/// The image that holds it.
pub const RUNTIME: &str = "runtime";
/// A folder that it writes to.
pub const DATA: &str = "data";
/// A variable that it is started with.
pub const ENVIRONMENT: &str = "environment";
/// A variable that has to be given when it is run.
pub const GIVEN: &str = "given";
/// Variables that may be given.
pub const SETTINGS: &str = "settings";
/// Another service that it uses.
pub const SERVICE: &str = "service";
/// A step before each release.
pub const RELEASE: &str = "release";
/// Where it says whether it is well.
pub const HEALTH: &str = "health";
/// The first process.
pub const INIT: &str = "init";
/// The image's name.
pub const NAME: &str = "name";
/// Files that a command of the framework gathers in the build.
pub const ASSETS: &str = "static files";
/// A build tool of Python beside the packages.
pub const SETUPTOOLS: &str = "build tools";

/// What changes a decision about a topic: a flag with what it takes, or a key of `dockgen.toml`.
pub fn changed_by(topic: &str) -> Option<&'static str> {
    Some(match topic {
        LANG => "--lang LANG",
        TOOLCHAIN => "--toolchain VERSION",
        MANAGER => "--package-manager NAME",
        ENTRY | START => "--entry WHAT",
        PORT => "--port PORT",
        RUNTIME => "--runtime RUNTIME",
        NAME => "--name IMAGE",
        DATA => "--data FOLDER",
        SERVER => "run.command",
        ENVIRONMENT => "run.env",
        HEALTH => "run.health",
        _ => return None,
    })
}

/// The same topic of a front end.
pub fn of_front_end(topic: &'static str) -> &'static str {
    match topic {
        TOOLCHAIN => FRONT_TOOLCHAIN,
        MANAGER => FRONT_MANAGER,
        MANAGER_VERSION => FRONT_MANAGER_VERSION,
        _ => FRONT_END,
    }
}
