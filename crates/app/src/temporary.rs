//! Files and folders that a command removes when it ends, also when a signal ends it. Only SIGKILL and a loss of power leave them behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often the removal of a folder is tried.
const ATTEMPTS: usize = 10;

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

/// Keeps the process from removing them while the guard lives. Once it removes them, this waits for its end.
pub(crate) fn hold() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    lock()
}

/// Whether a file is in one of them.
pub(crate) fn has(file: &Path) -> bool {
    lock().iter().any(|path| file.starts_with(path))
}

fn lock() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PATHS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove(paths: &BTreeSet<PathBuf>) {
    for path in paths {
        if path.is_dir() {
            remove_folder(path);
        } else {
            // The process ends: the next attempt names what is left.
            fs::remove_file(path).ok();
        }
    }
}

/// Removes a folder. Other threads still run, such as one that opens a database in it, and a file that they make while the folder is
/// emptied would keep it. So the folder first gets a name that they do not know. A file that was being made at that moment may still
/// appear, and a new connection may make the folder again, so both are looked for afterwards.
fn remove_folder(path: &Path) {
    let mut hidden = path.to_owned().into_os_string();
    hidden.push(".removed");
    let hidden = PathBuf::from(hidden);
    for _ in 0..ATTEMPTS {
        let is_hidden = fs::rename(path, &hidden).is_ok() || !path.exists();
        // The process ends: the next attempt names what is left.
        fs::remove_dir_all(if is_hidden { hidden.as_path() } else { path }).ok();
        if !path.exists() && !hidden.exists() {
            break;
        }
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
    fn a_folder_is_removed_while_files_are_made_in_it() {
        for _ in 0..20 {
            let parent = tempfile::tempdir().unwrap();
            let folder = parent.path().join("derslik-0");
            fs::create_dir(&folder).unwrap();
            let (writing, written) = std::sync::mpsc::channel();
            let used = folder.clone();
            // It goes on until it finds no folder, as a thread that opens a database does.
            let writer = std::thread::spawn(move || {
                for number in 0_u32.. {
                    if fs::write(used.join(number.to_string()), "half").is_err() {
                        break;
                    }
                    writing.send(()).ok();
                }
            });
            for _ in 0..100 {
                written.recv().unwrap();
            }
            remove(&BTreeSet::from([folder]));
            writer.join().unwrap();
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        }
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
