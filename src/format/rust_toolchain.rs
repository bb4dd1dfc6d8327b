//! `rust-toolchain.toml`, and the older `rust-toolchain`, which may hold nothing but a name.

use super::{Fault, toml_table};

/// What the file asks rustup for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RustToolchain {
    /// `1.85.0`, `stable`, `nightly-2025-06-01`; `None` where the file names a folder.
    pub channel: Option<String>,
    /// Targets beside the machine's own.
    pub targets: Vec<String>,
}

impl RustToolchain {
    /// The channel, where it is one of those that are published each day.
    pub fn nightly(&self) -> Option<&str> {
        self.channel.as_deref().filter(|channel| channel.starts_with("nightly") || channel.starts_with("beta"))
    }

    /// The release, where the channel is one: `1.85.0` and `1.85`.
    pub fn release(&self) -> Option<&str> {
        self.channel.as_deref().filter(|channel| channel.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// Reads either form. The name of a machine behind the channel is left out.
///
/// # Errors
/// Where it is neither TOML nor a name.
pub fn parse(text: &str) -> Result<RustToolchain, Fault> {
    let line = text.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !line.is_empty() && line.chars().all(is_name) {
        return Ok(RustToolchain { channel: Some(channel(line)), targets: Vec::new() });
    }
    let table = toml_table::parse(text)?;
    if !table.contains_key("toolchain") {
        return Err(Fault::new("has no `[toolchain]`", text));
    }
    Ok(RustToolchain {
        channel: toml_table::text(&table, &["toolchain", "channel"]).map(|name| channel(&name)),
        targets: toml_table::texts(&table, &["toolchain", "targets"]),
    })
}

/// `nightly-2025-06-01` of `nightly-2025-06-01-x86_64-unknown-linux-gnu`.
fn channel(name: &str) -> String {
    let is_of_channel = |(at, part): &(usize, &str)| *at == 0 || part.starts_with(|c: char| c.is_ascii_digit());
    let parts: Vec<&str> = name.split('-').enumerate().take_while(is_of_channel).map(|(_, part)| part).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms() {
        for (text, release, nightly) in [
            ("1.85.0\n", Some("1.85.0"), None),
            ("stable\n", None, None),
            ("nightly-2025-06-01-x86_64-unknown-linux-gnu", None, Some("nightly-2025-06-01")),
            ("beta", None, Some("beta")),
            ("[toolchain]\nchannel = \"1.85\"\ncomponents = [\"clippy\"]\n", Some("1.85"), None),
            ("[toolchain]\npath = \"../rust\"\n", None, None),
        ] {
            let read = parse(text).unwrap();
            assert_eq!((read.release(), read.nightly()), (release, nightly), "{text}");
        }
        let read = parse("[toolchain]\nchannel = \"stable\"\ntargets = [\"wasm32-unknown-unknown\"]\n").unwrap();
        assert_eq!((read.channel.as_deref(), &read.targets[0][..]), (Some("stable"), "wasm32-unknown-unknown"));
    }

    #[test]
    fn what_is_none() {
        assert_eq!(parse("[x]\n").unwrap_err().what, "has no `[toolchain]`");
        parse("a b\n").unwrap_err();
        parse("").unwrap_err();
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,60}") {
            let _ = parse(&text);
        }
    }
}
