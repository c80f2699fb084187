//! What a query asks for: whose log, a filter, and where a page begins.

use chrono::{Days, NaiveDate, NaiveTime};
use derslik_domain::audit::{AuditFilter, AuditId, EventKind, INSTALLATION};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::job::ReferenceId;
use derslik_domain::time::{CivilTime, Start, Timestamp, Zone};

use crate::fields::Fields;
use crate::people::form::Issue;
use crate::texts::Texts;

/// The names of the filters in a query.
pub(super) const FILTERS: [&str; 5] = ["event", "job", "about", "from", "to"];

/// The log that a query is about.
pub(super) fn is_of_installation(query: &Fields) -> bool {
    query.get("of") == Some("installation")
}

/// The owner of that log.
pub(super) fn owner(query: &Fields, account: AccountId) -> AccountId {
    if is_of_installation(query) { INSTALLATION } else { account }
}

/// The record in a field of that name.
///
/// # Errors
/// If the value is not an id.
pub(super) fn record(query: &Fields, name: &str) -> Result<Option<AuditId>, ()> {
    query.get(name).map(|text| text.parse().map(Id::new).map_err(drop)).transpose()
}

/// The filter that a query asks for. Days are those of the zone, and the last one belongs to the time.
///
/// # Errors
/// What is wrong, field by field.
pub(super) fn filter(t: Texts, query: &Fields, zone: Zone) -> Result<AuditFilter, Vec<Issue>> {
    let event = read(query, "event", t.audit_problem_event(), EventKind::by_name);
    let job = read(query, "job", t.audit_problem_job(), |text| text.parse().ok().map(Id::new));
    let about = read(query, "about", t.audit_problem_about(), |text| ReferenceId::new(text).ok());
    let from = read(query, "from", t.audit_problem_day(), |text| begin_of(text, 0, zone));
    let before = read(query, "to", t.audit_problem_day(), |text| begin_of(text, 1, zone));
    match (event, job, about, from, before) {
        (Ok(event), Ok(job), Ok(about), Ok(from), Ok(before)) => Ok(AuditFilter { about, job, event, from, before }),
        (event, job, about, from, before) => {
            Err([event.err(), job.err(), about.err(), from.err(), before.err()].into_iter().flatten().collect())
        }
    }
}

/// The value of a field, which may be absent.
fn read<T>(query: &Fields, name: &'static str, problem: String, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Issue> {
    let Some(text) = query.get(name) else { return Ok(None) };
    read(text).map(Some).ok_or_else(|| Issue::new(name, problem))
}

/// The begin of the day that is `days_later` days after another one, in a zone.
fn begin_of(day: &str, days_later: u64, zone: Zone) -> Option<Timestamp> {
    let day: NaiveDate = day.parse().ok()?;
    let begin = day.checked_add_days(Days::new(days_later))?.and_time(NaiveTime::MIN);
    CivilTime::from_naive(begin).map(|begin| Start::at(begin, zone).instant())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn read(query: &str) -> Result<AuditFilter, Vec<&'static str>> {
        let read = filter(Texts::of(Language::English), &Fields::read(query.as_bytes()), Zone::ISTANBUL);
        read.map_err(|issues| issues.into_iter().map(|issue| issue.field).collect())
    }

    #[test]
    fn days_are_those_of_the_account_and_the_last_one_belongs_to_the_time() {
        let filter = read("from=2026-11-25&to=2026-11-25").unwrap();
        let instant = |text: &str| text.parse::<Timestamp>().ok();
        assert_eq!((filter.from, filter.before), (instant("2026-11-25T00:00:00+03:00"), instant("2026-11-26T00:00:00+03:00")));
        assert_eq!(read(""), Ok(AuditFilter::default()));
    }

    #[test]
    fn events_jobs_and_people_are_named_as_the_log_names_them() {
        let filter = read("event=credential_revoked&job=7&about=ayse%40demo.example").unwrap();
        assert_eq!((filter.event, filter.job), (EventKind::by_name("credential_revoked"), Some(Id::new(7))));
        assert_eq!(filter.about, ReferenceId::new("ayse@demo.example").ok());
    }

    #[test]
    fn each_field_that_can_not_be_used_is_named() {
        assert_eq!(read("event=revoked&job=x&from=25.11.2026&to=9999-12-31"), Err(vec!["event", "job", "from", "to"]));
    }

    #[test]
    fn a_log_is_that_of_the_account_unless_the_installation_is_asked_for() {
        let account = AccountId::new(7);
        assert_eq!([owner(&Fields::default(), account), owner(&Fields::read(b"of=installation"), account)], [account, INSTALLATION]);
        assert_eq!(record(&Fields::read(b"before=9"), "before"), Ok(Some(Id::new(9))));
        assert_eq!(record(&Fields::read(b"before=x"), "before"), Err(()));
    }
}
