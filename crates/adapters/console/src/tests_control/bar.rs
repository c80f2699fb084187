//! The bar of test control on each page: the clock of the account, what falls due next, and the faults that are on.

use actix_web::http::Method;
use chrono::Datelike;
use derslik_domain::fault::FaultRule;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::control::{ClockScope, ShownClock};
use derslik_ports::inbound::operators::DueItem;

use super::words::{self, Due, Pace};
use crate::failure::Failure;
use crate::locale::{Language, clock_seconds, offset};
use crate::texts::Texts;
use crate::visit::Visit;

/// How many things that fall due the bar shows.
const UPCOMING: u32 = 4;

/// How many faults it shows. The page shows all.
const FAULTS: usize = 5;

/// The bar. `templates/shell/bar.html` shows it.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) t: Texts,
    /// The address of the account, with a slash at its end.
    pub(crate) base: String,
    /// The date that the clock of the account shows.
    pub(crate) day: String,
    /// The time of that day.
    pub(crate) time: String,
    /// The offset of the zone of the account.
    pub(crate) offset: String,
    pub(crate) pace: Pace,
    pub(crate) is_frozen: bool,
    /// Whether the account has a clock of its own.
    pub(crate) is_own: bool,
    pub(crate) next: Option<BarDue>,
    pub(crate) due: Vec<BarDue>,
    /// How many faults are on, or an empty text.
    pub(crate) faults_on: String,
    pub(crate) faults: Vec<BarFault>,
    /// The page that forms lead back to.
    pub(crate) to: String,
    /// The token of forms.
    pub(crate) form_token: String,
}

/// A thing that falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BarDue {
    pub(crate) at: String,
    pub(crate) due: Due,
}

/// A fault that is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BarFault {
    pub(crate) number: u64,
    pub(crate) what: String,
    pub(crate) scope: String,
    pub(crate) when: String,
    pub(crate) off: String,
}

/// What a bar is made of.
struct Found<'a> {
    clock: ShownClock,
    upcoming: &'a [DueItem],
    faults: &'a [FaultRule],
    machine: Timestamp,
    zone: Zone,
    language: Language,
    t: Texts,
}

/// The bar of a page; `None` where there is no test control.
pub(crate) async fn of(visit: &Visit) -> Result<Option<Bar>, Failure> {
    let ports = visit.ports()?;
    let Some(control) = &ports.control else { return Ok(None) };
    let account = visit.account.public;
    let clock = control.clock.show(ClockScope::Account(account)).await?;
    let upcoming = visit.operators()?.due.upcoming(visit.account.id, UPCOMING).await?;
    let found = Found {
        clock,
        upcoming: &upcoming,
        faults: &control.faults.list(account),
        machine: (ports.time)(),
        zone: visit.account.zone,
        language: visit.language,
        t: visit.t,
    };
    // A page that answers a form has no address of its own.
    let to = if visit.request.method() == Method::GET { visit.here() } else { visit.url(super::PAGE) };
    Ok(Some(found.bar(visit.url(""), to, visit.form_token().to_owned())))
}

impl Found<'_> {
    fn bar(&self, base: String, to: String, form_token: String) -> Bar {
        let Self { clock, t, language, zone, .. } = self;
        let (t, face) = (*t, clock.now.in_zone(*zone).face());
        let due = |at: Timestamp, due: Due| BarDue { at: language.when(at, clock.now, *zone), due };
        Bar {
            t,
            base,
            day: format!("{} {}", language.weekday(face.weekday()), language.date(face.date())),
            time: clock_seconds(face),
            offset: offset(clock.now, *zone),
            pace: words::pace(clock, self.machine, t),
            is_frozen: clock.is_frozen,
            is_own: clock.is_own,
            next: words::next_due(self.upcoming, t).map(|(at, what)| due(at, what)),
            due: self.upcoming.iter().map(|item| due(item.at, words::due(&item.what, t))).collect(),
            faults_on: if self.faults.is_empty() { String::new() } else { t.control_faults_on(self.faults.len()) },
            faults: self.faults.iter().take(FAULTS).map(|rule| fault(rule, t)).collect(),
            to,
            form_token,
        }
    }
}

fn fault(rule: &FaultRule, t: Texts) -> BarFault {
    let what = words::fault(rule.fault, t);
    let off = t.control_fault_off(what.as_str());
    BarFault { number: rule.number, scope: words::scope(rule), when: words::schedule(rule.schedule, t), off, what }
}

#[cfg(test)]
mod tests {
    use askama::Template;
    use derslik_domain::fault::{Fault, RequestFilter, Schedule};
    use derslik_domain::session::SessionName;
    use derslik_ports::inbound::operators::DueKind;
    use derslik_testkit::builders::guid;

    use super::super::testing::{HOSTILE, assert_inert};
    use super::*;

    #[derive(Template)]
    #[template(path = "shell/bar.html")]
    struct BarPart {
        bar: Bar,
    }

    fn rule() -> FaultRule {
        let requests = RequestFilter { methods: vec![HOSTILE.to_owned()], ..RequestFilter::default() };
        FaultRule { number: 3, fault: Fault::Reset, requests, action: None, schedule: Schedule::default(), seen: 0, injected: 0 }
    }

    fn bar(upcoming: &[DueItem], faults: &[FaultRule], language: Language) -> Bar {
        let now: Timestamp = "2026-11-25T10:24:07+03:00".parse().unwrap();
        let clock = ShownClock { now, is_frozen: false, is_own: true, next_due: None };
        let machine = now.minutes_before(60);
        let found = Found { clock, upcoming, faults, machine, zone: Zone::ISTANBUL, language, t: Texts::of(language) };
        found.bar("/console/7/".to_owned(), format!("/console/7/jobs?q={HOSTILE}"), "ab".to_owned())
    }

    #[test]
    fn the_bar_shows_the_clock_what_is_due_and_the_faults() {
        let bar = bar(&[], &[rule()], Language::English);
        assert_eq!((bar.day.as_str(), bar.time.as_str(), bar.offset.as_str()), ("Wed 25 Nov 2026", "10:24:07", "+03:00"));
        assert_eq!(bar.pace.word, bar.t.control_pace_ahead("1:00:00"));
        assert_eq!((bar.next.is_none(), bar.faults.len()), (true, 1));
    }

    #[test]
    fn hostile_names_in_the_bar_are_inert() {
        let at: Timestamp = "2026-11-25T10:25:00+03:00".parse().unwrap();
        let name = SessionName::new(HOSTILE).unwrap();
        let upcoming = [DueItem { at, what: DueKind::SessionEnds { guid: guid(1), name } }];
        for language in Language::ALL {
            let part = BarPart { bar: bar(&upcoming, &[rule()], language) };
            assert_inert(&part.render().unwrap());
        }
    }
}
