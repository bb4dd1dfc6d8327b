//! C libraries that sources of the repository link with: their `#cgo` lines.

use crate::facts::{Evidence, Fact, Kind, Strength};

use super::catalog::CATALOG;

/// The names of the libraries in the `#cgo` lines of a file that hold on Linux, each with its line.
pub fn links(path: &str, text: &str) -> Vec<(String, Evidence)> {
    let lines = text.lines().filter_map(|line| Some((line, uncommented(line).strip_prefix("#cgo ")?)));
    let of_line = |(line, rest): (&str, &str)| -> Vec<(String, Evidence)> {
        let Some((head, flags)) = rest.split_once(": ").filter(|_| !rest.contains("${SRCDIR}")) else {
            return Vec::new();
        };
        let mut head: Vec<&str> = head.split_whitespace().collect();
        let of_packages = match head.pop() {
            Some("pkg-config") => true,
            Some("LDFLAGS") => false,
            _ => return Vec::new(),
        };
        let words = flags.split_whitespace().filter_map(|word| match of_packages {
            true => (!word.starts_with('-')).then_some(word),
            false => word.strip_prefix("-l"),
        });
        let evidence = Evidence::new(path, line.trim(), Strength::Stated);
        words.filter(|_| is_here(&head)).map(|word| (word.to_owned(), evidence.clone())).collect()
    };
    lines.flat_map(of_line).collect()
}

/// A line of a comment without what begins it.
fn uncommented(line: &str) -> &str {
    line.trim_start().trim_start_matches("//").trim_start()
}

/// Whether a line with these constraints holds on Linux. What else they ask for is taken as given.
fn is_here(constraints: &[&str]) -> bool {
    let mut words = constraints.iter().flat_map(|word| word.split(','));
    constraints.is_empty() || words.any(|word| word == "linux" || (word.starts_with('!') && word != "!linux"))
}

/// The name of a library without what says that it is one, and without its version: `libusb-1.0` is `usb`.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix("lib").unwrap_or(name);
    match name.rsplit_once('-') {
        Some((plain, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => plain,
        _ => name,
    }
}

/// What follows from these libraries: packages, or a word where no package is known.
pub fn facts<'a>(links: impl Iterator<Item = &'a (String, Evidence)>) -> Vec<Fact> {
    let kinds = |(name, evidence): &(String, Evidence)| -> Vec<Fact> {
        let known = CATALOG.libraries.get(name).or_else(|| CATALOG.libraries.get(plain(name)));
        let kinds = match known.map(Vec::as_slice) {
            Some([build, run]) => vec![
                Kind::Package(build.clone()),
                Kind::Need("libc".to_owned(), "it compiles C".to_owned()),
                Kind::Need(format!("package:{run}"), format!("its C code links with `{name}`")),
            ],
            Some(_) => Vec::new(),
            None => vec![Kind::Warning(format!(
                "its C code links with `{name}`, and which package has it is not known: say what the build needs with `dockgen config set build.packages PACKAGE`, and what the program needs with `run.packages`"
            ))],
        };
        kinds.into_iter().map(|kind| Fact::from_evidence(kind, evidence.clone())).collect()
    };
    links.flat_map(kinds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_linux_and_their_packages() {
        let said = |line: &str| {
            let found = links("a.go", &format!("package a\n\n/*\n{line}\n*/\nimport \"C\"\n"));
            facts(found.iter()).iter().map(|fact| fact.kind.to_string()).collect::<Vec<_>>().join("; ")
        };
        let vips = "is built with the package libvips-dev; needs libc: it compiles C; needs package:libvips42t64: its C code links with `vips`";
        for (line, expected) in [
            ("#cgo pkg-config: vips", vips),
            ("#cgo linux,amd64 pkg-config: --static vips", vips),
            ("#cgo !windows LDFLAGS: -L/usr/lib -lvips -lm", vips),
            ("#cgo darwin LDFLAGS: -lvips", ""),
            ("#cgo !linux pkg-config: vips", ""),
            ("#cgo CFLAGS: -lvips", ""),
            ("#cgo LDFLAGS: -L${SRCDIR}/lib -lvips", ""),
            (
                "#cgo pkg-config: libusb-1.0",
                "is built with the package libusb-1.0-0-dev; needs libc: it compiles C; needs package:libusb-1.0-0: its C code links with `libusb-1.0`",
            ),
        ] {
            assert_eq!(said(line), expected, "{line}");
        }
        assert!(said("#cgo LDFLAGS: -lodd").starts_with("to know: its C code links with `odd`"));
    }
}
