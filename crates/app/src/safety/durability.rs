//! Settings that may lose acknowledged writes. They are told at each start and refused in no profile: a test needs them, and an
//! operator may choose them.

use derslik_storage::{DatabaseUrl, MigrateError};

use super::{Finding, Severity, Violation};

/// The name of the rule.
const RULE: &str = "durability";

/// Finds the settings that weaken durability, a finding for each. It blocks the thread.
///
/// # Errors
/// If the database does not answer.
pub fn check(url: &DatabaseUrl, sqlite_full_sync: bool) -> Result<Vec<Finding>, MigrateError> {
    let of_sqlite = matches!(url, DatabaseUrl::Sqlite(_)) && !sqlite_full_sync;
    let of_server = url.durability_off()?;
    Ok(of_sqlite.then(unsynced).into_iter().chain(of_server.iter().map(|name| switched_off(name))).collect())
}

fn unsynced() -> Finding {
    Violation::new(
        "database.sqlite_full_sync",
        "it is false: a power cut loses the last writes that clients saw as done",
        "set it to true, unless the data may be lost",
    )
    .into_finding(RULE, Severity::Warning)
}

/// The finding for a setting of the server that is off.
fn switched_off(name: &str) -> Finding {
    let problem = if name == "synchronous_commit" {
        "it is off in the server: a crash of the server loses the last writes that clients saw as done"
    } else {
        "it is off in the server: a power cut can destroy the database"
    };
    Violation::new(name, problem, "set it to on in postgresql.conf, unless the data may be lost").into_finding(RULE, Severity::Warning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_without_syncs_is_found() {
        let file = DatabaseUrl::Sqlite("none".into());
        assert_eq!(check(&file, true).unwrap(), []);
        let found = check(&file, false).unwrap();
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((finding.name, finding.severity, finding.setting.as_str()), (RULE, Severity::Warning, "database.sqlite_full_sync"));
    }

    #[test]
    fn each_setting_of_a_server_says_what_may_be_lost() {
        let problem = |name| switched_off(name).problem;
        assert!(problem("synchronous_commit").contains("last writes"));
        for name in ["fsync", "full_page_writes"] {
            assert!(problem(name).contains("destroy"), "{name}");
        }
    }
}
