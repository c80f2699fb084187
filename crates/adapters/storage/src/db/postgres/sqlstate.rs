//! The meaning of PostgreSQL's failure codes for this program. ADR 0018 has the whole list with the reasons.

use std::fmt;

use derslik_ports::outbound::Reason;

/// The code of a failure: two characters for the class, and three within it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SqlState([u8; 5]);

/// The consequence of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The statement or the database is wrong: the same request fails again.
    Fault,
    /// As a fault, but about a statement that this connection has prepared: another connection may succeed.
    Stale,
    /// The same request may succeed later, and the connection stays.
    Away(Reason),
    /// The same request may succeed later, on another connection.
    Lost(Reason),
}

impl SqlState {
    pub(crate) fn new(code: [u8; 5]) -> Self {
        Self(code)
    }

    /// Whether the role lacks a right.
    pub(crate) fn is_denial(self) -> bool {
        self.0 == *b"42501"
    }

    fn class(self) -> [u8; 2] {
        let [first, second, ..] = self.0;
        [first, second]
    }

    /// The consequence for a statement that failed with this code.
    pub(crate) fn meaning(self) -> Meaning {
        use Meaning::{Away, Fault, Lost, Stale};
        match (&self.class(), &self.0) {
            (_, b"0A000" | b"26000") => Stale,
            (b"08", _) | (_, b"40003" | b"57P04") => Lost(Reason::Unreachable),
            (_, b"25006") => Lost(Reason::ReadOnly),
            (_, b"25P03" | b"25P04" | b"57P05") => Lost(Reason::TimedOut),
            (_, b"40002") => Fault,
            (b"40" | b"72", _) => Away(Reason::Conflict),
            (_, b"53100") => Away(Reason::DiskFull),
            (_, b"53200") => Away(Reason::OutOfMemory),
            (_, b"53300") => Away(Reason::TooManyConnections),
            (b"53", _) | (_, b"HV001" | b"HV014") => Away(Reason::Exhausted),
            (_, b"55P03" | b"55006") => Away(Reason::Locked),
            (_, b"57014") => Away(Reason::TimedOut),
            (b"57", _) => Lost(Reason::Stopping),
            (b"58", _) => Away(Reason::DiskFails),
            (_, b"HV00N") => Away(Reason::Unreachable),
            _ => Fault,
        }
    }

    /// Why a connection can't be made when the server answers with this code.
    pub(crate) fn refusal(self) -> Reason {
        match self.meaning() {
            Meaning::Away(reason) | Meaning::Lost(reason) => reason,
            Meaning::Fault | Meaning::Stale => Reason::Refused,
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

    fn words(meaning: Meaning) -> String {
        match meaning {
            Meaning::Fault => "fault".to_owned(),
            Meaning::Stale => "fault, another connection".to_owned(),
            Meaning::Away(reason) => format!("{reason:?}"),
            Meaning::Lost(reason) => format!("{reason:?}, another connection"),
        }
    }

    #[test]
    fn each_code_of_postgresql_means_what_the_decision_says() {
        let documented = documented();
        assert!(documented.len() > 240, "{}", documented.len());
        for (code, meaning) in documented {
            assert_eq!(words(of(&code).meaning()), meaning, "{code}");
        }
    }

    #[test]
    fn a_code_that_nobody_knows_yet_goes_by_its_class() {
        assert_eq!(of("08ZZZ").meaning(), Meaning::Lost(Reason::Unreachable));
        assert_eq!(of("53ZZZ").meaning(), Meaning::Away(Reason::Exhausted));
        assert_eq!(of("ZZZZZ").meaning(), Meaning::Fault);
    }

    #[test]
    fn a_server_that_refuses_a_connection_is_told_from_one_that_is_away() {
        assert_eq!(of("28P01").refusal(), Reason::Refused);
        assert_eq!(of("3D000").refusal(), Reason::Refused);
        assert_eq!(of("53300").refusal(), Reason::TooManyConnections);
        assert_eq!(of("57P03").refusal(), Reason::Stopping);
    }
}
