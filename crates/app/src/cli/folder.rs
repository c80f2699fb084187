//! The data folder: a temporary one, or why one can't be written to and how to fix that.

use std::fs::{DirBuilder, Metadata, OpenOptions, metadata, remove_file, symlink_metadata};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, absolute};

use anyhow::{Context, anyhow};
use tempfile::TempDir;

use super::Failure;
use crate::config::{DatabaseFlags, Flags};
use crate::temporary::{self, Temporary};

/// A temporary data folder. It is removed when this is dropped, or when a signal ends the process.
pub(super) struct TemporaryFolder {
    _known: Temporary,
    _folder: TempDir,
}

/// Makes a temporary folder, and has it hold all data, the database included.
pub(super) fn use_temporary(flags: &mut Flags) -> Result<TemporaryFolder, Failure> {
    if flags.data_dir.is_some() || flags.database_url.is_some() {
        return Err(Failure::Usage(anyhow!("--temporary has a data folder of its own: leave --data-dir and --database-url out")));
    }
    let made = temporary::create(|| -> std::io::Result<_> {
        let folder = tempfile::Builder::new().prefix("derslik-").tempdir()?;
        Ok((folder.path().to_owned(), folder))
    });
    let (known, folder) = made.context("a temporary data folder can't be made").map_err(Failure::Other)?;
    flags.data_dir = Some(folder.path().to_owned());
    flags.database_url = Some(format!("sqlite://{}", folder.path().join("derslik.sqlite").display()));
    // The data is not read after a loss of power, so commits do not wait for the disk.
    flags.database = Some(DatabaseFlags { sqlite_full_sync: false });
    Ok(TemporaryFolder { _known: known, _folder: folder })
}

/// The reason why no file can be created in `folder`, or `None` if one can.
pub(super) fn why_not_writable(folder: &Path) -> Option<String> {
    let folder = absolute(folder).unwrap_or_else(|_| folder.to_owned());
    if let Some(reason) = why_not_followed(&folder) {
        return Some(reason);
    }
    // A start that fails because a temporary folder is being removed must not make it again.
    let _held = temporary::hold();
    let probe = folder.join(format!(".derslik-probe-{}", std::process::id()));
    let create = || {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        OpenOptions::new().write(true).create_new(true).open(&probe)
    };
    let error = create().err();
    if error.is_none() {
        // The probe file is empty, so a leftover does no harm.
        remove_file(&probe).ok();
    }
    error.map(|error| format!("the data folder {} can't be written ({error}){}", folder.display(), whose(&folder)))
}

/// The reason why a folder that is a link can't be entered. systemd makes such a link for a service with `DynamicUser`.
fn why_not_followed(folder: &Path) -> Option<String> {
    let is_link = symlink_metadata(folder).is_ok_and(|found| found.is_symlink());
    let error = metadata(folder).err().filter(|_| is_link)?;
    let shown = folder.display();
    Some(format!("the data folder {shown} is a link to a folder that this user can't enter ({error}); run this as the user of the service"))
}

/// The reason why an existing file can't be read and written. `None` if it can, or if there is no such file.
pub(super) fn why_file_not_writable(file: &Path) -> Option<String> {
    let owned = metadata(file).ok()?;
    let error = OpenOptions::new().read(true).write(true).open(file).err()?;
    Some(format!(
        "the file can't be read and written ({error}): it {}; give it to the user who runs this, with mode 600",
        ownership(&owned)
    ))
}

/// Names the owner of the folder, or of its nearest existing parent, and the user of this process.
fn whose(folder: &Path) -> String {
    let Some((existing, owned)) = folder.ancestors().find_map(|place| metadata(place).ok().map(|found| (place, found))) else {
        return String::new();
    };
    if !owned.is_dir() {
        return format!(": {} is not a folder; name another with --data-dir", existing.display());
    }
    let process = metadata("/proc/self").map_or_else(|_| String::new(), |process| format!(", and this process is user {}", process.uid()));
    format!(": {} {}{process}; give the folder to that user, or name another with --data-dir", existing.display(), ownership(&owned))
}

fn ownership(found: &Metadata) -> String {
    format!("belongs to user {} (mode {:o})", found.uid(), found.mode() & 0o7777)
}

#[cfg(test)]
mod tests {
    use super::super::operator::testing::code_and_text;
    use super::*;

    #[test]
    fn a_temporary_folder_holds_the_database_until_the_end() {
        let mut flags = Flags::default();
        let folder = use_temporary(&mut flags).map_err(code_and_text).unwrap();
        let data_dir = flags.data_dir.unwrap();
        assert_eq!(flags.database_url.unwrap(), format!("sqlite://{}/derslik.sqlite", data_dir.display()));
        assert_eq!(flags.database, Some(DatabaseFlags { sqlite_full_sync: false }));
        let database = data_dir.join("derslik.sqlite");
        std::fs::write(&database, "data").unwrap();
        assert!(temporary::has(&database) && !temporary::has(Path::new("/derslik.sqlite")));
        drop(folder);
        assert!(!data_dir.exists());
    }

    #[test]
    fn a_temporary_folder_is_not_combined_with_a_named_database() {
        let mut flags = Flags { database_url: Some("postgres://okul".to_owned()), ..Flags::default() };
        let (code, text) = use_temporary(&mut flags).map(drop).map_err(code_and_text).unwrap_err();
        assert!(code == 2 && text.contains("--temporary"), "{text}");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_told_from_a_folder_that_can_be_made() {
        let place = tempfile::tempdir().unwrap();
        let (link, new) = (place.path().join("link"), place.path().join("new"));
        std::os::unix::fs::symlink(place.path().join("private"), &link).unwrap();
        let reason = why_not_writable(&link).unwrap();
        assert!(reason.contains("is a link to a folder that this user can't enter"), "{reason}");
        assert_eq!(why_not_writable(&new), None);
    }
}
