#![expect(clippy::disallowed_methods, reason = "tests look at what was written")]

use std::fs;

use super::*;

/// What stands below a root, and the names of dockgen's own things there.
fn texts(root: &Path) -> (String, bool) {
    let text = |path| fs::read_to_string(root.join(path)).unwrap_or_else(|_| "-".to_owned());
    ([text("a"), text("deep/b"), text("c")].join(" "), root.join(FOLDER).exists())
}

/// A repository in which `a` and `c` are old and `deep/b` is not there, and a run that is killed after `done` files.
fn interrupted(done: usize) -> (tempfile::TempDir, Journal) {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a"), "old").unwrap();
    fs::write(root.path().join("c"), "old").unwrap();
    let work = Work { root: root.path(), folder: root.path().join(FOLDER) };
    let journal = work.stage(&[("a", "new1"), ("deep/b", "new2"), ("c", "new3")]).unwrap();
    create(&work.journal(), &journal.text()).unwrap();
    make_folders(root.path(), &journal).unwrap();
    for (index, step) in journal.file.iter().enumerate().take(done) {
        work.put(index, step).unwrap();
    }
    (root, journal)
}

#[test]
fn all_or_none() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[("a", "1"), ("deep/b", "2")]).unwrap();
    assert_eq!(texts(root.path()), ("1 2 -".to_owned(), false));
    fs::create_dir(root.path().join("folder")).unwrap();
    for bad in ["folder", "a/below"] {
        let error = write(root.path(), &[("a", "changed"), ("new/c", "3"), (bad, "x")]).unwrap_err();
        assert!(error.what.contains("nothing was changed") && error.what.contains(bad), "{error}");
        assert_eq!(texts(root.path()), ("1 2 -".to_owned(), false));
        assert!(!root.path().join("new").exists());
    }
}

#[test]
fn an_interrupted_run_is_taken_back_wherever_it_stood() {
    for done in 0..=3 {
        let (root, _) = interrupted(done);
        assert!(is_open(root.path()));
        assert!(recover(root.path()).unwrap().unwrap().contains("taken back"));
        assert_eq!(texts(root.path()), ("old - old".to_owned(), false), "{done}");
        assert!(!root.path().join("deep").exists());
        assert_eq!(recover(root.path()).unwrap(), None);
    }
}

#[test]
fn a_file_that_is_moved_aside_gets_its_name_back() {
    let (root, _) = interrupted(0);
    fs::rename(root.path().join("a"), root.path().join(FOLDER).join("0.old")).unwrap();
    recover(root.path()).unwrap();
    assert_eq!(texts(root.path()), ("old - old".to_owned(), false));
}

#[test]
fn what_somebody_edited_since_stays() {
    // A new file was edited: the run is finished around it.
    let (root, _) = interrupted(1);
    fs::write(root.path().join("a"), "new1, edited").unwrap();
    assert!(recover(root.path()).unwrap().unwrap().contains("complete"));
    assert_eq!(texts(root.path()), ("new1, edited new2 new3".to_owned(), false));
    // A file that was still to come was edited: the run is taken back around it.
    let (root, _) = interrupted(2);
    fs::write(root.path().join("c"), "old, edited").unwrap();
    assert!(recover(root.path()).unwrap().unwrap().contains("taken back"));
    assert_eq!(texts(root.path()), ("old - old, edited".to_owned(), false));
    // Both.
    let (root, _) = interrupted(2);
    fs::write(root.path().join("a"), "new1, edited").unwrap();
    fs::write(root.path().join("c"), "old, edited").unwrap();
    recover(root.path()).unwrap();
    assert_eq!(texts(root.path()), ("new1, edited - old, edited".to_owned(), false));
}

#[test]
fn a_journal_from_elsewhere_moves_nothing() {
    let (root, journal) = interrupted(1);
    let other = tempfile::tempdir().unwrap();
    fs::create_dir(other.path().join(FOLDER)).unwrap();
    fs::write(other.path().join("a"), "mine").unwrap();
    fs::write(other.path().join(FOLDER).join("0.new"), "theirs").unwrap();
    fs::write(other.path().join(FOLDER).join("journal"), journal.text()).unwrap();
    recover(other.path()).unwrap();
    assert_eq!(texts(other.path()), ("mine - -".to_owned(), false));
    fs::write(root.path().join(FOLDER).join("journal"), "format = 1\n").unwrap();
    assert!(recover(root.path()).unwrap_err().what.contains("journal"));
}

#[test]
fn what_earlier_versions_left_is_swept() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join(".github/workflows")).unwrap();
    for name in [".dockgen-aB3xYz", ".github/workflows/.dockgen-000000", ".dockgen-mine", ".dockgen-a.b.cd"] {
        fs::write(root.path().join(name), "").unwrap();
    }
    assert_eq!(recover(root.path()).unwrap(), None);
    let is_there = |name: &str| root.path().join(name).exists();
    assert!(!is_there(".dockgen-aB3xYz") && !is_there(".github/workflows/.dockgen-000000"));
    assert!(is_there(".dockgen-mine") && is_there(".dockgen-a.b.cd"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_repository_only_and_modes_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = |path: &str| root.path().join(path);
    fs::create_dir(at("docker")).unwrap();
    fs::write(at("docker/a"), "old").unwrap();
    fs::set_permissions(at("docker/a"), fs::Permissions::from_mode(0o664)).unwrap();
    symlink("docker/a", at("a")).unwrap();
    write(root.path(), &[("a", "new")]).unwrap();
    assert!(at("a").is_symlink());
    assert_eq!(fs::read_to_string(at("docker/a")).unwrap(), "new");
    assert_eq!(at("docker/a").metadata().unwrap().permissions().mode() & 0o777, 0o664);
    symlink(other.path().join("x"), at("Dockerfile")).unwrap();
    symlink(other.path(), at(".github")).unwrap();
    symlink("nothing", at("b")).unwrap();
    for (path, what) in [("Dockerfile", "to nothing"), (".github/workflows/x.yml", "leads out"), ("b", "to nothing")] {
        assert!(write(root.path(), &[(path, "1")]).unwrap_err().what.contains(what), "{path}");
    }
    symlink(other.path(), at(FOLDER)).unwrap();
    assert!(recover(root.path()).unwrap_err().what.contains("`.dockgen` is not a folder"));
}
