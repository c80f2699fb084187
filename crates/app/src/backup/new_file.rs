//! A file that appears under its name when it is whole, never over another one, and only for its owner. Until then it is beside its
//! place, with the ending `.partial`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use crate::temporary::{self, Temporary};

/// A file that is being written. It is removed if it is dropped before [`keep`](Self::keep), or if a signal ends the process.
pub(crate) struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    is_kept: bool,
    _temporary: Temporary,
}

impl NewFile {
    /// Begins the file of that name.
    ///
    /// # Errors
    /// If there is such a file, or another process is writing one, or the folder can't be written. `-` is refused: it looks like standard
    /// output, and would become a file of that name.
    pub(crate) fn create(path: &Path) -> anyhow::Result<(Self, File)> {
        if path == Path::new("-") {
            bail!("`-` is not a file: name one");
        }
        if path.symlink_metadata().is_ok() {
            bail!("{} exists, and is not overwritten: name another file", path.display());
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let open = || -> io::Result<_> {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
            Ok((partial.clone(), file))
        };
        let (temporary, file) = temporary::create(open).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                anyhow!("{} exists: another process writes it, or one was interrupted; remove it if none runs", partial.display())
            }
            _ => anyhow::Error::new(error).context(format!("can't create {}", path.display())),
        })?;
        Ok((Self { path: path.to_owned(), partial, is_kept: false, _temporary: temporary }, file))
    }

    /// Gives the file its name once it is on the disk, and returns its length in bytes.
    ///
    /// # Errors
    /// If the disk fails, or the name was taken meanwhile.
    pub(crate) fn keep(mut self, file: &File) -> anyhow::Result<u64> {
        let lost = || format!("can't write {}", self.partial.display());
        file.sync_all().with_context(lost)?;
        let bytes = file.metadata().with_context(lost)?.len();
        // Unlike a new name, a link is never made over another file. Some file systems have none.
        match fs::hard_link(&self.partial, &self.path) {
            Ok(()) => fs::remove_file(&self.partial).with_context(lost)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                bail!("{} exists by now, and is not overwritten: name another file", self.path.display())
            }
            Err(_) => fs::rename(&self.partial, &self.path).with_context(lost)?,
        }
        self.is_kept = true;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| format!("can't write {}", folder.display()))?;
        Ok(bytes)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // A leftover is named by the next attempt.
            fs::remove_file(&self.partial).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_when_it_is_whole_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup");
        let (new, mut file) = NewFile::create(&path).unwrap();
        file.write_all(b"whole").unwrap();
        assert_eq!(names(folder.path()), ["backup.partial"]);
        assert_eq!(new.keep(&file).unwrap(), 5);
        assert_eq!(names(folder.path()), ["backup"]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_file_in_a_missing_folder_is_named_as_it_was_asked_for() {
        let path = tempfile::tempdir().unwrap().path().join("none").join("backup");
        let refused = NewFile::create(&path).map(drop).unwrap_err();
        assert_eq!(refused.to_string(), format!("can't create {}", path.display()));
    }

    #[test]
    fn an_existing_file_is_never_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup");
        let (new, file) = NewFile::create(&path).unwrap();
        fs::write(&path, "older").unwrap();
        assert!(NewFile::create(&path).map(drop).unwrap_err().to_string().contains("not overwritten"));
        assert!(new.keep(&file).unwrap_err().to_string().contains("not overwritten"));
        assert_eq!((names(folder.path()), fs::read(&path).unwrap()), (vec!["backup".to_owned()], b"older".to_vec()));
    }

    #[test]
    fn what_was_not_finished_goes_and_two_processes_do_not_write_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup");
        let (new, _file) = NewFile::create(&path).unwrap();
        assert!(NewFile::create(&path).map(drop).unwrap_err().to_string().contains("another process"));
        drop(new);
        assert_eq!(names(folder.path()), [""; 0]);
    }
}
