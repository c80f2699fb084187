//! The operating-system user that runs a private cluster. This module must not know which programs are run.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::PostgresError;

const EXECUTE_BY_OTHERS: u32 = 0o001;

/// The user of the cluster: the user of this process, or an unprivileged one if that is root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    Ourselves,
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// Decides by the owner of a folder that this process has just made, which is its effective user.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NoUnprivilegedUser`] when this is root and there is no user to run the server as.
    pub(super) fn for_owner_of(folder: &Path) -> Result<Self, PostgresError> {
        let owner = fs::metadata(folder).map_err(PostgresError::io("look at the cluster's folder"))?.uid();
        if owner != 0 {
            return Ok(Self::Ourselves);
        }
        let users = fs::read_to_string("/etc/passwd").map_err(PostgresError::io("read /etc/passwd"))?;
        unprivileged(&users).ok_or(PostgresError::NoUnprivilegedUser)
    }

    /// A command that runs as this user.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Hands a folder over to this user.
    pub(super) fn own(&self, folder: &Path) -> io::Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Other { uid, gid, .. } => chown(folder, Some(*uid), Some(*gid)),
        }
    }

    /// Checks that this user can reach the program.
    ///
    /// # Errors
    ///
    /// [`PostgresError::Unreachable`].
    pub(super) fn check_reach(&self, program: &Path) -> Result<(), PostgresError> {
        match self {
            Self::Other { name, .. } if !open_to_all(program) => {
                Err(PostgresError::Unreachable { user: name.clone(), program: program.to_owned() })
            }
            Self::Ourselves | Self::Other { .. } => Ok(()),
        }
    }
}

/// Whether every user may enter this path and all folders above it.
pub(super) fn open_to_all(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    path.ancestors().all(|part| fs::metadata(part).is_ok_and(|found| found.mode() & EXECUTE_BY_OTHERS != 0))
}

fn unprivileged(users: &str) -> Option<Account> {
    ["postgres", "nobody"].into_iter().find_map(|name| users.lines().find_map(|line| entry(line, name)))
}

fn entry(line: &str, wanted: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| *name == wanted)?;
    let uid = fields.nth(1)?.parse().ok().filter(|uid| *uid != 0)?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account::Other { name: name.to_owned(), uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: &str = "nobody:x:65534:65533::/nonexistent:/usr/sbin/nologin";

    #[test]
    fn prefers_postgres_to_nobody() {
        let users = format!("root:x:0:0::/:/bin/sh\n{NOBODY}\npostgres:x:101:104::/var/lib/postgresql:/bin/sh\n");

        assert_eq!(unprivileged(&users), Some(Account::Other { name: "postgres".to_owned(), uid: 101, gid: 104 }));
    }

    #[test]
    fn takes_nobody_when_postgres_is_missing_or_root() {
        let users = format!("postgres:x:0:0::/:/bin/sh\n{NOBODY}\n");

        assert_eq!(unprivileged(&users), Some(Account::Other { name: "nobody".to_owned(), uid: 65534, gid: 65533 }));
        assert_eq!(unprivileged("root:x:0:0::/:/bin/sh\nbroken\n"), None);
    }
}
