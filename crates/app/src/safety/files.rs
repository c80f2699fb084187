//! Files with secrets that other users of the machine can read.

use std::fs::{Metadata, canonicalize, metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::{Purpose, Violation};
use crate::config::{Loaded, credentials_folder};

/// The folder in which container engines mount secrets, readable by all users of the container.
const MOUNTED_SECRETS: &str = "/run/secrets";

/// The bits of a mode with all rights of others, and those of the group but reading.
const FOR_OTHERS_BUT_READING_BY_THE_GROUP: u32 = 0o037;

/// Each file with a secret that others can read. A file that is gone was reported by the code that reads it.
pub(super) fn readable(loaded: &Loaded, purpose: Purpose) -> Vec<Violation> {
    let config = &loaded.config;
    let of_settings = loaded.origins.secret_files().iter().map(|file| (file.setting, file.path.as_path()));
    let of_database = config.database().ok().and_then(|url| url.key_file());
    let of_database = of_database.iter().map(|key| ("database_url", key.as_path()));
    let of_tls = config.tls_key.iter().filter(|_| purpose == Purpose::Serve).map(|key| ("tls_key", key.as_path()));
    let protected = protected_folders(loaded.origins.credentials_folder());
    let user = geteuid().as_raw();
    of_settings.chain(of_database).chain(of_tls).filter_map(|(setting, path)| problem_of(setting, path, &protected, user)).collect()
}

/// The folders that an engine or systemd guards.
fn protected_folders(credentials: Option<&Path>) -> Vec<PathBuf> {
    let named = [Some(Path::new(MOUNTED_SECRETS)), credentials].into_iter().flatten();
    named.filter(|folder| folder.is_absolute()).filter_map(|folder| canonicalize(folder).ok()).collect()
}

fn problem_of(setting: &str, path: &Path, protected: &[PathBuf], user: u32) -> Option<Violation> {
    // Without the links in it, so that no link leads out of a protected folder.
    let path = canonicalize(path).ok()?;
    if protected.iter().any(|folder| path.starts_with(folder)) {
        return None;
    }
    let found = metadata(&path).ok()?;
    let shown = path.display();
    let (mode, owner) = (found.mode() & 0o7777, found.uid());
    let fault = fault(&found, user)?;
    let problem = match fault {
        Fault::Owner => format!("the file {shown} holds a secret and belongs to user {owner} (this process is user {user})"),
        Fault::Mode => format!("the file {shown} holds a secret, and other users can read or change it (mode {mode:o})"),
    };
    Some(Violation::new(setting, problem, fix_of(&fault, &path, mode, owner, user)))
}

/// What to do about a file of `owner` for a process of `user`. It must not take the file from the user of the service.
fn fix_of(fault: &Fault, path: &Path, mode: u32, owner: u32, user: u32) -> String {
    const ROOT: u32 = 0;
    let shown = path.display();
    match fault {
        Fault::Owner => format!(
            "run the command as user {owner} (sudo -u '#{owner}' …) if that user's service reads the file; if it is meant for user {user}: \
             chown {user} {shown}"
        ),
        // Nothing is wrong with such a file of root, if another user is to read it.
        Fault::Mode if owner == user && user == ROOT && mode & FOR_OTHERS_BUT_READING_BY_THE_GROUP == 0 => {
            format!("chmod 600 {shown}; if a service reads it by its group, run the command as the user of that service instead")
        }
        Fault::Mode if owner == user => format!("chmod 600 {shown}"),
        // After `chmod 600` alone, a file of root could not be read at all.
        Fault::Mode => format!("chown {user} {shown}, and then chmod 600 {shown}"),
    }
}

/// What is wrong with the key of the certificate, if other users can read it or own it.
pub(super) fn of_tls_key(key: &Path) -> Option<Violation> {
    problem_of("tls_key", key, &protected_folders(credentials_folder().as_deref()), geteuid().as_raw())
}

#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// Another user owns the file, and can change its mode.
    Owner,
    /// Other users can read or write it.
    Mode,
}

/// A file of the user of this process must be for that user alone. A file of root may be read by a group, as the keys of many
/// distributions are: without that, no other user could use it.
fn fault(found: &Metadata, user: u32) -> Option<Fault> {
    const FOR_OTHERS: u32 = 0o077;
    let forbidden = if found.uid() == user { FOR_OTHERS } else { FOR_OTHERS_BUT_READING_BY_THE_GROUP };
    if found.uid() != user && found.uid() != 0 { Some(Fault::Owner) } else { (found.mode() & forbidden != 0).then_some(Fault::Mode) }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::{Config, Flags};

    fn file(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let path = folder.join(name);
        write(&path, "database_url = \"postgres://u:hidden@127.0.0.1/d\"\n").unwrap();
        set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_file_of_the_user_is_for_that_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let user = geteuid().as_raw();
        for mode in [0o600, 0o400, 0o700] {
            assert_eq!(problem_of("tls_key", &file(folder.path(), "key", mode), &[], user), None, "{mode:o}");
        }
        for mode in [0o640, 0o644, 0o604, 0o620, 0o666] {
            let problem = problem_of("tls_key", &file(folder.path(), "key", mode), &[], user).unwrap();
            assert!(problem.problem.contains(&format!("mode {mode:o}")) && problem.fix.starts_with("chmod 600 /"), "{problem:?}");
        }
    }

    #[test]
    fn a_file_of_another_user_is_refused_unless_it_is_of_root() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "key", 0o600);
        let found = metadata(&path).unwrap();
        let other = found.uid() + 1;
        let is_of_root = found.uid() == 0;
        assert_eq!(fault(&found, other), (!is_of_root).then_some(Fault::Owner));
        set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert_eq!(fault(&metadata(&path).unwrap(), other), (!is_of_root).then_some(Fault::Owner));
        set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(fault(&metadata(&path).unwrap(), other), Some(if is_of_root { Fault::Mode } else { Fault::Owner }));
    }

    #[test]
    fn the_way_out_leaves_the_file_to_the_user_of_the_service() {
        let of = |fault, mode, owner, user| fix_of(&fault, Path::new("/etc/key"), mode, owner, user);
        let owner = of(Fault::Owner, 0o600, 1001, 0);
        assert!(owner.starts_with("run the command as user 1001 (sudo -u '#1001' …)") && owner.ends_with("chown 0 /etc/key"), "{owner}");
        let by_group = of(Fault::Mode, 0o640, 0, 0);
        assert!(by_group.contains("as the user of that service"), "{by_group}");
        assert_eq!(of(Fault::Mode, 0o644, 0, 0), "chmod 600 /etc/key");
        assert_eq!(of(Fault::Mode, 0o640, 1001, 1001), "chmod 600 /etc/key");
        assert_eq!(of(Fault::Mode, 0o644, 0, 1001), "chown 1001 /etc/key, and then chmod 600 /etc/key");
    }

    #[test]
    fn a_key_of_the_certificate_is_judged_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(of_tls_key(&file(folder.path(), "key", 0o600)), None);
        let problem = of_tls_key(&file(folder.path(), "key", 0o644)).unwrap();
        assert!(problem.setting == "tls_key" && problem.fix.starts_with("chmod 600 "), "{problem:?}");
    }

    #[test]
    fn files_in_a_protected_folder_are_taken_and_links_out_of_it_are_not() {
        let (guarded, open) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let user = geteuid().as_raw();
        let protected = protected_folders(Some(guarded.path()));
        let inside = file(guarded.path(), "url", 0o644);
        assert_eq!(problem_of("database_url", &inside, &protected, user), None);
        let outside = file(open.path(), "url", 0o644);
        let link = guarded.path().join("link");
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        assert!(problem_of("database_url", &link, &protected, user).is_some());
        assert!(protected_folders(Some(Path::new("relative"))).iter().all(|folder| folder.ends_with("secrets")));
    }

    #[test]
    fn the_key_for_the_database_and_the_key_of_the_service_count() {
        let folder = tempfile::tempdir().unwrap();
        let key = file(folder.path(), "key", 0o644).display().to_string();
        let settings = file(folder.path(), "derslik.toml", 0o600);
        let url = format!("postgres://u@127.0.0.1/d?sslcert=/c.pem&sslkey={key}");
        write(&settings, format!("tls_cert = \"c.pem\"\ntls_key = \"{key}\"\ndatabase_url = \"{url}\"\n")).unwrap();
        let loaded = Config::load_with_origins(Some(&settings), &Flags::default()).unwrap();
        let found = |purpose| readable(&loaded, purpose).into_iter().map(|problem| problem.setting).collect::<Vec<_>>();
        assert_eq!(found(Purpose::Serve), ["database_url", "tls_key"]);
        assert_eq!(found(Purpose::Migrate), ["database_url"]);
    }

    #[test]
    fn the_file_of_settings_counts_if_it_holds_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "derslik.toml", 0o644);
        let settings = |path: &PathBuf| {
            let loaded = Config::load_with_origins(Some(path), &Flags::default()).unwrap();
            readable(&loaded, Purpose::Work).into_iter().map(|problem| problem.setting).collect::<Vec<_>>()
        };
        assert_eq!(settings(&path), ["database_url"]);
        write(&path, "database_url = \"postgres://u@127.0.0.1/d\"\n").unwrap();
        assert!(settings(&path).is_empty(), "a URL without a password");
        write(&path, "database_url = \"postgres://u@127.0.0.1/d\"\n[database]\npassword = \"hidden\"\n").unwrap();
        assert_eq!(settings(&path), ["database.password"]);
    }
}
