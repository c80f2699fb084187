//! The meaning of SQLite's failure texts for this program.

use derslik_ports::outbound::Reason;
use diesel::result::Error;

/// The text of SQLite when another connection writes.
const LOCKED: &str = "database is locked";

/// Parts of the texts of SQLite for a database that can't answer now. Diesel does not pass on the codes, but the texts are the
/// same in every language.
const TEXTS: [(&str, Reason); 8] = [
    (LOCKED, Reason::Locked),
    ("table is locked", Reason::Locked),
    ("interrupted", Reason::TimedOut),
    ("database or disk is full", Reason::DiskFull),
    ("disk I/O error", Reason::DiskFails),
    ("attempt to write a readonly database", Reason::ReadOnly),
    ("out of memory", Reason::OutOfMemory),
    ("unable to open database file", Reason::Unreachable),
];

/// The reason that the text of a failure stands for.
pub(crate) fn reason_of(error: &Error) -> Option<Reason> {
    let Error::DatabaseError(_, info) = error else { return None };
    TEXTS.iter().find(|(text, _)| info.message().contains(text)).map(|(_, reason)| *reason)
}

/// Whether another connection holds the lock.
pub(super) fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, info) if info.message().contains(LOCKED))
}
