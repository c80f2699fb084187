//! Why a folder can't be written to, and how to fix it.

use std::fs::{DirBuilder, Metadata, OpenOptions, metadata, remove_file};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, absolute};

/// The reason why no file can be created in `folder`, or `None` if one can.
pub(super) fn why_not_writable(folder: &Path) -> Option<String> {
    let folder = absolute(folder).unwrap_or_else(|_| folder.to_owned());
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
