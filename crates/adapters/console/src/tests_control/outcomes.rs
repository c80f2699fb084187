//! What the last advance of each account has run. The page shows it until the next one.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use derslik_domain::clock::{JobOutcome, RanItem, RanKind};
use derslik_ports::inbound::control::{Advanced, PublicAccountId};

use crate::jobs::words::action;
use crate::texts::Texts;
use crate::visit::Visit;

/// How many accounts have an outcome. The oldest one goes first.
const ACCOUNTS: usize = 50;

/// How many things of an outcome are kept.
const ITEMS: usize = 100;

/// The outcomes of this process.
#[derive(Debug, Default)]
pub(super) struct Outcomes(Mutex<VecDeque<(PublicAccountId, Advanced)>>);

impl Outcomes {
    /// Keeps the outcome of an account, in place of the one before.
    pub(super) fn keep(&self, account: PublicAccountId, mut advanced: Advanced) {
        advanced.ran.truncate(ITEMS);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(other, _)| *other != account);
        if all.len() >= ACCOUNTS {
            all.pop_front();
        }
        all.push_back((account, advanced));
    }

    /// The outcome of an account.
    pub(super) fn of(&self, account: PublicAccountId) -> Option<Advanced> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|(other, _)| *other == account).map(|(_, advanced)| advanced.clone())
    }

    /// Forgets the outcome of an account.
    pub(super) fn forget(&self, account: PublicAccountId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| *other != account);
    }
}

/// What ran, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RanView {
    pub(super) title: String,
    pub(super) lines: Vec<RanLine>,
    /// How much more ran, or an empty text.
    pub(super) more: String,
}

/// One thing that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RanLine {
    pub(super) at: String,
    pub(super) what: String,
    /// The page of the job, or an empty text.
    pub(super) url: String,
    /// The class of the colour of the outcome.
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) outcome: String,
}

impl RanView {
    /// The view of an outcome.
    pub(super) fn of(advanced: &Advanced, visit: &Visit) -> Self {
        let t = visit.t;
        let line = |item: &RanItem| {
            let url = |job: String| visit.url(&format!("jobs/{job}"));
            line(item, visit.when(item.due), url, t)
        };
        let hidden = advanced.count.saturating_sub(advanced.ran.len());
        Self {
            title: t.control_ran(advanced.count),
            lines: advanced.ran.iter().map(line).collect(),
            more: if hidden > 0 { t.control_ran_more(hidden) } else { String::new() },
        }
    }
}

fn line(item: &RanItem, at: String, url: impl Fn(String) -> String, t: Texts) -> RanLine {
    match item.kind {
        RanKind::Job { job, action: of, outcome } => {
            let (tone, icon, outcome) = match outcome {
                JobOutcome::Completed => ("ok", "done", t.control_ran_completed()),
                JobOutcome::Failed => ("bad", "fail", t.control_ran_failed()),
                JobOutcome::Retried => ("warn", "retry", t.control_ran_retried()),
            };
            RanLine { at, what: action(of, t), url: url(job.to_string()), tone, icon, outcome }
        }
        RanKind::SessionsExpired(sessions) => RanLine {
            at,
            what: t.control_ran_sessions(sessions.get()),
            url: String::new(),
            tone: "ok",
            icon: "done",
            outcome: t.control_ran_completed(),
        },
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::{AccountId, Id};
    use derslik_domain::job::Action;
    use derslik_domain::rows::RowCount;
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::control::ShownClock;

    use super::*;
    use crate::locale::Language;

    fn item(kind: RanKind) -> RanItem {
        RanItem { due: Timestamp::from_micros(5), account: AccountId::new(7), kind }
    }

    fn advanced(count: usize) -> Advanced {
        let clock = ShownClock { now: Timestamp::from_micros(5), is_frozen: true, is_own: true, next_due: None };
        Advanced { clock, ran: vec![item(RanKind::SessionsExpired(RowCount::new(3))); count], count }
    }

    #[test]
    fn the_last_outcome_of_an_account_is_kept_in_part() {
        let (outcomes, account) = (Outcomes::default(), PublicAccountId::new(7));
        outcomes.keep(account, advanced(2));
        outcomes.keep(account, advanced(ITEMS + 3));
        assert!(outcomes.of(account).is_some_and(|kept| (kept.ran.len(), kept.count) == (ITEMS, ITEMS + 3)));
        for other in 8..=u32::try_from(ACCOUNTS).unwrap() + 7 {
            outcomes.keep(PublicAccountId::new(i64::from(other)), advanced(1));
        }
        assert_eq!(outcomes.of(account), None);
        outcomes.forget(PublicAccountId::new(8));
        assert_eq!(outcomes.of(PublicAccountId::new(8)), None);
    }

    #[test]
    fn a_job_that_ran_is_shown_with_its_page_and_its_outcome() {
        let t = Texts::of(Language::English);
        let show = |kind| line(&item(kind), "10:24:07".to_owned(), |job| format!("/jobs/{job}"), t);
        let job = |outcome| RanKind::Job { job: Id::new(9), action: Action::Prune, outcome };
        assert_eq!(show(job(JobOutcome::Failed)).tone, "bad");
        assert_eq!(show(job(JobOutcome::Completed)).url, "/jobs/9");
        assert_eq!(show(RanKind::SessionsExpired(RowCount::new(3))).what, t.control_ran_sessions(3));
    }
}
