//! Jobs.

use std::collections::BTreeSet;
use std::time::Duration;

use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::job::{
    Action, Actions, Event, Failure, FailureReason, FailureText, Jitter, Job, JobState, JobStatus, LeaseTerm, LeaseToken, NewJob, Progress,
    Pruning, ReferenceId, RetryPolicy, ShownJob, WorkerId,
};
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{
    Claim, Completion, Conflict, Enqueued, Exchanged, HeldJob, Reason, StoreError, Stores, UnitOfWork, job_of_number,
};
use uuid::Uuid;

use super::{Case, Harness};
use crate::builders::{account, now, other_account};

const TERM: LeaseTerm = LeaseTerm::DEFAULT;
const PROJECT: ProjectId = ProjectId::new(1);

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_job_comes_back_as_it_was_made", run: round_trip },
        Case { name: "a_job_comes_back_as_the_domain_changed_it", run: round_trip_of_changes },
        Case { name: "a_live_job_is_returned_instead_of_a_second_one", run: unique_live_job },
        Case { name: "jobs_of_no_project_are_unique_too", run: unique_internal_job },
        Case { name: "an_ended_job_makes_room_for_another_like_it", run: room_after_the_end },
        Case { name: "a_chosen_id_is_kept_and_a_taken_one_is_replaced", run: chosen_ids },
        Case { name: "enqueues_that_race_make_one_job", run: racing_enqueues },
        Case { name: "many_jobs_are_made_at_once_and_live_ones_left_alone", run: enqueue_many },
        Case { name: "a_job_that_was_enqueued_in_vain_is_never_seen", run: enqueue_rolls_back },
        Case { name: "a_list_shows_the_jobs_of_a_project_page_by_page", run: list_pages },
        Case { name: "a_list_shows_the_last_failure_of_a_job", run: last_failure },
        Case { name: "a_page_of_long_texts_ends_early", run: long_texts },
        Case { name: "a_claim_does_what_the_domain_says", run: claim_matches_the_domain },
        Case { name: "nothing_is_claimed_before_it_is_due", run: not_before_due },
        Case { name: "claims_go_by_priority_and_then_by_time", run: claim_order },
        Case { name: "a_claim_takes_the_next_priorities_where_the_first_do_not_fill_it", run: claim_over_priorities },
        Case { name: "jobs_of_actions_that_a_worker_does_not_know_are_left_alone", run: unknown_actions },
        Case { name: "workers_that_claim_together_get_each_job_once", run: racing_claims },
        Case { name: "accounts_with_due_jobs_come_in_the_order_of_their_waiting", run: accounts_with_due },
        Case { name: "jobs_of_another_account_are_neither_found_nor_changed", run: isolation },
        Case { name: "a_heartbeat_moves_the_leases_that_the_worker_still_has", run: renewal },
        Case { name: "a_completion_without_the_lease_changes_nothing", run: fenced_completion },
        Case { name: "many_completions_are_written_at_once", run: batch_completion },
        Case { name: "an_exchange_completes_and_claims_as_the_domain_says", run: exchange_matches_the_domain },
        Case { name: "an_exchange_is_kept_to_the_lease_and_the_account", run: fenced_exchange },
        Case { name: "workers_that_exchange_together_do_each_job_once", run: racing_exchanges },
        Case { name: "an_expired_lease_is_found_and_a_living_one_is_not", run: expiry },
        Case { name: "an_expired_lease_leads_to_one_rescue", run: racing_rescues },
        Case { name: "heartbeats_keep_all_jobs_of_a_claim", run: renewal_of_a_claim },
        Case { name: "the_last_job_of_a_claim_is_rescued_as_the_others_would_be", run: last_of_a_claim },
        Case { name: "a_change_from_a_state_that_was_left_is_none", run: conditional_replace },
        Case { name: "a_cancel_and_a_completion_never_both_happen", run: cancel_races_completion },
        Case { name: "a_cancel_and_a_claim_never_both_happen", run: cancel_races_claim },
        Case { name: "a_job_does_not_come_alive_beside_one_like_it", run: revival_conflict },
        Case { name: "jobs_that_ended_long_ago_are_pruned_in_batches", run: pruning },
        Case { name: "the_depth_of_the_queue_counts_what_lives", run: depth },
    ]
}

fn reference(text: &str) -> ReferenceId {
    ReferenceId::new(text).expect("a valid reference")
}

/// The erasure of the user whom the text names, requested now.
fn erasure(text: &str) -> NewJob {
    NewJob::delete_user_data(PROJECT, reference(text), now())
}

/// An internal job with that reference, due now.
fn due_job(text: &str) -> NewJob {
    NewJob::assign_calendar_id(reference(text), now())
}

/// The same, asked for by a step of a trace.
fn traced_job(text: &str) -> NewJob {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("a trace parent");
    due_job(text).with_trace(Some(trace))
}

fn seconds_later(seconds: u64) -> Timestamp {
    now().plus(Duration::from_secs(seconds))
}

fn token(number: u128) -> LeaseToken {
    LeaseToken::new(Uuid::from_u128(number))
}

fn claim(number: u128, at: Timestamp, limit: u16) -> Claim {
    Claim { worker: WorkerId::new(Uuid::from_u128(1)), token: token(number), term: TERM, at, actions: all_actions(), limit }
}

fn all_actions() -> Actions {
    Action::ALL.into_iter().collect()
}

fn event_of(claim: &Claim) -> Event {
    Event::Claim { worker: claim.worker, token: claim.token, term: claim.term }
}

fn held(job: &Job, number: u128) -> HeldJob {
    HeldJob { job: job.id, token: token(number) }
}

fn enqueue<U: UnitOfWork>(harness: &Harness<U>, job: NewJob) -> Job {
    harness.write(move |stores| stores.jobs().enqueue(account().id, &job)).into_job()
}

fn claim_now<U: UnitOfWork>(harness: &Harness<U>, number: u128, limit: u16) -> Vec<Job> {
    harness.write(move |stores| stores.jobs().claim(account().id, &claim(number, now(), limit)))
}

fn find<U: UnitOfWork>(harness: &Harness<U>, job: &Job) -> Job {
    let id = job.id;
    harness.read(move |stores| stores.jobs().find(account().id, id)).expect("the job is there")
}

/// Locks a job, applies an event in the domain, and writes the result. Returns whether the event was accepted.
fn apply(stores: &mut dyn Stores, account: AccountId, job: &Job, event: Event, at: Timestamp) -> Result<bool, StoreError> {
    let Some(before) = stores.jobs().lock(account, job.id)? else { return Ok(false) };
    match before.clone().apply(event, at) {
        Ok((after, _)) => stores.jobs().replace(account, &before, &after),
        Err(_) => Ok(false),
    }
}

fn change<U: UnitOfWork>(harness: &Harness<U>, job: &Job, event: Event, at: Timestamp) -> bool {
    let job = job.clone();
    harness.write(move |stores| apply(stores, account().id, &job, event, at))
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    let long = "ğ".repeat(ReferenceId::MAX);
    let jobs = [
        erasure("mehdi@openreplay.com"),
        erasure("a/b مهدي 'quoted' \"twice\""),
        erasure(&long),
        due_job("42"),
        traced_job("43"),
        NewJob::expire_sessions(seconds_later(60), now()),
        NewJob::prune(Pruning::EndedJobs, now(), now()),
    ];
    let mut ids = BTreeSet::new();
    for job in jobs {
        let made = enqueue(harness, job.clone());
        assert_eq!(made, job.into_job(made.id));
        assert_eq!(find(harness, &made), made);
        assert!(ids.last().is_none_or(|last| *last < made.id), "ids grow");
        ids.insert(made.id);
    }
}

fn round_trip_of_changes<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, due_job("42"));
    assert_eq!(claim_now(harness, 7, 1).len(), 1);
    let running = find(harness, &job);
    let progressed = running.clone().progressed(token(7), TERM, Progress::Rows(RowCount::new(12)), seconds_later(1)).expect("it runs");
    let (before, after) = (running, progressed.clone());
    assert!(harness.write(move |stores| stores.jobs().replace(account().id, &before, &after)));
    assert_eq!(find(harness, &job), progressed);

    let failure = Failure::new(FailureReason::Transient, "the database was away: ığüşöç");
    let fail = Event::Fail { token: token(7), failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE };
    let (failed, _) = progressed.clone().apply(fail.clone(), seconds_later(2)).expect("it runs");
    assert!(change(harness, &job, fail, seconds_later(2)));
    assert_eq!(find(harness, &job), failed);
    assert_eq!(failed.status(), JobStatus::Scheduled);

    let (cancelled, _) = failed.apply(Event::Cancel, seconds_later(3)).expect("it waits");
    assert!(change(harness, &job, Event::Cancel, seconds_later(3)));
    assert_eq!(find(harness, &job), cancelled);
}

fn unique_live_job<U: UnitOfWork>(harness: &Harness<U>) {
    let first = enqueue(harness, erasure("a"));
    let again = harness.write(|stores| stores.jobs().enqueue(account().id, &erasure("a")));
    assert_eq!(again, Enqueued::Live(first.clone()));
    let of_another_project = NewJob::delete_user_data(ProjectId::new(2), reference("a"), now());
    for other in [erasure("A"), erasure("a "), of_another_project] {
        assert_ne!(enqueue(harness, other).id, first.id);
    }
    let elsewhere = harness.write(|stores| stores.jobs().enqueue(other_account().id, &erasure("a")));
    assert!(matches!(elsewhere, Enqueued::Created(_)));
}

fn unique_internal_job<U: UnitOfWork>(harness: &Harness<U>) {
    let sweep = || NewJob::expire_sessions(now(), now());
    let first = enqueue(harness, sweep());
    assert_eq!(enqueue(harness, sweep()), first);
    // A running job is live as well.
    let running = claim_now(harness, 7, 1);
    assert_eq!(enqueue(harness, sweep()), running[0]);
}

fn room_after_the_end<U: UnitOfWork>(harness: &Harness<U>) {
    let first = enqueue(harness, erasure("a"));
    assert!(change(harness, &first, Event::Cancel, now()));
    let second = enqueue(harness, erasure("a"));
    assert_ne!(second.id, first.id);
}

fn chosen_ids<U: UnitOfWork>(harness: &Harness<U>) {
    let chosen = job_of_number(account().id, 7).expect("a number in range");
    let counted = enqueue(harness, erasure("a"));
    assert_eq!(enqueue(harness, erasure("b").with_id(Some(chosen))).id, chosen);
    // A live job is returned, whatever id was chosen for another like it.
    assert_eq!(enqueue(harness, erasure("a").with_id(job_of_number(account().id, 8))).id, counted.id);
    let other = enqueue(harness, erasure("c").with_id(Some(chosen)));
    assert!(other.id > counted.id, "the store counts on where it was: {}", other.id);
    let elsewhere = job_of_number(other_account().id, 7).expect("a number in range");
    let of_other = harness.write(move |stores| stores.jobs().enqueue(other_account().id, &erasure("b").with_id(Some(elsewhere))));
    assert_eq!(of_other.into_job().id, elsewhere);
    let page = PageRequest { size: 10, after: None };
    let listed = harness.read(move |stores| stores.jobs().list(account().id, Some(PROJECT), page));
    assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), [chosen, counted.id, other.id]);
}

fn racing_enqueues<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let uow = harness.unit_of_work().clone();
            harness
                .runtime()
                .spawn(async move { uow.write(account().id, |stores| stores.jobs().enqueue(account().id, &erasure("a"))).await })
        })
        .collect();
    let outcomes: Vec<_> =
        tasks.into_iter().map(|task| harness.runtime().block_on(task).expect("the task ends").expect("the write succeeds")).collect();
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Enqueued::Created(_))).count(), 1);
    let ids: BTreeSet<_> = outcomes.into_iter().map(|outcome| outcome.into_job().id).collect();
    assert_eq!(ids.len(), 1);
}

fn enqueue_many<U: UnitOfWork>(harness: &Harness<U>) {
    let first = enqueue(harness, erasure("5"));
    let jobs: Vec<_> = (0..2_000).map(|number| erasure(&number.to_string())).collect();
    let created = harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    assert_eq!(created, 1_999);
    assert_eq!(find(harness, &first), first);
    let page = PageRequest { size: 3_000, after: None };
    let listed = harness.read(move |stores| stores.jobs().list(account().id, Some(PROJECT), page));
    assert_eq!(listed.len(), 2_000);
    let last = listed.last().expect("a job");
    assert_eq!(*last, erasure(last.reference.as_str()).into_job(last.id));
    assert_eq!(harness.write(|stores| stores.jobs().enqueue_many(account().id, &[])), 0);
    assert_eq!(harness.write(|stores| stores.jobs().enqueue_many(account().id, &[traced_job("42")])), 1);
    assert_eq!(claim_now(harness, 7, 1).first().map(|job| job.trace), Some(traced_job("42").trace()));
}

fn enqueue_rolls_back<U: UnitOfWork>(harness: &Harness<U>) {
    let refused: Result<(), _> = harness.try_write(|stores| {
        stores.jobs().enqueue(account().id, &due_job("42"))?;
        Err(StoreError::from(Reason::Unreachable))
    });
    assert!(refused.is_err());
    assert!(claim_now(harness, 7, 10).is_empty());
    let made = harness.write(|stores| stores.jobs().enqueue(account().id, &due_job("42")));
    assert!(matches!(made, Enqueued::Created(_)));
}

fn list_pages<U: UnitOfWork>(harness: &Harness<U>) {
    let made: Vec<_> = (0..7).map(|number| enqueue(harness, erasure(&number.to_string()))).collect();
    enqueue(harness, due_job("internal"));
    let list = |project, after: Option<&Job>, limit| {
        let page = PageRequest { size: limit, after: after.map(|job| job.id) };
        harness.read(move |stores| stores.jobs().list(account().id, project, page))
    };
    let mut seen = list(Some(PROJECT), None, 3);
    assert_eq!(seen, made[..3]);
    while let Some(last) = seen.last().cloned() {
        let next = list(Some(PROJECT), Some(&last), 3);
        if next.is_empty() {
            break;
        }
        seen.extend(next);
    }
    assert_eq!(seen, made);
    let page = PageRequest { size: 3, after: Some(made[1].id) };
    let shown = harness.read(move |stores| stores.jobs().list_shown(account().id, PROJECT, page));
    assert_eq!(shown, Page { entries: made[2..5].iter().cloned().map(ShownJob::from).collect(), more: true });
    assert!(list(Some(ProjectId::new(2)), None, 10).is_empty());
    assert_eq!(list(None, None, 100).len(), 8, "an operator sees internal ones, too");
}

fn last_failure<U: UnitOfWork>(harness: &Harness<U>) {
    const LAST: &str = "the second: ığüşöç \"quoted\"";
    let job = enqueue(harness, erasure("a").starting_at(now()));
    for (number, at, text) in [(7, now(), "the first"), (8, seconds_later(3_600), LAST)] {
        let claim = claim(number, at, 1);
        assert_eq!(harness.write(move |stores| stores.jobs().claim(account().id, &claim)).len(), 1);
        let failure = Failure::new(FailureReason::Transient, text);
        assert!(change(
            harness,
            &job,
            Event::Fail { token: token(number), failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE },
            at
        ));
    }
    let failed = ShownJob::from(find(harness, &job));
    assert_eq!(failed.last_error.as_ref().map(FailureText::as_str), Some(LAST));
    let page = PageRequest { size: 10, after: None };
    let shown = harness.read(move |stores| stores.jobs().list_shown(account().id, PROJECT, page));
    assert_eq!(shown, Page { entries: vec![failed], more: false });
}

fn long_texts<U: UnitOfWork>(harness: &Harness<U>) {
    const JOBS: usize = 300;
    let jobs: Vec<_> = (0..JOBS).map(|number| erasure(&format!("{number:0>1000}"))).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    let list = |after| {
        let page = PageRequest { size: 1_000, after };
        harness.read(move |stores| stores.jobs().list_shown(account().id, PROJECT, page))
    };
    let first = list(None);
    assert!(first.more && first.entries.len() < JOBS, "{}", first.entries.len());
    let rest = list(first.entries.last().map(|job| job.id));
    assert!(!rest.more);
    assert_eq!(first.entries.len() + rest.entries.len(), JOBS);
}

fn claim_matches_the_domain<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, traced_job("42"));
    let claim = claim(7, seconds_later(3), 10);
    let claimed = harness.write(move |stores| stores.jobs().claim(account().id, &claim));
    let (expected, _) = job.apply(event_of(&claim), seconds_later(3)).expect("it is due");
    assert_eq!(claimed, std::slice::from_ref(&expected));
    assert_eq!(find(harness, &expected), expected);
}

fn not_before_due<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, erasure("a"));
    let just_before = Timestamp::from_micros(job.start_at.micros() - 1);
    let due = job.start_at;
    assert!(harness.write(move |stores| stores.jobs().claim(account().id, &claim(7, just_before, 10))).is_empty());
    assert!(harness.read(move |stores| stores.jobs().accounts_with_due(just_before, all_actions(), 10)).is_empty());
    assert_eq!(harness.read(|stores| stores.jobs().next_due(all_actions())), Some(due));
    assert_eq!(harness.read(move |stores| stores.jobs().accounts_with_due(due, all_actions(), 10)), [account().id]);
    assert_eq!(harness.write(move |stores| stores.jobs().claim(account().id, &claim(7, due, 10))).len(), 1);
    assert_eq!(harness.read(|stores| stores.jobs().next_due(all_actions())), None);
}

fn claim_order<U: UnitOfWork>(harness: &Harness<U>) {
    let pruning = enqueue(harness, NewJob::prune(Pruning::EndedJobs, now().minutes_before(60), now()));
    let late = enqueue(harness, NewJob::assign_calendar_id(reference("late"), now()));
    let early = enqueue(harness, NewJob::assign_calendar_id(reference("early"), now().minutes_before(1)));
    let same = enqueue(harness, NewJob::assign_calendar_id(reference("same"), now()));
    let first = claim_now(harness, 7, 3);
    assert_eq!(first.iter().map(|job| job.id).collect::<Vec<_>>(), [early.id, late.id, same.id]);
    assert_eq!(claim_now(harness, 8, 3).iter().map(|job| job.id).collect::<Vec<_>>(), [pruning.id]);
}

fn claim_over_priorities<U: UnitOfWork>(harness: &Harness<U>) {
    // The jobs of the middle priority wait for midnight, and must not block the lower one.
    for number in 0..5 {
        enqueue(harness, erasure(&number.to_string()));
    }
    let sweeps = [Pruning::EndedJobs, Pruning::DeletedRows].map(|what| enqueue(harness, NewJob::prune(what, now(), now())));
    let courses = ["1", "2"].map(|course| enqueue(harness, due_job(course)));
    let expiry = enqueue(harness, NewJob::expire_sessions(now(), now()));
    let ids = |jobs: Vec<Job>| jobs.iter().map(|job| job.id).collect::<Vec<_>>();
    assert_eq!(ids(claim_now(harness, 7, 4)), [courses[0].id, courses[1].id, expiry.id, sweeps[0].id]);
    assert_eq!(ids(claim_now(harness, 8, 4)), [sweeps[1].id]);
    assert!(claim_now(harness, 9, 4).is_empty());
}

fn unknown_actions<U: UnitOfWork>(harness: &Harness<U>) {
    let course = enqueue(harness, due_job("42"));
    let sweep = enqueue(harness, NewJob::prune(Pruning::EndedJobs, now(), now()));
    let sweeps: Actions = [Action::Prune, Action::ExpireSessions].into_iter().collect();
    let claim = Claim { actions: sweeps, ..claim(7, now(), 10) };
    let claimed = harness.write(move |stores| stores.jobs().claim(account().id, &claim));
    assert_eq!(claimed.iter().map(|job| job.id).collect::<Vec<_>>(), [sweep.id]);
    assert_eq!(find(harness, &course).status(), JobStatus::Scheduled);
    // Workers are not woken for jobs that they can't run.
    assert_eq!(harness.read(move |stores| stores.jobs().next_due(sweeps)), None);
    assert!(harness.read(move |stores| stores.jobs().accounts_with_due(now(), sweeps, 10)).is_empty());
    assert_eq!(harness.read(|stores| stores.jobs().next_due(all_actions())), Some(now()));
}

fn racing_claims<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const JOBS: usize = 200;
    let jobs: Vec<_> = (0..JOBS).map(|number| due_job(&number.to_string())).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    let workers: Vec<_> = (1..=3_u128)
        .map(|worker| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move {
                let mut mine = Vec::new();
                for round in 0..100_u128 {
                    let claim = claim(worker << 32 | round, now(), 7);
                    let claimed =
                        uow.write(account().id, move |stores| stores.jobs().claim(account().id, &claim)).await.expect("the claim succeeds");
                    mine.extend(claimed.iter().map(|job| job.id));
                }
                mine
            })
        })
        .collect();
    let claimed: Vec<_> = workers.into_iter().flat_map(|worker| harness.runtime().block_on(worker).expect("the worker ends")).collect();
    assert_eq!(claimed.len(), JOBS);
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
}

fn accounts_with_due<U: UnitOfWork>(harness: &Harness<U>) {
    enqueue(harness, due_job("42"));
    let older = NewJob::assign_calendar_id(reference("42"), now().minutes_before(1));
    harness.write(move |stores| stores.jobs().enqueue(other_account().id, &older));
    let due = |limit| harness.read(move |stores| stores.jobs().accounts_with_due(now(), all_actions(), limit));
    assert_eq!(due(10), [other_account().id, account().id]);
    assert_eq!(due(1), [other_account().id]);
    assert_eq!(claim_now(harness, 7, 10).len(), 1);
    assert_eq!(due(10), [other_account().id], "a claim leaves other accounts alone");
}

fn isolation<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, due_job("42"));
    claim_now(harness, 7, 1);
    let id = job.id;
    let stranger = other_account().id;
    assert_eq!(harness.read(move |stores| stores.jobs().find(stranger, id)), None);
    let pair = held(&job, 7);
    assert!(harness.write(move |stores| stores.jobs().renew(stranger, &[pair], seconds_later(99))).is_empty());
    let done = Completion { held: pair, result: None };
    assert!(harness.write(move |stores| stores.jobs().complete_many(stranger, &[done], now())).is_empty());
    let running = find(harness, &job);
    assert_eq!(running.status(), JobStatus::Running);
    assert!(!harness.write(move |stores| stores.jobs().replace(stranger, &running, &running)));
}

fn renewal<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, due_job("42"));
    let lost = enqueue(harness, due_job("43"));
    let claimed = claim_now(harness, 7, 2);
    assert!(change(harness, &lost, Event::Cancel, now()));
    let (kept, gone, stranger) = (held(&job, 7), held(&lost, 7), held(&job, 8));
    let renewed = harness.write(move |stores| stores.jobs().renew(account().id, &[kept, gone, stranger], seconds_later(20)));
    assert_eq!(renewed, [kept]);
    let JobState::Running(run) = find(harness, &job).state else { panic!("it runs") };
    assert_eq!(run.lease.until, seconds_later(20));
    assert_eq!(find(harness, &job).updated_at, claimed[0].updated_at, "a heartbeat is not a change");
    assert!(harness.write(|stores| stores.jobs().renew(account().id, &[], seconds_later(20))).is_empty());
}

fn fenced_completion<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, due_job("42"));
    claim_now(harness, 7, 1);
    let expired = Event::LeaseExpired { term: TERM, retry: RetryPolicy::DEFAULT };
    assert!(change(harness, &job, expired, seconds_later(15)));
    let second = claim(8, seconds_later(15), 1);
    assert_eq!(harness.write(move |stores| stores.jobs().claim(account().id, &second)).len(), 1);

    let complete = |number| {
        let done = Completion { held: held(&job, number), result: None };
        harness.write(move |stores| stores.jobs().complete_many(account().id, &[done], seconds_later(16)))
    };
    assert!(complete(7).is_empty(), "the first worker lost its lease");
    assert_eq!(find(harness, &job).status(), JobStatus::Running);
    assert_eq!(complete(8), [held(&job, 8)]);
    assert!(complete(8).is_empty(), "once is enough");
    let ended = find(harness, &job);
    assert_eq!((ended.status(), ended.state.attempts().get()), (JobStatus::Completed, 2));
}

fn batch_completion<U: UnitOfWork>(harness: &Harness<U>) {
    let jobs: Vec<_> = (0..100).map(|number| due_job(&number.to_string())).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    let claimed = claim_now(harness, 7, 100);
    let done: Vec<_> = claimed
        .iter()
        .zip(0_u64..)
        .map(|(job, rows)| Completion { held: held(job, 7), result: (rows > 0).then(|| Progress::Rows(RowCount::new(rows))) })
        .collect();
    let completed = harness.write(move |stores| stores.jobs().complete_many(account().id, &done, seconds_later(1)));
    assert_eq!(completed.len(), 100);
    for (job, rows) in claimed.iter().zip(0_u64..).step_by(33) {
        let (mut expected, _) = job.clone().apply(Event::Succeed { token: token(7) }, seconds_later(1)).expect("it runs");
        expected.progress = (rows > 0).then(|| Progress::Rows(RowCount::new(rows)));
        assert_eq!(find(harness, job), expected);
    }
}

fn exchange<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, done: Vec<Completion>, claim: Claim) -> Exchanged {
    let exchanged = harness.unit_of_work().write_single_statement(account, move |stores| stores.jobs().exchange(account, &done, &claim));
    harness.runtime().block_on(exchanged).map_err(|error: StoreError| error).expect("the exchange succeeds")
}

fn exchange_matches_the_domain<U: UnitOfWork>(harness: &Harness<U>) {
    let jobs: Vec<_> = (0..40).map(|number| due_job(&number.to_string())).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    let mut running: Vec<Job> = Vec::new();
    // Completions of one job and of several; the last claim asks for more jobs than are left.
    for (round, (done, limit)) in [(0, 1), (1, 1), (1, 3), (3, 12), (1, 9), (12, 2), (0, 100)].into_iter().enumerate() {
        let (at, number) = (seconds_later(u64::try_from(round).expect("few rounds")), 100 + u128::try_from(round).expect("few rounds"));
        let claim = claim(number, at, limit);
        let waiting = harness.read(|stores| stores.jobs().list(account().id, None, PageRequest { size: 100, after: None }));
        let due = waiting.into_iter().filter(|job| job.status() == JobStatus::Scheduled).take(limit.into());
        let expected: Vec<_> = due.map(|job| job.apply(event_of(&claim), at).expect("it is due").0).collect();
        let done: Vec<_> = running.drain(..done).collect();
        let completions: Vec<_> = done
            .iter()
            .zip(0_u64..)
            .map(|(job, rows)| {
                let JobState::Running(run) = job.state else { panic!("it runs") };
                let result = (rows != 1).then(|| Progress::Rows(RowCount::new(rows)));
                Completion { held: HeldJob { job: job.id, token: run.lease.token }, result }
            })
            .collect();
        let mut exchanged = exchange(harness, account().id, completions.clone(), claim);
        exchanged.completed.sort();
        assert_eq!(exchanged.completed, completions.iter().map(|done| done.held).collect::<Vec<_>>(), "round {round}");
        assert_eq!(exchanged.claimed, expected, "round {round}");
        for (before, Completion { held, result }) in done.into_iter().zip(completions) {
            let (mut after, _) = before.apply(Event::Succeed { token: held.token }, at).expect("it runs");
            after.progress = result;
            assert_eq!(find(harness, &after), after);
        }
        for job in &exchanged.claimed {
            assert_eq!(find(harness, job), *job);
        }
        running.extend(exchanged.claimed);
    }
    assert_eq!(running.len(), 40 - 18);
}

fn fenced_exchange<U: UnitOfWork>(harness: &Harness<U>) {
    let (job, other) = (enqueue(harness, due_job("42")), enqueue(harness, due_job("43")));
    claim_now(harness, 7, 2);
    let done = |job, number| Completion { held: held(job, number), result: None };

    let nothing = Exchanged::default();
    assert_eq!(exchange(harness, account().id, vec![done(&job, 8)], claim(9, now(), 1)), nothing, "another's lease");
    assert_eq!(exchange(harness, other_account().id, vec![done(&job, 7)], claim(9, now(), 1)), nothing, "another's account");
    assert_eq!(find(harness, &job).status(), JobStatus::Running);

    let exchanged = exchange(harness, account().id, vec![done(&other, 8), done(&job, 7), done(&other, 6)], claim(9, now(), 1));
    assert_eq!(exchanged, Exchanged { completed: vec![held(&job, 7)], claimed: Vec::new() });
    assert_eq!([find(harness, &job).status(), find(harness, &other).status()], [JobStatus::Completed, JobStatus::Running]);
    // A completed job can't be completed again.
    assert_eq!(exchange(harness, account().id, vec![done(&job, 7)], claim(9, now(), 1)), nothing);
}

fn racing_exchanges<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const JOBS: usize = 200;
    let jobs: Vec<_> = (0..JOBS).map(|number| due_job(&number.to_string())).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    let workers: Vec<_> = (1..=4_u16)
        .map(|worker| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move {
                let (mut done, mut completed) = (Vec::new(), Vec::new());
                for round in 0.. {
                    // The workers claim one, three, seven or eleven jobs at a time; eleven is more than a small batch.
                    let number = u128::from(worker) << 32 | round;
                    let claim = claim(number, now(), [1, 3, 7, 11][usize::from(worker) - 1]);
                    let exchanged =
                        uow.write_single_statement(account().id, move |stores| stores.jobs().exchange(account().id, &done, &claim)).await;
                    let exchanged = exchanged.map_err(|error: StoreError| error).expect("the exchange succeeds");
                    completed.extend(exchanged.completed.iter().map(|held| held.job));
                    if exchanged.completed.is_empty() && exchanged.claimed.is_empty() && round > 0 {
                        break;
                    }
                    done = exchanged.claimed.iter().map(|job| Completion { held: held(job, number), result: None }).collect();
                }
                completed
            })
        })
        .collect();
    let completed: Vec<_> = workers.into_iter().flat_map(|worker| harness.runtime().block_on(worker).expect("the worker ends")).collect();
    assert_eq!(completed.len(), JOBS);
    assert_eq!(completed.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
    let depth = harness.read(|stores| stores.jobs().depth());
    assert_eq!((depth.scheduled, depth.running), (0, 0));
}

fn expiry<U: UnitOfWork>(harness: &Harness<U>) {
    let job = enqueue(harness, due_job("42"));
    claim_now(harness, 7, 1);
    let accounts = |at| harness.read(move |stores| stores.jobs().accounts_with_expired(at, TERM));
    let locked = |at| harness.write(move |stores| stores.jobs().lock_expired(account().id, at, TERM, 10));
    let living = seconds_later(14);
    assert!(accounts(living).is_empty() && locked(living).is_empty());
    let ended = seconds_later(15);
    assert_eq!(accounts(ended), [account().id]);
    assert_eq!(locked(ended), [find(harness, &job)]);
    // The clock was set back by an hour: a lease that would last that long counts as ended.
    let set_back = now().minutes_before(60);
    assert_eq!((accounts(set_back).len(), locked(set_back).len()), (1, 1));
}

/// The accounts that may have jobs whose lease has ended, and the ids of those jobs of the account.
fn expired<U: UnitOfWork>(harness: &Harness<U>, at: Timestamp) -> (Vec<AccountId>, Vec<JobId>) {
    let accounts = harness.read(move |stores| stores.jobs().accounts_with_expired(at, TERM));
    let jobs = harness.write(move |stores| stores.jobs().lock_expired(account().id, at, TERM, 100));
    (accounts, jobs.into_iter().map(|job| job.id).collect())
}

fn racing_rescues<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const JOBS: usize = 40;
    let jobs: Vec<_> = (0..JOBS).map(|number| due_job(&number.to_string())).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    assert_eq!(claim_now(harness, 7, 30).len() + claim_now(harness, 8, 30).len(), JOBS);
    let ended = seconds_later(15);
    let rescuers: Vec<_> = (0..3)
        .map(|_| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move {
                let rescue = move |stores: &mut dyn Stores| -> Result<Vec<JobId>, StoreError> {
                    let mut rescued = Vec::new();
                    for job in stores.jobs().lock_expired(account().id, ended, TERM, 100)? {
                        let event = Event::LeaseExpired { term: TERM, retry: RetryPolicy::DEFAULT };
                        rescued.extend(apply(stores, account().id, &job, event, ended)?.then_some(job.id));
                    }
                    Ok(rescued)
                };
                uow.write(account().id, rescue).await.expect("the rescue succeeds")
            })
        })
        .collect();
    let rescued: Vec<_> = rescuers.into_iter().flat_map(|rescuer| harness.runtime().block_on(rescuer).expect("the rescuer ends")).collect();
    assert_eq!(rescued.len(), JOBS);
    assert_eq!(rescued.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
    let page = PageRequest { size: 100, after: None };
    for job in harness.read(move |stores| stores.jobs().list(account().id, None, page)) {
        assert_eq!((job.status(), job.state.attempts().get(), job.failures.iter().len()), (JobStatus::Scheduled, 1, 1));
    }
    // A further look may be in vain, and then the account is not named again.
    assert_eq!(expired(harness, ended).1, []);
    assert_eq!(expired(harness, ended).0, []);
}

fn renewal_of_a_claim<U: UnitOfWork>(harness: &Harness<U>) {
    let jobs = ["1", "2", "3"].map(|number| enqueue(harness, due_job(number)));
    assert_eq!(claim_now(harness, 7, 3).len(), 3);
    let all = jobs.each_ref().map(|job| held(job, 7));
    assert_eq!(harness.write(move |stores| stores.jobs().renew(account().id, &all, seconds_later(20))).len(), 3);
    assert_eq!(expired(harness, seconds_later(16)).1, []);
    assert_eq!(expired(harness, seconds_later(16)), (Vec::new(), Vec::new()));
    assert_eq!(expired(harness, seconds_later(20)), (vec![account().id], jobs.map(|job| job.id).to_vec()));
}

fn last_of_a_claim<U: UnitOfWork>(harness: &Harness<U>) {
    let [done, cancelled, last] = ["1", "2", "3"].map(|number| enqueue(harness, due_job(number)));
    assert_eq!(claim_now(harness, 7, 3).len(), 3);
    assert_eq!(harness.write(|stores| stores.jobs().adopt_running()), RowCount::ZERO, "a claim is found as it is");
    let completion = Completion { held: held(&done, 7), result: None };
    assert_eq!(harness.write(move |stores| stores.jobs().complete_many(account().id, &[completion], seconds_later(1))).len(), 1);
    assert!(change(harness, &cancelled, Event::Cancel, seconds_later(1)));
    let ended = seconds_later(15);
    assert_eq!(expired(harness, ended), (vec![account().id], vec![last.id]));
    assert!(change(harness, &last, Event::LeaseExpired { term: TERM, retry: RetryPolicy::DEFAULT }, ended));
    assert_eq!(expired(harness, ended).1, []);
    assert_eq!(expired(harness, ended), (Vec::new(), Vec::new()));
}

fn conditional_replace<U: UnitOfWork>(harness: &Harness<U>) {
    let scheduled = enqueue(harness, due_job("42"));
    claim_now(harness, 7, 1);
    let (cancelled, _) = scheduled.clone().apply(Event::Cancel, now()).expect("it waited");
    let after = cancelled.clone();
    let before = scheduled.clone();
    assert!(!harness.write(move |stores| stores.jobs().replace(account().id, &before, &after)), "it runs meanwhile");
    let (foreign, _) = scheduled.clone().apply(event_of(&claim(8, now(), 1)), now()).expect("it was due");
    assert!(!harness.write(move |stores| stores.jobs().replace(account().id, &foreign, &cancelled)), "by another lease");
    assert_eq!(find(harness, &scheduled).status(), JobStatus::Running);
}

/// Runs two competing operations on each of many due jobs at once, and expects that exactly one succeeds.
fn race<U: UnitOfWork + Clone>(
    harness: &Harness<U>,
    claimed_before: bool,
    rival: fn(&mut dyn Stores, &Job) -> Result<bool, StoreError>,
    after_rival: JobStatus,
) {
    for number in 0..20 {
        let job = enqueue(harness, due_job(&number.to_string()));
        if claimed_before {
            claim_now(harness, 7, 1);
        }
        let (uow, mine) = (harness.unit_of_work().clone(), job.clone());
        let cancelled = harness
            .runtime()
            .spawn(async move { uow.write(account().id, move |stores| apply(stores, account().id, &mine, Event::Cancel, now())).await });
        let (uow, mine) = (harness.unit_of_work().clone(), job.clone());
        let rivalled = harness.runtime().spawn(async move { uow.write(account().id, move |stores| rival(stores, &mine)).await });
        let ended = |task: tokio::task::JoinHandle<Result<bool, StoreError>>| {
            harness.runtime().block_on(task).expect("the task ends").expect("the write succeeds")
        };
        let (cancelled, rivalled): (bool, bool) = (ended(cancelled), ended(rivalled));
        let expected = if cancelled { JobStatus::Cancelled } else { after_rival };
        assert_eq!(find(harness, &job).status(), expected, "cancelled: {cancelled}, rival: {rivalled}");
        assert!(cancelled || rivalled);
        if after_rival == JobStatus::Completed {
            assert_ne!(cancelled, rivalled);
        }
    }
}

fn cancel_races_completion<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    let complete = |stores: &mut dyn Stores, job: &Job| {
        let done = Completion { held: held(job, 7), result: None };
        Ok(!stores.jobs().complete_many(account().id, &[done], now())?.is_empty())
    };
    race(harness, true, complete, JobStatus::Completed);
}

fn cancel_races_claim<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    // A running job may be cancelled as well, so both may succeed, but only in this order.
    let claim = |stores: &mut dyn Stores, _: &Job| Ok(!stores.jobs().claim(account().id, &claim(7, now(), 1))?.is_empty());
    race(harness, false, claim, JobStatus::Running);
}

fn revival_conflict<U: UnitOfWork>(harness: &Harness<U>) {
    let first = enqueue(harness, due_job("42"));
    claim_now(harness, 7, 1);
    let failure = Failure::new(FailureReason::Permanent, "never again");
    assert!(change(harness, &first, Event::Fail { token: token(7), failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE }, now()));
    enqueue(harness, due_job("42"));
    let refused = harness.try_write(move |stores| apply(stores, account().id, &first, Event::Retry, now()));
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::LiveJob))), "{refused:?}");
}

fn pruning<U: UnitOfWork>(harness: &Harness<U>) {
    let jobs: Vec<_> = (0..5).map(|number| enqueue(harness, due_job(&number.to_string()))).collect();
    let waiting = enqueue(harness, due_job("waiting"));
    for (job, ended) in jobs.iter().zip(1_u64..) {
        assert!(change(harness, job, Event::Cancel, seconds_later(ended)));
    }
    let prune = |limit| harness.write(move |stores| stores.jobs().prune(account().id, seconds_later(4), limit));
    assert_eq!([prune(2), prune(2), prune(2)], [RowCount::new(2), RowCount::new(1), RowCount::ZERO]);
    let page = PageRequest { size: 10, after: None };
    let left = harness.read(move |stores| stores.jobs().list(account().id, None, page));
    assert_eq!(left.iter().map(|job| job.id).collect::<Vec<_>>(), [jobs[3].id, jobs[4].id, waiting.id]);
}

fn depth<U: UnitOfWork>(harness: &Harness<U>) {
    assert_eq!(harness.read(|stores| stores.jobs().depth()), derslik_ports::outbound::QueueDepth::default());
    for number in 0..5 {
        enqueue(harness, due_job(&number.to_string()));
    }
    let cancelled = claim_now(harness, 7, 2);
    change(harness, &cancelled[0], Event::Cancel, now());
    let depth = harness.read(|stores| stores.jobs().depth());
    assert_eq!((depth.scheduled, depth.running, depth.next_due), (3, 1, Some(now())));
}
