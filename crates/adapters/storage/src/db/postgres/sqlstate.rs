//! The kinds of PostgreSQL's failure codes. ADR 0018 has the whole list with the reasons.

use std::fmt;

use derslik_ports::outbound::Reason;

/// The code of a failure: two characters for the class, and three within it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SqlState([u8; 5]);

/// The kind of a failure: whether the same request may succeed later, and on which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The statement or the database is wrong: the same request fails again.
    Permanent,
    /// As a permanent failure, but about a statement that this connection has prepared: another connection may succeed.
    StaleStatement,
    /// The same request may succeed later, and the connection stays.
    Transient(Reason),
    /// The same request may succeed later, on another connection.
    ConnectionLost(Reason),
}

impl SqlState {
    pub(crate) fn new(code: [u8; 5]) -> Self {
        Self(code)
    }

    /// Whether the role lacks a right.
    pub(crate) fn is_denial(self) -> bool {
        self.0 == *b"42501"
    }

    /// Whether a lock was not to be had within the limit for that.
    pub(crate) fn is_lock_timeout(self) -> bool {
        self.0 == *b"55P03"
    }

    /// Whether it is that code.
    pub(crate) fn is(self, code: [u8; 5]) -> bool {
        self.0 == code
    }

    fn class(self) -> [u8; 2] {
        let [first, second, ..] = self.0;
        [first, second]
    }

    /// The kind of failure of a statement with this code.
    pub(crate) fn failure_kind(self) -> FailureKind {
        use FailureKind::{ConnectionLost, Permanent, StaleStatement, Transient};
        match (&self.class(), &self.0) {
            (_, b"0A000" | b"26000") => StaleStatement,
            (b"08", _) | (_, b"40003" | b"57P04") => ConnectionLost(Reason::Unreachable),
            (_, b"25006") => ConnectionLost(Reason::ReadOnly),
            (_, b"25P03" | b"25P04" | b"57P05") => ConnectionLost(Reason::TimedOut),
            (_, b"40002") => Permanent,
            (b"40" | b"72", _) => Transient(Reason::Conflict),
            (_, b"53100") => Transient(Reason::DiskFull),
            (_, b"53200") => Transient(Reason::OutOfMemory),
            (_, b"53300") => Transient(Reason::TooManyConnections),
            (b"53", _) | (_, b"HV001" | b"HV014") => Transient(Reason::Exhausted),
            (_, b"55P03" | b"55006") => Transient(Reason::Locked),
            (_, b"57014") => Transient(Reason::TimedOut),
            (b"57", _) => ConnectionLost(Reason::Stopping),
            (b"58", _) => Transient(Reason::DiskFails),
            (_, b"HV00N") => Transient(Reason::Unreachable),
            _ => Permanent,
        }
    }

    /// Why a connection can't be made when the server answers with this code.
    pub(crate) fn refusal(self) -> Reason {
        match self.failure_kind() {
            FailureKind::Transient(reason) | FailureKind::ConnectionLost(reason) => reason,
            FailureKind::Permanent | FailureKind::StaleStatement => Reason::Refused,
        }
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", byte.escape_ascii()))
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const ADR: &str = include_str!("../../../../../../docs/adr/0018-failures-of-postgresql-go-by-their-codes.md");

    /// The rows `| code | name | meaning |` of the ADR.
    fn documented() -> BTreeMap<String, String> {
        let rows = ADR.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|');
            let code = cells.next()?.trim().trim_matches('`').to_owned();
            Some((code, cells.nth(1)?.trim().to_owned()))
        });
        rows.collect()
    }

    fn of(code: &str) -> SqlState {
        SqlState::new(code.as_bytes().try_into().unwrap())
    }

    fn words(kind: FailureKind) -> String {
        match kind {
            FailureKind::Permanent => "fault".to_owned(),
            FailureKind::StaleStatement => "fault, another connection".to_owned(),
            FailureKind::Transient(reason) => format!("{reason:?}"),
            FailureKind::ConnectionLost(reason) => format!("{reason:?}, another connection"),
        }
    }

    #[test]
    fn each_code_of_postgresql_has_the_kind_that_the_adr_lists() {
        let documented = documented();
        assert!(documented.len() > 240, "{}", documented.len());
        for (code, meaning) in documented {
            assert_eq!(words(of(&code).failure_kind()), meaning, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_goes_by_its_class() {
        assert_eq!(of("08ZZZ").failure_kind(), FailureKind::ConnectionLost(Reason::Unreachable));
        assert_eq!(of("53ZZZ").failure_kind(), FailureKind::Transient(Reason::Exhausted));
        assert_eq!(of("ZZZZZ").failure_kind(), FailureKind::Permanent);
    }

    #[test]
    fn a_refused_connection_differs_from_an_unavailable_server() {
        assert_eq!(of("28P01").refusal(), Reason::Refused);
        assert_eq!(of("3D000").refusal(), Reason::Refused);
        assert_eq!(of("53300").refusal(), Reason::TooManyConnections);
        assert_eq!(of("57P03").refusal(), Reason::Stopping);
    }
}
