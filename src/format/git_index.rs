//! `.git/index`: the paths of the files that git tracks, in the versions 2 to 4 of its format.

use super::Fault;

/// The bytes of an entry before its path: what the system says of the file, a hash, flags.
const HEAD: usize = 62;

/// Where the kind of the file stands in them, and the flags.
const MODE: usize = 24;
const FLAGS: usize = 60;

/// The hash of everything, which stands at the end.
const HASH: usize = 20;

/// Kinds that are no files: a folder of a sparse index, and a repository in this one.
const FOLDERS: [u8; 2] = [0x4, 0xe];

/// Hands out every path, in git's order, which is that of bytes. Paths that are no UTF-8 are left out.
///
/// # Errors
/// Bytes that are no index, one of another version, and one that is only a part of another.
pub fn parse(bytes: &[u8], mut each: impl FnMut(&str)) -> Result<(), Fault> {
    let fault = |what: &str| Fault::new(what, "");
    let body = bytes.get(..bytes.len().saturating_sub(HASH)).unwrap_or_default();
    let (mut reader, mut path) = (Reader { body, at: 0 }, Vec::new());
    if reader.take(4) != Some(b"DIRC") {
        return Err(fault("is no index of git"));
    }
    let version = reader.number().filter(|version| (2..=4).contains(version));
    let version = version.ok_or_else(|| fault("is an index of git in a version that dockgen does not read"))?;
    let count = reader.number().unwrap_or_default();
    for _ in 0..count {
        let kind = reader.entry(version, &mut path).ok_or_else(|| fault("is an index of git that ends too early"))?;
        if let Some(path) = std::str::from_utf8(&path).ok().filter(|_| !FOLDERS.contains(&kind)) {
            each(path);
        }
    }
    match reader.is_a_part() {
        true => Err(fault("is split (`core.splitIndex`), and dockgen reads whole ones only")),
        false => Ok(()),
    }
}

struct Reader<'b> {
    body: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.body.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Puts the path of the next entry in place of the last one; the kind of the file.
    fn entry(&mut self, version: u32, path: &mut Vec<u8>) -> Option<u8> {
        let start = self.at;
        let head = self.take(HEAD)?;
        let (mode, flags) = (*head.get(MODE + 2)?, *head.get(FLAGS)?);
        if flags & 0x40 != 0 && version > 2 {
            self.take(2)?;
        }
        let kept = if version == 4 { path.len().checked_sub(self.shortened()?)? } else { 0 };
        path.truncate(kept);
        let length = self.body.get(self.at..)?.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(self.take(length)?);
        // Older versions fill up to eight bytes, with at least one.
        let filled = (self.at - start + 8) / 8 * 8;
        self.at = if version == 4 { self.at + 1 } else { start + filled };
        Some(mode >> 4)
    }

    /// How many bytes of the path before are not of this one.
    fn shortened(&mut self) -> Option<usize> {
        let mut byte = *self.take(1)?.first()?;
        let mut count = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = *self.take(1)?.first()?;
            count = count.checked_add(1)?.checked_mul(0x80)?.checked_add(usize::from(byte & 0x7f))?;
        }
        Some(count)
    }

    /// Whether an extension names another index, which has the rest.
    fn is_a_part(&mut self) -> bool {
        while let Some((name, length)) = self.take(4).zip(self.number()) {
            if name == b"link" {
                return true;
            }
            if self.take(usize::try_from(length).unwrap_or(usize::MAX)).is_none() {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An entry of version 2, or of version 4 with the count of bytes that the path before loses.
    fn entry(kind: u8, path: &str, shortened: Option<u8>) -> Vec<u8> {
        let mut bytes = vec![0; HEAD];
        bytes[MODE + 2] = kind << 4;
        bytes.extend(shortened);
        bytes.extend(path.as_bytes());
        bytes.push(0);
        while shortened.is_none() && !bytes.len().is_multiple_of(8) {
            bytes.push(0);
        }
        bytes
    }

    fn index(version: u8, entries: &[Vec<u8>], extension: &[u8]) -> Vec<u8> {
        let head = [b"DIRC".as_slice(), &[0, 0, 0, version], &(entries.len() as u32).to_be_bytes()].concat();
        [head, entries.concat(), extension.to_vec(), vec![0; HASH]].concat()
    }

    fn paths(bytes: &[u8]) -> Result<String, String> {
        let mut paths = Vec::new();
        parse(bytes, |path| paths.push(path.to_owned())).map(|()| paths.join(" ")).map_err(|fault| fault.what)
    }

    #[test]
    fn versions_have_their_paths() {
        let of_2 =
            [entry(8, "a/b.go", None), entry(8, "abcdefgh", None), entry(10, "link", None), entry(14, "sub", None)];
        let extension = [b"TREE".as_slice(), &[0, 0, 0, 2], b"xx"].concat();
        assert_eq!(paths(&index(2, &of_2, &extension)).unwrap(), "a/b.go abcdefgh link");
        let mut long = entry(8, "x/y", None);
        long[FLAGS] = 0x40;
        long.splice(HEAD..HEAD, [0, 0]);
        long.truncate(HEAD + 2 + 3 + 5);
        assert_eq!(paths(&index(3, &[long, entry(8, "z", None)], &[])).unwrap(), "x/y z");
        let of_4 = [entry(8, "src/a.rs", Some(0)), entry(8, "b.rs", Some(4)), entry(4, "c", Some(4))];
        assert_eq!(paths(&index(4, &of_4, &[])).unwrap(), "src/a.rs src/b.rs");
    }

    #[test]
    fn what_is_none_is_said() {
        let one = [entry(8, "a", None)];
        let link = [b"link".as_slice(), &[0, 0, 0, 1], b"x"].concat();
        for (bytes, said) in [
            (b"x".to_vec(), "is no index"),
            (index(5, &one, &[]), "version"),
            (index(2, &one, &[])[..40].to_vec(), "too early"),
            (index(4, &[entry(8, "a", Some(9))], &[]), "too early"),
            (index(2, &one, &link), "is split"),
        ] {
            assert!(paths(&bytes).unwrap_err().contains(said), "{said}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(version in 2..5_u8, body in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = paths(&body);
            let _ = paths(&[b"DIRC".as_slice(), &[0, 0, 0, version, 0xff, 0xff, 0xff, 0xff], &body].concat());
        }
    }
}
