//! Judges the machine: the folder and the file of SQLite, the disk below them, and the limit of descriptors.

use std::fs::metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, absolute};

use rustix::fs::{Access, access, statvfs};
use rustix::process::{Resource, getrlimit};

use super::report::Finding;
use crate::config::Config;

const MIB: u64 = 1024 * 1024;

/// The free space below which writes are about to fail, and the one that is worth a word. In bytes.
const LITTLE_SPACE: u64 = 64 * MIB;
const SOME_SPACE: u64 = 512 * MIB;

/// The rights of the group and of other users.
const OF_OTHERS: u32 = 0o077;

/// The folder, the file and the disk of an SQLite database.
pub(super) fn judge_place_of_file(file: &Path) -> Vec<Finding> {
    let file = absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(&file);
    // The service creates folders that are missing.
    let existing = folder.ancestors().find(|place| place.exists()).unwrap_or(folder);
    let mut findings = vec![judge_folder(existing), judge_space(existing, free_bytes(existing))];
    if let Ok(found) = metadata(&file) {
        let is_usable = access(file.as_path(), Access::READ_OK | Access::WRITE_OK).is_ok();
        findings.push(judge_rights(&file, found.mode(), is_usable));
    }
    findings
}

fn judge_folder(folder: &Path) -> Finding {
    const CHECK: &str = "data_folder";
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Finding::ok(CHECK, format!("{} can be written", folder.display())),
        Err(error) => Finding::problem(
            CHECK,
            format!("{} can't be written: {}", folder.display(), std::io::Error::from(error)),
            "give the folder to the user of the service, or name another in data_dir",
        ),
    }
}

/// The bytes that a process without special rights may still write.
fn free_bytes(folder: &Path) -> Option<u64> {
    statvfs(folder).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn judge_space(folder: &Path, free: Option<u64>) -> Finding {
    const CHECK: &str = "disk";
    let Some(free) = free else {
        return Finding::warning(CHECK, format!("can't tell how much space {} has", folder.display()), "look with `df`");
    };
    let found = format!("{} has {} MiB left", folder.display(), free / MIB);
    let fix = "make room on the disk, or move the data to another";
    match free {
        0..LITTLE_SPACE => Finding::problem(CHECK, found, fix),
        LITTLE_SPACE..SOME_SPACE => Finding::warning(CHECK, found, fix),
        _ => Finding::ok(CHECK, found),
    }
}

fn judge_rights(file: &Path, mode: u32, is_usable: bool) -> Finding {
    const CHECK: &str = "database_file";
    let (shown, mode) = (file.display(), mode & 0o7777);
    if !is_usable {
        return Finding::problem(
            CHECK,
            format!("{shown} can't be read and written (mode {mode:o})"),
            "give the file to the user of the service, with mode 600",
        );
    }
    if mode & OF_OTHERS != 0 {
        return Finding::warning(
            CHECK,
            format!("other users may use {shown} (mode {mode:o}), which holds all data"),
            format!("chmod 600 {shown}"),
        );
    }
    Finding::ok(CHECK, format!("{shown} is for its owner alone"))
}

/// Whether the process may open as many connections as the settings say.
pub(super) fn judge_descriptors(config: &Config) -> Finding {
    descriptors(config, getrlimit(Resource::Nofile).maximum)
}

fn descriptors(config: &Config, limit: Option<u64>) -> Finding {
    const CHECK: &str = "descriptors";
    let (wanted, allowed) = (config.http.max_connections, config.server(limit).connections.in_all);
    if allowed < wanted {
        return Finding::warning(
            CHECK,
            format!("the limit of open files leaves {allowed} client connections of http.max_connections = {wanted}"),
            "raise the hard limit (LimitNOFILE= of systemd, --ulimit nofile= of containers), or lower http.max_connections",
        );
    }
    Finding::ok(CHECK, format!("the limit of open files is enough for {wanted} client connections"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;

    #[test]
    fn space_is_judged_by_what_is_left() {
        let state = |mib: u64| judge_space(Path::new("/data"), Some(mib * MIB)).state;
        assert_eq!(
            [state(0), state(63), state(64), state(511), state(512)],
            [State::Problem, State::Problem, State::Warning, State::Warning, State::Ok]
        );
        assert_eq!(judge_space(Path::new("/data"), None).state, State::Warning);
        assert!(free_bytes(Path::new("/")).is_some());
    }

    #[test]
    fn a_file_is_for_its_owner_alone() {
        let state = |mode, is_usable| judge_rights(Path::new("/data/derslik.sqlite"), mode, is_usable).state;
        assert_eq!(state(0o100_600, true), State::Ok);
        assert_eq!(state(0o100_640, true), State::Warning);
        assert_eq!(state(0o100_604, true), State::Warning);
        assert_eq!(state(0o100_400, false), State::Problem);
    }

    #[test]
    fn a_missing_folder_is_judged_by_the_nearest_one_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let findings = judge_place_of_file(&folder.path().join("new/deep/derslik.sqlite"));
        assert!(findings.iter().all(|finding| finding.state != State::Problem), "{findings:?}");
        assert!(findings[0].found.contains(&*folder.path().to_string_lossy()), "{findings:?}");
        assert!(!folder.path().join("new").exists());
        assert_eq!(judge_folder(Path::new("/proc/self/none")).state, State::Problem);
    }

    #[test]
    fn few_descriptors_are_worth_a_word() {
        assert_eq!(descriptors(&Config::default(), Some(1_024)).state, State::Warning);
        assert_eq!(descriptors(&Config::default(), Some(1_048_576)).state, State::Ok);
        assert_eq!(descriptors(&Config::default(), None).state, State::Ok);
    }
}
