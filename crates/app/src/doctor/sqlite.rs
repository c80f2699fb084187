//! Judges an SQLite file.

use derslik_storage::{Integrity, SqliteFacts};

use super::report::Finding;
use super::server::unread;

/// The size of the write-ahead log that is worth a word, in bytes. Checkpoints keep it far below while no reader holds them up.
const LARGE_LOG: u64 = 256 * 1024 * 1024;

pub(super) fn judge_file(facts: &SqliteFacts) -> Vec<Finding> {
    vec![journal(facts), integrity(facts)]
}

fn journal(facts: &SqliteFacts) -> Finding {
    const CHECK: &str = "sqlite_journal";
    let mode = match &facts.journal_mode {
        Ok(mode) => mode,
        Err(reason) => return unread(CHECK, &reason.to_string()),
    };
    if !mode.eq_ignore_ascii_case("wal") {
        return Finding::warning(
            CHECK,
            format!("the journal mode is {mode}: readers and the writer block each other"),
            "start the service once, which sets the mode to wal; the folder must not be on a network file system",
        );
    }
    if facts.log_bytes > LARGE_LOG {
        return Finding::warning(
            CHECK,
            format!("the write-ahead log has {} MiB: a process keeps an old state of the file open", facts.log_bytes / (1024 * 1024)),
            "end the programs that hold the file open, or restart the service",
        );
    }
    Finding::ok(CHECK, "the write-ahead log is on, and small")
}

fn integrity(facts: &SqliteFacts) -> Finding {
    const CHECK: &str = "sqlite_integrity";
    match &facts.integrity {
        Ok(Integrity::Whole) => {
            let version = facts.version.as_deref().unwrap_or("of an unknown version");
            Finding::ok(CHECK, format!("the file is whole; SQLite {version}"))
        }
        // A large file takes longer than there is time, which is not a fault.
        Ok(Integrity::NotFinished) => Finding::ok(CHECK, "no damage was found in the time of this check, which did not reach the end"),
        Ok(Integrity::Damaged(lines)) => Finding::problem(
            CHECK,
            format!("the file is damaged: {}", lines.join("; ")),
            "stop the service, keep a copy of the file, and restore a backup or recover the file with the `.recover` of sqlite3",
        ),
        Err(reason) => Finding::problem(
            CHECK,
            format!("the file can't be checked: {reason}"),
            "stop the service, keep a copy of the file, and restore a backup or recover the file with the `.recover` of sqlite3",
        ),
    }
}

#[cfg(test)]
mod tests {
    use derslik_storage::{ContentFacts, SchemaState, Unread};

    use super::*;
    use crate::doctor::report::State;

    fn good() -> SqliteFacts {
        let schema = Ok(SchemaState::Current);
        SqliteFacts {
            version: Ok("3.50.4".to_owned()),
            journal_mode: Ok("wal".to_owned()),
            log_bytes: 4_000_000,
            integrity: Ok(Integrity::Whole),
            content: ContentFacts { schema, twins: Vec::new(), similar_accounts: Ok(Vec::new()), oldest_due: Ok(None) },
        }
    }

    fn bad(facts: &SqliteFacts) -> Vec<(&'static str, State)> {
        judge_file(facts).into_iter().filter(|finding| finding.state != State::Ok).map(|finding| (finding.check, finding.state)).collect()
    }

    #[test]
    fn each_fault_of_a_file_is_found_by_its_own_check() {
        assert_eq!(bad(&good()), []);
        assert_eq!(bad(&SqliteFacts { integrity: Ok(Integrity::NotFinished), ..good() }), []);
        let journal = SqliteFacts { journal_mode: Ok("delete".to_owned()), ..good() };
        assert_eq!(bad(&journal), [("sqlite_journal", State::Warning)]);
        let log = SqliteFacts { log_bytes: 300 * 1024 * 1024, ..good() };
        assert_eq!(bad(&log), [("sqlite_journal", State::Warning)]);
        let damaged = SqliteFacts { integrity: Ok(Integrity::Damaged(vec!["page 7".to_owned()])), ..good() };
        assert_eq!(bad(&damaged), [("sqlite_integrity", State::Problem)]);
        let unread = SqliteFacts { integrity: Err(Unread::new("disk I/O error")), ..good() };
        assert_eq!(bad(&unread), [("sqlite_integrity", State::Problem)]);
    }
}
