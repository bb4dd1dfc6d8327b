//! What the values of wishes may be: the same for flags, for `dockgen.toml` and for `dockgen config`, in the same words.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::catalog::SHARED;
use crate::source::short;

/// The runtimes that can be asked for; `auto` is the smallest that holds the program.
pub const RUNTIMES: [&str; 5] = ["auto", "scratch", "distroless", "alpine", "slim"];

/// The largest number of a user that container engines take (`user.maxID` of moby).
pub const LARGEST_USER: u32 = i32::MAX as u32;

/// The longest name of an image, as the registries' reference grammar has it.
const LONGEST_NAME: usize = 255;

/// One part of a path of the reference grammar.
static COMPONENT: LazyLock<Regex> = LazyLock::new(|| short(r"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$"));
/// The host of a registry, with or without a port.
static HOST: LazyLock<Regex> = LazyLock::new(|| {
    short(
        r"^([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(:[0-9]+)?$",
    )
});

/// What a name of an image, a binary or a cache may be: lower case, digits, single dashes inside.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    match slug.is_empty() {
        true => "app".to_owned(),
        false => slug.chars().take(60).collect(),
    }
}

/// The word of these that somebody may have meant.
pub fn nearest<'a>(word: &str, of: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The measure and the bound of clap, so that flags and values are corrected alike.
    let alike = of.into_iter().map(|known| (strsim::jaro(word, known), known)).filter(|(alike, _)| *alike > 0.7);
    alike.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// A question for the word that was meant; empty where nothing is like it.
pub fn did_you_mean<'a>(word: &str, of: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, of).map_or_else(String::new, |known| format!("; did you mean `{known}`?"))
}

/// A word of a list.
///
/// # Errors
/// Where it is none, with the nearest.
pub fn one_of(word: &str, known: &[&str]) -> Result<String, String> {
    match known.contains(&word) {
        true => Ok(word.to_owned()),
        false => {
            let meant = did_you_mean(word, known.iter().copied());
            Err(format!("`{word}` is not one of {}{meant}", known.join(", ")))
        }
    }
}

/// A platform that images are built for.
///
/// # Errors
/// Where there is no such platform, with the nearest.
pub fn platform(text: &str) -> Result<String, String> {
    let known = || SHARED.platforms.iter().map(String::as_str);
    match known().any(|platform| platform == text) {
        true => Ok(text.to_owned()),
        false => Err(match did_you_mean(text, known()) {
            meant if meant.is_empty() => format!("`{text}` is no platform: write one such as `linux/amd64`"),
            meant => format!("`{text}` is no platform{meant}"),
        }),
    }
}

/// The name of an image, without registry and tag.
///
/// # Errors
/// Where it is none, with one that is.
pub fn image_name(text: &str) -> Result<String, String> {
    if COMPONENT.is_match(text) && text.len() <= LONGEST_NAME {
        return Ok(text.to_owned());
    }
    let last = text.rsplit('/').next().unwrap_or_default();
    let meant = slug(last.split([':', '@']).next().unwrap_or_default());
    Err(format!(
        "`{text}` is no image name (lower-case letters and digits, between them `.`, `_` or `-`; no registry, no tag); did you mean `{meant}`?"
    ))
}

/// A registry with a path, without a scheme.
///
/// # Errors
/// Where it is none.
pub fn registry(text: &str) -> Result<String, String> {
    let mut parts = text.trim_end_matches('/').split('/');
    let is_good = parts.next().is_some_and(|host| HOST.is_match(host)) && parts.all(|part| COMPONENT.is_match(part));
    match is_good {
        true => Ok(text.to_owned()),
        false => {
            Err(format!("`{text}` is no registry: write one such as `registry.example.com/mirror`, without `https://`"))
        }
    }
}

/// Folders below those of the system that belong to programs.
const LENT: [&str; 7] = ["/var/lib/", "/var/data", "/var/opt/", "/var/www/", "/srv/", "/opt/", "/mnt/"];

/// Whether a folder of an image belongs to its system, so that no program may own it.
pub fn is_of_the_system(path: &str) -> bool {
    let top = path.split('/').nth(1).unwrap_or_default();
    !LENT.iter().any(|lent| path.starts_with(lent)) && SHARED.system_folders.iter().any(|system| system == top)
}

/// A folder of an image that a program may own.
///
/// # Errors
/// Where it is none.
pub fn folder(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let parts = || path.split('/').skip(1);
    let is_clean =
        path.starts_with('/') && path.chars().all(is_plain) && parts().all(|part| !["", ".", ".."].contains(&part));
    match is_clean {
        false => Err(format!("`{text}` is no folder of an image: write one such as `/app/data`")),
        true if is_of_the_system(path) => {
            Err(format!("`{text}` belongs to the image's system: write one such as `/app/data`"))
        }
        true => Ok(path.to_owned()),
    }
}

/// The name of a variable.
///
/// # Errors
/// Where it is none.
pub fn variable(text: &str) -> Result<String, String> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = text.starts_with(is_first) && text.chars().all(|c| is_first(c) || c.is_ascii_digit());
    is_name.then(|| text.to_owned()).ok_or_else(|| format!("`{text}` is no name of a variable"))
}

/// The number of a user that is not root.
///
/// # Errors
/// Where it is no such number.
pub fn uid(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|uid| (1..=LARGEST_USER).contains(uid));
    number.ok_or_else(|| format!("a user is a number from 1 to {LARGEST_USER}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_owns_no_folder_of_the_system() {
        assert_eq!(folder("/app/data/").unwrap(), "/app/data");
        assert!(folder("/var/lib/shop").is_ok() && folder("/data").is_ok());
        for text in ["data", "/", "", "/etc", "/usr/bin", "/a/../b", "/a b", "/a//b", "/a\nUSER 0"] {
            assert!(folder(text).is_err(), "{text}");
        }
        assert!(variable("NPM_TOKEN").is_ok() && variable("1A").is_err() && variable("A-B").is_err());
    }

    #[test]
    fn a_slug_is_safe_everywhere() {
        assert_eq!(slug("@Scope/My App"), "scope-my-app");
        assert_eq!(slug("x$(touch pwned)"), "x-touch-pwned");
        assert_eq!(slug("…"), "app");
    }

    #[test]
    fn platforms_are_rows() {
        assert!(platform("linux/arm/v7").is_ok() && platform("linux/amd64").is_ok());
        assert!(platform("linux/adm64").unwrap_err().contains("did you mean `linux/amd64`?"));
        assert!(platform("linux/armv7").unwrap_err().contains("did you mean `linux/arm/v7`?"));
        assert!(platform("$x").unwrap_err().contains("write one such as"));
    }

    #[test]
    fn names_follow_the_reference_grammar() {
        for good in ["a", "shop", "my_shop", "my__shop", "a.b-c--d"] {
            assert_eq!(image_name(good).as_deref(), Ok(good));
        }
        for (bad, meant) in
            [("My Shop", "my-shop"), ("ghcr.io/x/shop:1", "shop"), ("a___b", "a-b"), ("-a", "a"), ("", "app")]
        {
            let error = image_name(bad).unwrap_err();
            assert!(error.contains(&format!("did you mean `{meant}`?")), "{error}");
        }
        assert!(registry("localhost:5000").is_ok() && registry("registry.example.com/a/b/").is_ok());
        assert!(registry("https://r.io").is_err() && registry("").is_err() && registry("r.io/A").is_err());
    }

    #[test]
    fn users_have_a_range() {
        assert!(uid("1").is_ok() && uid("2147483647").is_ok());
        for wrong in ["0", "2147483648", "-1", "root", ""] {
            assert!(uid(wrong).unwrap_err().contains("from 1 to 2147483647"), "{wrong}");
        }
    }

    #[test]
    fn what_is_near_is_meant_and_what_is_far_is_not() {
        assert_eq!(nearest("nod", crate::language::ids()), Some("node"));
        assert_eq!(nearest("cobol", crate::language::ids()), None);
        let managers = crate::language::managers();
        assert!(managers.contains(&"uv") && managers.contains(&"pnpm") && managers.contains(&"maven"));
    }
}
