//! Files and folders that a command removes when it ends, also when a signal ends it. Only SIGKILL and a loss of power leave them behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

static PATHS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A file or folder that a signal removes, until this is dropped.
pub(crate) struct Temporary(PathBuf);

/// Makes a file or folder, and remembers its path. A signal comes before or after both.
///
/// # Errors
/// What `make` fails with.
pub(crate) fn create<T, E>(make: impl FnOnce() -> Result<(PathBuf, T), E>) -> Result<(Temporary, T), E> {
    let mut paths = lock();
    let (path, value) = make()?;
    paths.insert(path.clone());
    Ok((Temporary(path), value))
}

/// Removes all of them before the process exits. Other threads that make or drop one wait from now on.
pub(crate) fn remove_all() {
    let paths = lock();
    remove(&paths);
    std::mem::forget(paths);
}

fn lock() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PATHS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove(paths: &BTreeSet<PathBuf>) {
    for path in paths {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        // The process ends: the next attempt names what is left.
        removed.ok();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        lock().remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_removed_with_all_that_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let (file, full) = (folder.path().join("okul.partial"), folder.path().join("full"));
        fs::write(&file, "half").unwrap();
        fs::create_dir(&full).unwrap();
        fs::write(full.join("scratch.sqlite"), "half").unwrap();
        remove(&BTreeSet::from([file, full, folder.path().join("gone")]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_path_is_known_until_it_is_dropped() {
        let path = PathBuf::from("a path of no file");
        let (temporary, ()) = create(|| Ok::<_, ()>((path.clone(), ()))).unwrap();
        assert!(lock().contains(&path));
        drop(temporary);
        assert!(!lock().contains(&path));
        assert!(create(|| Err::<(PathBuf, ()), _>("full")).is_err());
    }
}
