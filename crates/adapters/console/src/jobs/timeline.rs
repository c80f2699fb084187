//! What happened to a job, and what comes next: its attempts, and what the audit log knows of it.

use std::collections::BTreeMap;

use derslik_domain::audit::{AuditEvent, AuditRecord, Change, ErasureStage, Requester};
use derslik_domain::id::AdminId;
use derslik_domain::job::{Attempts, FailedAttempt, Job, JobState};
use derslik_domain::time::Timestamp;

use super::{Pen, words};
use crate::texts::Texts;

/// An event on the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    at: Timestamp,
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) time: String,
    pub(super) more: String,
    /// A text of the program, as it is.
    pub(super) quote: String,
}

/// The names of admins.
pub(super) type Admins = BTreeMap<AdminId, String>;

/// A requester as the subject of a sentence.
pub(super) fn who(requester: Requester, admins: &Admins, t: Texts) -> String {
    match requester {
        Requester::Operator => t.jobs_who_operator(),
        Requester::Admin(admin) => match admins.get(&admin) {
            Some(name) => t.jobs_who_admin(name.as_str()),
            None => t.jobs_who_admin(admin.to_string()),
        },
        Requester::Principal(principal, credential) => t.jobs_who_principal(credential.to_string(), principal.to_string()),
    }
}

/// The events of a job, the first one first.
pub(super) fn timeline(job: &Job, records: &[AuditRecord], admins: &Admins, pen: Pen) -> Vec<Item> {
    let mut items = vec![asked(job, records, admins, pen)];
    items.extend(job.failures.iter().map(|attempt| failed(attempt, pen)));
    items.extend(records.iter().filter_map(|record| changed(record, admins, pen)));
    // What happened at the same time stays in this order, and the present state is last.
    items.sort_by_key(|item| item.at);
    items.push(present(job, records, admins, pen));
    items
}

fn item(at: Timestamp, (tone, icon): (&'static str, &'static str), title: String, pen: Pen) -> Item {
    Item { at, tone, icon, title, time: pen.when(at), more: String::new(), quote: String::new() }
}

fn asked(job: &Job, records: &[AuditRecord], admins: &Admins, pen: Pen) -> Item {
    let t = pen.t;
    let requester = records.iter().find_map(|record| match &record.event {
        AuditEvent::Erasure(erasure) => match erasure.stage {
            ErasureStage::Requested(requester) => Some(requester),
            ErasureStage::Cancelled(..) | ErasureStage::Completed(_) => None,
        },
        AuditEvent::Change(..) | AuditEvent::Denied { .. } => None,
    });
    let title = match requester {
        Some(requester) => t.jobs_line_asked_by(who(requester, admins, t)),
        None if job.project.is_none() => t.jobs_line_asked_itself(),
        None => t.jobs_line_asked(),
    };
    let more = t.jobs_line_start(pen.moment(job.start_at));
    Item { more, ..item(job.created_at, ("off", "plus"), title, pen) }
}

fn failed(attempt: &FailedAttempt, pen: Pen) -> Item {
    let title = pen.t.jobs_line_failed(attempt.attempt.get());
    let (more, quote) = (words::reason(attempt.failure.reason, pen.t), attempt.failure.text.to_string());
    Item { more, quote, ..item(attempt.at, ("bad", "fail"), title, pen) }
}

/// A change that is not the present state.
fn changed(record: &AuditRecord, admins: &Admins, pen: Pen) -> Option<Item> {
    let AuditEvent::Change(requester, change, _) = record.event else { return None };
    let (t, who) = (pen.t, who(requester, admins, pen.t));
    match change {
        Change::Retried => Some(item(record.at, ("off", "retry"), t.jobs_line_retried(who), pen)),
        Change::RunNow => Some(item(record.at, ("off", "skip"), t.jobs_line_run_now(who), pen)),
        _ => None,
    }
}

fn present(job: &Job, records: &[AuditRecord], admins: &Admins, pen: Pen) -> Item {
    let t = pen.t;
    match job.state {
        JobState::Scheduled { at, attempts } => {
            let looks = if attempts == Attempts::NONE { ("off", "clock") } else { ("warn", "retry") };
            let title = if at > pen.now { t.jobs_line_next(attempts.next().get()) } else { t.jobs_line_due(attempts.next().get()) };
            item(at, looks, title, pen)
        }
        JobState::Running(run) => {
            let worker: String = run.lease.worker.to_string().chars().take(8).collect();
            let more = t.jobs_line_lease(pen.when(run.lease.until), worker);
            Item { more, ..item(run.started_at, ("info", "run"), t.jobs_line_running(run.attempt.get()), pen) }
        }
        JobState::Cancelled(ended) => {
            let title = match canceller(records) {
                Some(requester) => t.jobs_line_cancelled_by(who(requester, admins, t)),
                None => t.jobs_line_cancelled(),
            };
            item(ended.at, ("off", "ban"), title, pen)
        }
        JobState::Failed(ended) => item(ended.at, ("bad", "fail"), t.jobs_line_gave_up(), pen),
        JobState::Completed(ended) => item(ended.at, ("off", "done"), t.jobs_line_completed(), pen),
    }
}

fn canceller(records: &[AuditRecord]) -> Option<Requester> {
    records.iter().find_map(|record| match &record.event {
        AuditEvent::Erasure(erasure) => match erasure.stage {
            ErasureStage::Cancelled(requester, _) => Some(requester),
            ErasureStage::Requested(_) | ErasureStage::Completed(_) => None,
        },
        AuditEvent::Change(requester, Change::Cancelled, _) => Some(*requester),
        AuditEvent::Change(..) | AuditEvent::Denied { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{Erasure, Object, Subject};
    use derslik_domain::id::Id;
    use derslik_domain::job::{Event, FailureReason};
    use derslik_testkit::builders::now;

    use super::super::testing::{HOSTILE, erasure, failed, pen, running};
    use super::*;
    use crate::locale::Language;

    fn record(id: i64, event: AuditEvent) -> AuditRecord {
        AuditRecord { id: Id::new(id), at: now(), event }
    }

    fn requested(requester: Requester) -> AuditRecord {
        let stage = ErasureStage::Requested(requester);
        record(1, AuditEvent::Erasure(Erasure { job: Id::new(1), subject: Subject::new([0; 32]), stage }))
    }

    fn titles(job: &Job, records: &[AuditRecord]) -> Vec<String> {
        timeline(job, records, &Admins::new(), pen(Language::English)).into_iter().map(|item| item.title).collect()
    }

    #[test]
    fn a_timeline_begins_with_the_request_and_ends_with_the_present() {
        let requester = Requester::Principal(Id::new(7), Id::new(12));
        let said = titles(&running(erasure(1)), &[requested(requester)]);
        assert_eq!(said, ["Principal 7 with credential 12 asked for it", "Attempt 1 is running"]);
        assert_eq!(titles(&erasure(1), &[])[0], "It was asked for");
    }

    #[test]
    fn failures_are_quoted_and_changes_say_who() {
        let job = failed(erasure(1), FailureReason::Transient);
        let change = AuditEvent::Change(Requester::Admin(AdminId::new(3)), Change::RunNow, Object::Job(job.id));
        let admins = Admins::from([(AdminId::new(3), "ada".to_owned())]);
        let items = timeline(&job, &[record(2, change)], &admins, pen(Language::English));
        let titles: Vec<_> = items.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(titles, ["It was asked for", "Attempt 1 failed", "Admin ada made it run now", "Attempt 2 is planned"]);
        assert_eq!(items[1].quote, HOSTILE);
    }

    #[test]
    fn a_cancelled_job_says_who_cancelled_it_once() {
        let (job, _) = erasure(1).apply(Event::Cancel, now()).unwrap();
        let change = AuditEvent::Change(Requester::Operator, Change::Cancelled, Object::Job(job.id));
        assert_eq!(titles(&job, &[record(2, change)]), ["It was asked for", "The operator cancelled it"]);
    }
}
