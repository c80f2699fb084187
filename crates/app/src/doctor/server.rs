//! Judges a PostgreSQL server by facts about it.

use std::collections::BTreeMap;
use std::time::Duration;

use derslik_storage::{ClockDifference, Fact, ServerFacts};

use super::report::Finding;
use crate::safety::clock::LARGEST;

/// The oldest version that is supported, as `server_version_num` counts.
const OLDEST: u32 = 130_000;

/// The difference of the clocks that is worth a word.
const CLOCK_WORTH_A_WORD: Duration = Duration::from_secs(1);

/// The version, the texts and the kind of the server.
pub(super) fn judge_server(server: &Fact<ServerFacts>) -> Vec<Finding> {
    match server {
        Ok(server) => vec![version(server), encoding(server), collation(server), standby(server)],
        Err(reason) => vec![unread("database_version", &reason.to_string())],
    }
}

/// A fact that could not be read is worth a warning: the fault may be there or not.
pub(super) fn unread(check: &'static str, reason: &str) -> Finding {
    Finding::warning(check, format!("can't tell: {reason}"), "look into the log of the database server, and run this again")
}

fn version(server: &ServerFacts) -> Finding {
    let found = format!("PostgreSQL {}", server.version_text);
    if server.version < OLDEST {
        return Finding::problem("database_version", found, "upgrade the server to PostgreSQL 13 or newer");
    }
    Finding::ok("database_version", found)
}

fn encoding(server: &ServerFacts) -> Finding {
    let found = format!("the encoding of the database is {}", server.encoding);
    if server.encoding == "UTF8" {
        return Finding::ok("database_encoding", found);
    }
    Finding::problem(
        "database_encoding",
        format!("{found}, which can't hold all texts"),
        "create a database with ENCODING 'UTF8' TEMPLATE template0, and copy the rows into it",
    )
}

fn collation(server: &ServerFacts) -> Finding {
    const CHECK: &str = "database_collation";
    match &server.collation_versions {
        Some((stored, actual)) if stored != actual => Finding::problem(
            CHECK,
            format!(
                "the database was made with version {stored} of the collation {}, and the server has version {actual}: \
                 indexes of texts may be in a wrong order",
                server.collation
            ),
            "run REINDEX DATABASE and then ALTER DATABASE … REFRESH COLLATION VERSION",
        ),
        _ => Finding::ok(CHECK, format!("the collation is {}; the time zone of the server is {}", server.collation, server.time_zone)),
    }
}

fn standby(server: &ServerFacts) -> Finding {
    const CHECK: &str = "database_writable";
    if server.is_standby {
        return Finding::problem(
            CHECK,
            "the server is a standby and takes no writes",
            "name the primary in database_url, or add target_session_attrs=read-write to a URL with all hosts",
        );
    }
    Finding::ok(CHECK, "the server takes writes")
}

/// The settings of the server that Derslik relies on.
pub(super) fn judge_settings(settings: &Fact<BTreeMap<String, String>>) -> Vec<Finding> {
    match settings {
        Ok(settings) => vec![durability(settings), session_settings(settings)],
        Err(reason) => vec![unread("database_durability", &reason.to_string())],
    }
}

fn durability(settings: &BTreeMap<String, String>) -> Finding {
    const CHECK: &str = "database_durability";
    let is_off = |name: &&str| settings.get(*name).is_some_and(|value| value == "off");
    let unsafe_settings: Vec<_> = ["fsync", "full_page_writes"].into_iter().filter(is_off).collect();
    if !unsafe_settings.is_empty() {
        let names = unsafe_settings.join(" and ");
        return Finding::problem(
            CHECK,
            format!("{names} is off: a power cut can destroy the database"),
            format!("set {names} to on in postgresql.conf, and reload the server"),
        );
    }
    if is_off(&"synchronous_commit") {
        return Finding::warning(
            CHECK,
            "synchronous_commit is off: a crash of the server loses writes that clients saw as done",
            "set synchronous_commit to on for the server or for this role",
        );
    }
    Finding::ok(CHECK, "the server waits for the disk before it acknowledges a write")
}

fn session_settings(settings: &BTreeMap<String, String>) -> Finding {
    const CHECK: &str = "database_settings";
    let is = |name: &str, value: &str| settings.get(name).is_some_and(|found| found == value);
    if is("default_transaction_read_only", "on") {
        return Finding::problem(
            CHECK,
            "default_transaction_read_only is on: every write fails",
            "reset it for the server, the database and the role (ALTER ROLE … RESET default_transaction_read_only)",
        );
    }
    if is("standard_conforming_strings", "off") {
        return Finding::warning(
            CHECK,
            "standard_conforming_strings is off: a backslash in a statement gets another meaning",
            "set standard_conforming_strings to on, which is the default of PostgreSQL",
        );
    }
    Finding::ok(CHECK, "transactions write, and texts are read as the standard says")
}

/// Whether the server has room for the connections of this process, and for a second process beside it.
pub(super) fn judge_connections(
    settings: &Fact<BTreeMap<String, String>>,
    limits: [(&'static str, Option<u32>); 2],
    needed: u32,
) -> Option<Finding> {
    const CHECK: &str = "database_connections";
    let settings = settings.as_ref().ok()?;
    let number = |name: &str| settings.get(name).and_then(|value| value.parse::<u32>().ok());
    let reserved = number("superuser_reserved_connections").unwrap_or(0).saturating_add(number("reserved_connections").unwrap_or(0));
    let of_server = ("max_connections of the server", Some(number("max_connections")?.saturating_sub(reserved)));
    let (name, room) = [of_server].into_iter().chain(limits).filter_map(|(name, limit)| Some((name, limit?))).min_by_key(|(_, n)| *n)?;
    let found = format!("a process uses up to {needed} connections, and {name} leaves {room}");
    Some(if room < needed {
        Finding::problem(CHECK, found, format!("raise {name}, or lower database.connections"))
    } else if room / 2 < needed {
        Finding::warning(
            CHECK,
            format!("{found}: a second process, as during an update, would not get all of its own"),
            format!("raise {name}, or lower database.connections"),
        )
    } else {
        Finding::ok(CHECK, found)
    })
}

/// The difference between the two clocks.
pub(super) fn judge_clock(clock: &Fact<ClockDifference>) -> Finding {
    const CHECK: &str = "database_clock";
    let difference = match clock {
        Ok(difference) => difference,
        Err(reason) => return unread(CHECK, &reason.to_string()),
    };
    let side = if difference.server_is_ahead { "ahead of" } else { "behind" };
    let found = format!("the clock of the database is {} {side} the clock of the service", seconds(difference.by));
    let fix = "let both machines take their time from NTP; dev_clock also shifts the clock of the service";
    if difference.by > LARGEST {
        Finding::problem(CHECK, found, fix)
    } else if difference.by > CLOCK_WORTH_A_WORD {
        Finding::warning(CHECK, found, fix)
    } else {
        Finding::ok(CHECK, "the clock of the database and the clock of the service agree")
    }
}

/// Seconds with one decimal.
fn seconds(time: Duration) -> String {
    format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::{State, worst};

    fn good() -> ServerFacts {
        ServerFacts {
            version: 150_004,
            version_text: "15.4".to_owned(),
            encoding: "UTF8".to_owned(),
            collation: "en_US.UTF-8".to_owned(),
            collation_versions: Some(("2.36".to_owned(), "2.36".to_owned())),
            time_zone: "Etc/UTC".to_owned(),
            is_standby: false,
            connection_limit: None,
        }
    }

    fn settings(changed: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut settings: BTreeMap<String, String> = [
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("max_connections", "100"),
            ("superuser_reserved_connections", "3"),
            ("standard_conforming_strings", "on"),
            ("default_transaction_read_only", "off"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        settings.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        settings
    }

    /// The findings that are not ok.
    fn bad(findings: Vec<Finding>) -> Vec<(&'static str, State)> {
        findings.into_iter().filter(|finding| finding.state != State::Ok).map(|finding| (finding.check, finding.state)).collect()
    }

    #[test]
    fn a_good_server_has_no_fault() {
        assert_eq!(bad(judge_server(&Ok(good()))), []);
        assert_eq!(bad(judge_settings(&Ok(settings(&[])))), []);
    }

    #[test]
    fn each_fault_of_a_server_is_found_by_its_own_check() {
        type Spoil = fn(&mut ServerFacts);
        let faults: [(&str, Spoil); 4] = [
            ("database_version", |server| server.version = 120_017),
            ("database_encoding", |server| "SQL_ASCII".clone_into(&mut server.encoding)),
            ("database_collation", |server| server.collation_versions = Some(("2.31".to_owned(), "2.36".to_owned()))),
            ("database_writable", |server| server.is_standby = true),
        ];
        for (check, spoil) in faults {
            let mut server = good();
            spoil(&mut server);
            assert_eq!(bad(judge_server(&Ok(server))), [(check, State::Problem)]);
        }
        let without_version = ServerFacts { collation_versions: None, ..good() };
        assert_eq!(bad(judge_server(&Ok(without_version))), []);
    }

    #[test]
    fn each_fault_of_the_settings_is_found_by_its_own_check() {
        for (name, value, check, state) in [
            ("fsync", "off", "database_durability", State::Problem),
            ("full_page_writes", "off", "database_durability", State::Problem),
            ("synchronous_commit", "off", "database_durability", State::Warning),
            ("standard_conforming_strings", "off", "database_settings", State::Warning),
            ("default_transaction_read_only", "on", "database_settings", State::Problem),
        ] {
            assert_eq!(bad(judge_settings(&Ok(settings(&[(name, value)])))), [(check, state)], "{name}");
        }
        // A commit that waits for less than the disk of a standby still waits for its own.
        assert_eq!(bad(judge_settings(&Ok(settings(&[("synchronous_commit", "local")])))), []);
    }

    #[test]
    fn connections_are_counted_against_the_smallest_limit() {
        let state = |max: &str, role: Option<u32>, database: Option<u32>| {
            let limits = [("the limit of the role", role), ("the limit of the database", database)];
            judge_connections(&Ok(settings(&[("max_connections", max)])), limits, 13).map(|finding| finding.state)
        };
        assert_eq!(state("100", None, None), Some(State::Ok));
        assert_eq!(state("29", None, None), Some(State::Ok));
        assert_eq!(state("28", None, None), Some(State::Warning));
        assert_eq!(state("15", None, None), Some(State::Problem));
        assert_eq!(state("100", Some(12), None), Some(State::Problem));
        assert_eq!(state("100", Some(50), Some(20)), Some(State::Warning));
        assert_eq!(state("many", None, None), None);
    }

    #[test]
    fn a_clock_may_differ_by_less_than_a_second() {
        let clock = |millis, server_is_ahead| judge_clock(&Ok(ClockDifference { by: Duration::from_millis(millis), server_is_ahead }));
        assert_eq!([clock(900, true).state, clock(1_000, false).state], [State::Ok; 2]);
        assert_eq!([clock(1_600, false).state, clock(5_000, true).state], [State::Warning; 2]);
        assert_eq!(clock(5_001, true).state, State::Problem);
        let behind = clock(7_260, false);
        assert!(behind.state == State::Problem && behind.found.contains("7.2 s behind"), "{behind:?}");
    }

    #[test]
    fn a_fact_that_can_not_be_read_is_a_warning_with_its_reason() {
        let reason = || derslik_storage::Unread::new("no answer in time");
        let findings = [judge_server(&Err(reason())), judge_settings(&Err(reason())), vec![judge_clock(&Err(reason()))]].concat();
        assert_eq!((findings.len(), worst(&findings)), (3, State::Warning));
        assert!(findings.iter().all(|finding| finding.found.contains("no answer in time")), "{findings:?}");
    }
}
