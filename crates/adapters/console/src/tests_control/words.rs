//! What faults, their schedules, clocks, and things that fall due are called.

use std::time::Duration;

use derslik_domain::fault::{Fault, FaultRule, JobFault, Refusal, Schedule};
use derslik_domain::job::Attempts;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::ShownClock;
use derslik_ports::inbound::operators::{DueItem, DueKind};

use crate::jobs::words::action;
use crate::texts::Texts;

/// The status that stands for a refusal.
pub(super) const fn status(refusal: Refusal) -> u16 {
    match refusal {
        Refusal::Malformed => 400,
        Refusal::Unauthenticated => 401,
        Refusal::Denied => 403,
        Refusal::Missing => 404,
        Refusal::TooSlow => 408,
        Refusal::Clash => 409,
        Refusal::TooMany { .. } => 429,
        Refusal::Failure => 500,
        Refusal::BadGateway => 502,
        Refusal::Unavailable | Refusal::Away => 503,
        Refusal::GatewayTimeout => 504,
    }
}

/// What a fault does.
pub(super) fn fault(fault: Fault, t: Texts) -> String {
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    match fault {
        Fault::Refuse(Refusal::Unavailable) => t.control_fault_database(),
        Fault::Refuse(refusal) => t.control_fault_status(status(refusal).to_string()),
        Fault::Delay(span) => t.control_fault_delay(millis(span)),
        Fault::Reset => t.control_fault_reset(),
        Fault::LoseAnswer => t.control_fault_lose_answer(),
        Fault::Truncate => t.control_fault_truncate(),
        Fault::Drip(span) => t.control_fault_drip(millis(span)),
        Fault::Job(JobFault::Fail) => t.control_fault_job_fails(),
        Fault::Job(JobFault::Hang) => t.control_fault_job_hangs(),
        Fault::Job(JobFault::Panic) => t.control_fault_job_panics(),
    }
}

/// When a fault applies.
pub(super) fn schedule(schedule: Schedule, t: Texts) -> String {
    let Schedule { first, times, chance } = schedule;
    match (first, times, chance) {
        (1, None, None) => t.control_when_always(),
        (1, Some(times), None) => t.control_when_first(times),
        (first, Some(1), None) => t.control_when_nth(first),
        (first, Some(times), None) => t.control_when_from(times, first),
        (first, None, None) => t.control_when_from_on(first),
        (_, _, Some(chance)) => t.control_when_by_chance((f64::from(chance.per_million) / 10_000.0).to_string()),
    }
}

/// Which requests or jobs a fault is for, in the words of the API; empty for all of them.
pub(super) fn scope(rule: &FaultRule) -> String {
    let methods = (!rule.requests.methods.is_empty()).then(|| rule.requests.methods.join(","));
    let parts = [
        rule.action.map(|action| action.name().to_owned()),
        rule.requests.api.map(|api| api.name().to_owned()),
        methods,
        rule.requests.path.as_ref().map(ToString::to_string),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// How a clock goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pace {
    /// The class of its colour.
    pub(crate) tone: &'static str,
    /// The name of its icon.
    pub(crate) icon: &'static str,
    /// What it does.
    pub(crate) word: String,
}

/// How a clock goes while the machine shows `machine`.
pub(super) fn pace(clock: &ShownClock, machine: Timestamp, t: Texts) -> Pace {
    let pace = |icon, word| Pace { tone: "info", icon, word };
    if clock.is_frozen {
        return pace("pause", t.control_pace_frozen());
    }
    let (is_behind, span) = (clock.now < machine, clock.now.since(machine).max(machine.since(clock.now)));
    // The two were not read at one instant.
    if span < Duration::from_secs(2) {
        return Pace { tone: "off", ..pace("run", t.control_pace_real()) };
    }
    let (days, rest) = (span.as_secs() / 86_400, face(span));
    pace(
        "run",
        match (is_behind, days) {
            (false, 0) => t.control_pace_ahead(rest),
            (false, days) => t.control_pace_days_ahead(days),
            (true, 0) => t.control_pace_behind(rest),
            (true, days) => t.control_pace_days_behind(days),
        },
    )
}

/// A span of less than a day, as `1:00:07`.
fn face(span: Duration) -> String {
    let seconds = span.as_secs();
    format!("{}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// A thing that falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    /// What happens.
    pub(crate) what: String,
    /// The name of the object, as people wrote it, or an empty text.
    pub(crate) name: String,
    /// More about it, or an empty text.
    pub(crate) more: String,
}

/// What falls due.
pub(super) fn due(kind: &DueKind, t: Texts) -> Due {
    match kind {
        DueKind::Job { action: of, attempt, of: most, .. } => {
            let is_again = *attempt > Attempts::new(1);
            let more = if is_again { t.control_due_attempt(u32::from(attempt.get()), u32::from(most.get())) } else { String::new() };
            Due { what: action(*of, t), name: String::new(), more }
        }
        DueKind::SessionEnds { name, .. } => Due { what: t.control_due_session(), name: name.as_str().to_owned(), more: String::new() },
    }
}

/// What falls due first. Sessions that end at the same time are counted.
pub(super) fn next_due(items: &[DueItem], t: Texts) -> Option<(Timestamp, Due)> {
    let first = items.first()?;
    let at_once = items.iter().take_while(|item| item.at == first.at);
    let sessions = at_once.filter(|item| matches!(item.what, DueKind::SessionEnds { .. })).count();
    let what = match &first.what {
        DueKind::SessionEnds { .. } if sessions > 1 => {
            Due { what: t.control_due_sessions(sessions), name: String::new(), more: String::new() }
        }
        kind => due(kind, t),
    };
    Some((first.at, what))
}

#[cfg(test)]
mod tests {
    use derslik_domain::fault::{Api, Chance, PathPattern, RequestFilter};
    use derslik_domain::id::Id;
    use derslik_domain::job::Action;

    use super::*;
    use crate::locale::Language;

    const T: Texts = Texts::of(Language::English);

    fn clock(micros: i64) -> ShownClock {
        ShownClock { now: Timestamp::from_micros(micros), is_frozen: false, is_own: true, next_due: None }
    }

    #[test]
    fn a_clock_is_ahead_or_behind_or_shows_the_time_of_the_machine() {
        let machine = Timestamp::from_micros(1_000_000_000_000);
        let said = |seconds: i64| pace(&clock(machine.micros() + seconds * 1_000_000), machine, T).word;
        assert_eq!(said(1), T.control_pace_real());
        assert_eq!(said(3_607), T.control_pace_ahead("1:00:07"));
        assert_eq!(said(-61), T.control_pace_behind("0:01:01"));
        assert_eq!(said(2 * 86_400), T.control_pace_days_ahead(2));
        assert_eq!(said(-3 * 86_400), T.control_pace_days_behind(3));
        assert_eq!(pace(&ShownClock { is_frozen: true, ..clock(0) }, machine, T).icon, "pause");
    }

    #[test]
    fn a_schedule_is_said_in_one_phrase() {
        let said = |first, times, chance| schedule(Schedule { first, times, chance }, T);
        let chance = Chance { per_million: 250_000, seed: 0 };
        let all = [
            said(1, None, None),
            said(1, Some(2), None),
            said(5, Some(1), None),
            said(5, Some(2), None),
            said(5, None, None),
            said(1, None, Some(chance)),
        ];
        assert!(all.iter().all(|text| !text.is_empty() && !text.contains("control-")), "{all:?}");
        assert!(all[5].contains("25"), "{all:?}");
    }

    #[test]
    fn a_fault_names_the_requests_that_it_is_for() {
        let requests = RequestFilter {
            api: Some(Api::Courses),
            methods: vec!["GET".to_owned(), "POST".to_owned()],
            path: Some(PathPattern::parse("/v1/courses/*").unwrap()),
        };
        let rule =
            FaultRule { number: 1, fault: Fault::Reset, requests, action: None, schedule: Schedule::default(), seen: 0, injected: 0 };
        assert_eq!(scope(&rule), "courses GET,POST /v1/courses/*");
        let of_jobs = FaultRule { requests: RequestFilter::default(), action: Some(Action::Prune), ..rule };
        assert_eq!(scope(&of_jobs), Action::Prune.name());
    }

    #[test]
    fn the_next_attempt_at_a_job_is_numbered_from_the_second_on() {
        let job = |attempt| DueKind::Job { id: Id::new(7), action: Action::Prune, attempt: Attempts::new(attempt), of: Attempts::new(5) };
        assert!(due(&job(1), T).more.is_empty());
        assert_eq!(due(&job(2), T).more, T.control_due_attempt(2_u32, 5_u32));
        let items = [DueItem { at: Timestamp::from_micros(5), what: job(1) }];
        assert_eq!(next_due(&items, T).map(|(at, _)| at), Some(Timestamp::from_micros(5)));
        assert_eq!(next_due(&[], T), None);
    }
}
