//! Numbered pages of the jobs of a project, searches of an account, and what is due first.

use std::time::Duration;

use derslik_domain::id::{JobId, ProjectId};
use derslik_domain::job::{
    Action, Actions, Count, Event, Failure, FailureReason, Jitter, Job, JobCounts, JobFilter, JobStatus, LeaseTerm, LeaseToken, NewJob,
    Pruning, ReferenceId, RetryPolicy, ShownJob, WorkerId,
};
use derslik_domain::page::{OffsetPage, Page};
use derslik_domain::session::{Session, SessionDuration, SessionStatus};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Projection, UnitOfWork, UpcomingEnd};
use uuid::Uuid;

use super::{Case, Harness};
use crate::builders::{account, guid, now, other_account, session};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "numbered_pages_show_the_newest_jobs_of_a_project_first", run: newest_first },
        Case { name: "a_search_shows_the_newest_jobs_of_an_account_page_by_page", run: search_pages },
        Case { name: "a_search_finds_jobs_by_each_of_their_marks", run: search_filters },
        Case { name: "jobs_are_counted_by_their_state_up_to_a_bound", run: counts },
        Case { name: "the_jobs_that_are_due_first_come_first_whatever_their_priority", run: upcoming },
        Case { name: "the_ends_of_open_sessions_come_in_their_order", run: upcoming_ends },
    ]
}

const PROJECT: ProjectId = ProjectId::new(1);

fn erasure(project: ProjectId, user: &str) -> NewJob {
    NewJob::delete_user_data(project, ReferenceId::new(user).expect("a valid reference"), now())
}

fn newest_first<U: UnitOfWork>(harness: &Harness<U>) {
    let list = |offset, size| {
        let page = OffsetPage::at(offset, size).expect("a page");
        harness.read(move |stores| stores.jobs().list_newest(account().id, PROJECT, page))
    };
    assert!(list(0, 10).is_empty());
    let made: Vec<ShownJob> = ["a", "b", "c", "d", "e"]
        .map(|user| harness.write(move |stores| stores.jobs().enqueue(account().id, &erasure(PROJECT, user))).into_job())
        .map(ShownJob::from)
        .into();
    harness.write(|stores| {
        stores.jobs().enqueue(account().id, &erasure(ProjectId::new(2), "f"))?;
        stores.jobs().enqueue(account().id, &NewJob::expire_sessions(now(), now()))?;
        stores.jobs().enqueue(other_account().id, &erasure(PROJECT, "g")).map(drop)
    });
    let newest: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(list(0, 10), newest);
    assert_eq!(list(0, 2), newest[..2]);
    assert_eq!(list(4, 2), newest[4..]);
    assert!(list(5, 2).is_empty() && list(u64::MAX, 200).is_empty());
}

const TOKEN: LeaseToken = LeaseToken::new(Uuid::from_u128(7));

fn later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

fn enqueue<U: UnitOfWork>(harness: &Harness<U>, job: NewJob) -> Job {
    harness.write(move |stores| stores.jobs().enqueue(account().id, &job)).into_job()
}

/// Applies events to a stored job, the first of them now, and each further one a second later.
fn apply<U: UnitOfWork>(harness: &Harness<U>, job: Job, events: Vec<Event>) -> Job {
    harness.write(move |stores| {
        let mut before = job;
        for (second, event) in (0..).zip(events) {
            let after = before.clone().apply(event, later(second)).expect("a possible event").0;
            assert!(stores.jobs().replace(account().id, &before, &after)?, "{after:?}");
            before = after;
        }
        Ok(before)
    })
}

fn claim() -> Event {
    Event::Claim { worker: WorkerId::new(Uuid::from_u128(1)), token: TOKEN, term: LeaseTerm::DEFAULT }
}

fn fail() -> Event {
    let failure = Failure::new(FailureReason::Permanent, "broken");
    Event::Fail { token: TOKEN, failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE }
}

/// A job in each state, in the order of [`JobStatus::ALL`]. Only the first and the last belong to a project.
fn one_of_each<U: UnitOfWork>(harness: &Harness<U>) -> [Job; 5] {
    let job = |text: &str| enqueue(harness, NewJob::assign_calendar_id(ReferenceId::new(text).expect("a reference"), now()));
    let scheduled = enqueue(harness, erasure(PROJECT, "a"));
    let running = apply(harness, job("1"), vec![claim()]);
    let cancelled = apply(harness, job("2"), vec![Event::Cancel]);
    let failed = apply(harness, job("3"), vec![claim(), fail()]);
    let completed =
        apply(harness, enqueue(harness, erasure(PROJECT, "b").starting_at(now())), vec![claim(), Event::Succeed { token: TOKEN }]);
    let all = [scheduled, running, cancelled, failed, completed];
    assert_eq!(all.clone().map(|job| job.status()), JobStatus::ALL);
    all
}

fn search<U: UnitOfWork>(harness: &Harness<U>, filter: JobFilter, before: Option<JobId>, size: u32) -> Page<Job> {
    harness.read(move |stores| stores.jobs().search(account().id, &filter, before, size))
}

fn search_pages<U: UnitOfWork>(harness: &Harness<U>) {
    assert_eq!(search(harness, JobFilter::default(), None, 3), Page { entries: Vec::new(), more: false });
    let mut newest: Vec<Job> = one_of_each(harness).into();
    newest.extend(["c", "d"].map(|user| enqueue(harness, erasure(PROJECT, user))));
    newest.reverse();
    harness.write(|stores| stores.jobs().enqueue(other_account().id, &erasure(PROJECT, "e")));
    let all_but_completed = JobStatus::ALL.into_iter().filter(|status| *status != JobStatus::Completed).collect();
    for states in [Vec::new(), JobStatus::ALL.to_vec(), all_but_completed] {
        let filter = JobFilter { states, ..JobFilter::default() };
        let expected: Vec<_> = newest.iter().filter(|job| filter.has_state(job.status())).cloned().collect();
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = search(harness, filter.clone(), before, 2);
            assert!(page.entries.len() == 2 || !page.more, "{page:?}");
            before = page.entries.last().map(|job| job.id).or(before);
            seen.extend(page.entries);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, expected, "{filter:?}");
    }
}

fn search_filters<U: UnitOfWork>(harness: &Harness<U>) {
    let all = one_of_each(harness);
    let [scheduled, running, cancelled, failed, completed] = all.clone();
    let found = |filter: JobFilter| search(harness, filter, None, 10).entries;
    for job in &all {
        assert_eq!(found(JobFilter { states: vec![job.status()], ..JobFilter::default() }), std::slice::from_ref(job));
    }
    let (action, project) = (Some(Action::AssignCalendarId), Some(PROJECT));
    assert_eq!(found(JobFilter { action, ..JobFilter::default() }), [failed.clone(), cancelled, running.clone()]);
    assert_eq!(found(JobFilter { action, states: vec![JobStatus::Running], ..JobFilter::default() }), std::slice::from_ref(&running));
    assert_eq!(found(JobFilter { action, project, ..JobFilter::default() }), []);
    assert_eq!(found(JobFilter { project, ..JobFilter::default() }), [completed.clone(), scheduled.clone()]);
    assert_eq!(found(JobFilter { project, states: vec![JobStatus::Scheduled, JobStatus::Failed], ..JobFilter::default() }), [scheduled]);
    assert_eq!(found(JobFilter { project, states: vec![JobStatus::Running], ..JobFilter::default() }), []);
    let reference = |text: &str| ReferenceId::new(text).ok();
    assert_eq!(found(JobFilter { reference: reference("3"), ..JobFilter::default() }), std::slice::from_ref(&failed));
    assert_eq!(found(JobFilter { reference: reference("A"), ..JobFilter::default() }), [], "the spelling counts");
    assert_eq!(found(JobFilter { changed_since: Some(later(1)), ..JobFilter::default() }), [completed, failed.clone()]);
    let states = vec![JobStatus::Failed, JobStatus::Running];
    assert_eq!(found(JobFilter { states, ..JobFilter::default() }), [failed, running]);
}

fn counts<U: UnitOfWork>(harness: &Harness<U>) {
    let counted = || harness.read(|stores| stores.jobs().count_by_status(account().id));
    assert_eq!(counted(), JobCounts::default());
    one_of_each(harness);
    for status in JobStatus::ALL {
        assert_eq!(counted().of(status), Count { number: 1, is_more: false }, "{status}");
    }
    harness.write(|stores| {
        let jobs: Vec<_> = (0..1_000).map(|number| erasure(PROJECT, &format!("user{number}"))).collect();
        stores.jobs().enqueue_many(account().id, &jobs)?;
        stores.jobs().enqueue(other_account().id, &erasure(PROJECT, "e"))
    });
    assert_eq!(counted().scheduled, Count { number: 1_000, is_more: true });
    assert_eq!(counted().completed, Count { number: 1, is_more: false });
}

fn upcoming<U: UnitOfWork>(harness: &Harness<U>) {
    let all = || -> Actions { Action::ALL.into_iter().collect() };
    let due = |actions: Actions, limit| harness.read(move |stores| stores.jobs().upcoming(account().id, actions, limit));
    assert_eq!(due(all(), 5), []);
    let last = enqueue(harness, NewJob::assign_calendar_id(ReferenceId::none(), now()).starting_at(later(30)));
    let first = enqueue(harness, erasure(PROJECT, "a").starting_at(later(10)));
    let second = enqueue(harness, NewJob::prune(Pruning::EndedJobs, later(20), now()));
    apply(harness, enqueue(harness, erasure(PROJECT, "b")), vec![Event::Cancel]);
    harness.write(|stores| stores.jobs().enqueue(other_account().id, &erasure(PROJECT, "a")));
    assert_eq!(due(all(), 5), [first.clone(), second.clone(), last.clone()]);
    assert_eq!(due(all(), 2), [first.clone(), second]);
    assert_eq!(due([Action::AssignCalendarId, Action::DeleteUserData].into_iter().collect(), 5), [first, last]);
}

fn upcoming_ends<U: UnitOfWork>(harness: &Harness<U>) {
    let ends = |limit| harness.read(move |stores| stores.sessions().upcoming_ends(account().id, limit));
    assert_eq!(ends(5), []);
    let lasting = |number: u128, minutes: i64| {
        let duration = SessionDuration::from_minutes(minutes).expect("a duration");
        Session { duration, ..session(guid(number)) }
    };
    let sessions = [lasting(1, 60), lasting(2, 50), lasting(3, 40), lasting(4, 30), lasting(5, 20)];
    let (longer, gone) = (lasting(4, 55), Session { status: SessionStatus::Expired, ..lasting(5, 20) });
    let catch_up = || harness.write(|stores| stores.change_log().catch_up(account().id, Projection::SessionEnds, 10));
    harness.write(move |stores| stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>()));
    catch_up();
    harness.write(move |stores| stores.sessions().update_many(account().id, &[&longer, &gone]));
    catch_up();
    let expected = [lasting(3, 40), lasting(2, 50), lasting(4, 55), lasting(1, 60)];
    let expected = expected.map(|session| UpcomingEnd { at: session.ends_at(), session: session.guid, name: session.name });
    assert_eq!(ends(5), expected);
    assert_eq!(ends(2), expected[..2]);
    let of_other = harness.read(|stores| stores.sessions().upcoming_ends(other_account().id, 5));
    assert_eq!(of_other, []);
}
