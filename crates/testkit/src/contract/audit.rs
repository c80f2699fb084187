//! Audit records, and the seals over them.

use std::time::Duration;

use derslik_domain::audit::{
    AuditEvent, AuditFilter, AuditHead, AuditId, AuditRecord, Change, Checkpoint, DenialCause, Erasure, ErasureStage, EventKind,
    INSTALLATION, NewAuditRecord, Object, ObjectKind, Requester, Seal, SealKeyId, SealSequence, StoredSeal,
};
use derslik_domain::id::{AccountId, Id, JobId};
use derslik_domain::job::{ErasureCounts, ErasureKind, ReferenceId};
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Reason, RecordBytes, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, now, other_account};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "an_audit_record_comes_back_without_the_name", run: round_trip },
        Case { name: "every_kind_of_audit_event_comes_back", run: every_kind },
        Case { name: "audit_records_are_found_by_the_name_and_by_the_job", run: found },
        Case { name: "audit_records_are_found_by_their_event_and_their_time", run: found_by_event_and_time },
        Case { name: "audit_records_that_are_added_together_come_back_in_their_order", run: added_together },
        Case { name: "audit_records_are_listed_page_by_page", run: pages },
        Case { name: "the_newest_audit_records_come_first", run: newest_first },
        Case { name: "an_old_audit_record_is_found_by_its_time_in_a_long_log", run: long_log },
        Case { name: "what_was_undone_left_no_audit_record", run: undone },
        Case { name: "sealed_records_come_back_with_their_seals_in_order", run: sealing },
        Case { name: "a_position_of_a_seal_is_taken_once", run: taken },
        Case { name: "the_bytes_of_a_record_stay_the_same_once_it_is_sealed", run: bytes },
        Case { name: "pruned_records_leave_a_checkpoint", run: pruning },
        Case { name: "records_that_were_never_sealed_are_pruned_by_their_age", run: pruning_unsealed },
        Case { name: "the_audit_logs_of_accounts_are_apart", run: apart },
    ]
}

const ALL: AuditFilter = AuditFilter { about: None, job: None, event: None, from: None, before: None };
const EVERYTHING: PageRequest<derslik_domain::audit::AuditId> = PageRequest { size: 1_000, after: None };

type NewEvent = AuditEvent<ReferenceId>;

fn add_at<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, at: Timestamp, event: NewEvent) {
    harness.write(move |stores| stores.audit().add(account, &NewAuditRecord { at, event }));
}

fn add<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, event: NewEvent) {
    add_at(harness, account, now(), event);
}

fn list<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, filter: AuditFilter) -> Vec<AuditRecord> {
    harness.read(move |stores| stores.audit().list(account, &filter, EVERYTHING))
}

fn erasure(job: i64, about: &str, stage: ErasureStage) -> NewEvent {
    AuditEvent::Erasure(Erasure { job: JobId::new(job), subject: ReferenceId::new(about).expect("a reference"), stage })
}

fn requested(job: i64, about: &str) -> NewEvent {
    erasure(job, about, ErasureStage::Requested(Requester::Principal(Id::new(4_490), Id::new(3))))
}

fn denied(count: u64) -> NewEvent {
    AuditEvent::Denied { cause: DenialCause::Expired, count }
}

fn about(name: &str) -> AuditFilter {
    AuditFilter { about: ReferenceId::new(name).ok(), ..ALL }
}

fn counts() -> ErasureCounts {
    [(ErasureKind::Sessions, RowCount::new(2_500)), (ErasureKind::Profile, RowCount::new(1))].into_iter().collect()
}

fn added_together<U: UnitOfWork>(harness: &Harness<U>) {
    let names: Vec<_> = (0..1_500).map(|number| format!("user{number}")).collect();
    let events: Vec<_> = names.iter().map(|user| requested(3_451, user)).chain([denied(3)]).collect();
    let records: Vec<_> = events.into_iter().map(|event| NewAuditRecord { at: now(), event }).collect();
    harness.write(move |stores| {
        stores.audit().add_many(account().id, &[])?;
        stores.audit().add_many(account().id, &records)
    });
    let page = PageRequest { size: 2_000, after: None };
    let all = harness.read(move |stores| stores.audit().list(account().id, &ALL, page));
    let kinds: Vec<_> = all.iter().map(|record| record.event.kind()).collect();
    assert_eq!(kinds.len(), 1_501);
    assert!(kinds[..1_500].iter().all(|kind| *kind == EventKind::ErasureRequested));
    assert_eq!(kinds.last(), Some(&EventKind::Denied(DenialCause::Expired)));
    // Each of them is about its own user.
    let found = list(harness, account().id, about("user1499"));
    assert_eq!(found.iter().map(|record| record.id).collect::<Vec<_>>(), [all[1_499].id]);
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    let stages = [
        ErasureStage::Requested(Requester::Principal(Id::new(4_490), Id::new(3))),
        ErasureStage::Cancelled(Requester::Operator, counts()),
        ErasureStage::Cancelled(Requester::Admin(Id::new(4_490)), counts()),
        ErasureStage::Completed(counts()),
        ErasureStage::Completed(ErasureCounts::default()),
    ];
    for stage in stages {
        add(harness, account().id, erasure(3_451, "mehdi@openreplay.com", stage));
    }
    let records = list(harness, account().id, ALL);
    assert_eq!(records.len(), stages.len());
    for (record, stage) in records.iter().zip(stages) {
        let AuditEvent::Erasure(erasure) = &record.event else { panic!("{record:?}") };
        assert_eq!((record.at, erasure.job, erasure.stage), (now(), JobId::new(3_451), stage));
    }
    assert!(records.windows(2).all(|pair| pair[0].event.subject() == pair[1].event.subject() && pair[0].id < pair[1].id));
}

fn every_kind<U: UnitOfWork>(harness: &Harness<U>) {
    let requesters = [Requester::Operator, Requester::Admin(Id::new(4)), Requester::Principal(Id::new(4), Id::new(5))];
    let mut expected = Vec::new();
    for kind in ObjectKind::ALL {
        let object = kind.object(None).or(kind.object(Some(i64::MAX))).expect("an object");
        for change in Change::ALL {
            for requester in requesters {
                expected.push(AuditEvent::Change(requester, change, object));
                add(harness, account().id, AuditEvent::Change(requester, change, object));
            }
        }
    }
    for cause in DenialCause::ALL {
        expected.push(AuditEvent::Denied { cause, count: 1_000_000 });
        add(harness, account().id, AuditEvent::Denied { cause, count: 1_000_000 });
    }
    let stored: Vec<AuditEvent> = list(harness, account().id, ALL).into_iter().map(|record| record.event).collect();
    assert_eq!(stored, expected);
}

fn found<U: UnitOfWork>(harness: &Harness<U>) {
    add(harness, account().id, requested(1, "a@b"));
    add(harness, account().id, requested(2, "A@b"));
    add(harness, account().id, requested(3, "a@b"));
    add(harness, other_account().id, requested(3, "a@b"));
    add(harness, account().id, AuditEvent::Change(Requester::Operator, Change::RunNow, Object::Job(JobId::new(2))));
    let jobs =
        |filter| -> Vec<_> { list(harness, account().id, filter).iter().filter_map(|record| record.event.job().map(JobId::get)).collect() };
    assert_eq!(jobs(about("a@b")), [1, 3]);
    assert_eq!(jobs(about("A@b")), [2]);
    assert_eq!(jobs(about("a@")), []);
    assert_eq!(jobs(AuditFilter { job: Some(JobId::new(3)), ..about("a@b") }), [3]);
    assert_eq!(jobs(AuditFilter { job: Some(JobId::new(2)), ..ALL }), [2, 2]);
    // The records do not reveal that two accounts erased the same person.
    let (here, there) = (list(harness, account().id, about("a@b")), list(harness, other_account().id, about("a@b")));
    assert_eq!((here.len(), there.len()), (2, 1));
    assert_ne!(here[0].event.subject(), there[0].event.subject());
}

fn found_by_event_and_time<U: UnitOfWork>(harness: &Harness<U>) {
    for (minutes, event) in [(3, denied(1)), (2, requested(7, "a")), (1, denied(2))] {
        add_at(harness, account().id, now().minutes_before(minutes), event);
    }
    let found = |filter| -> Vec<_> {
        let minutes = |record: &AuditRecord| (now().micros() - record.at.micros()) / 60_000_000;
        list(harness, account().id, filter).iter().map(minutes).collect()
    };
    let of_event = AuditFilter { event: Some(EventKind::Denied(DenialCause::Expired)), ..ALL };
    assert_eq!(found(of_event.clone()), [3, 1]);
    assert_eq!(found(AuditFilter { event: Some(EventKind::ErasureRequested), ..ALL }), [2]);
    assert_eq!(found(AuditFilter { from: Some(now().minutes_before(2)), ..ALL }), [2, 1]);
    assert_eq!(found(AuditFilter { before: Some(now().minutes_before(2)), ..ALL }), [3]);
    assert_eq!(found(AuditFilter { from: Some(now().minutes_before(2)), ..of_event }), [1]);
}

fn pages<U: UnitOfWork>(harness: &Harness<U>) {
    (1..=7).for_each(|job| add(harness, account().id, requested(job, "a")));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = harness.read(move |stores| stores.audit().list(account().id, &ALL, PageRequest { size: 3, after }));
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.iter().filter_map(|record| record.event.job().map(JobId::get)));
    }
    assert_eq!(seen, (1..=7).collect::<Vec<_>>());
}

/// The newest records that match, with whether there are more.
fn latest<U: UnitOfWork>(harness: &Harness<U>, filter: AuditFilter, before: Option<AuditId>, size: u32) -> Page<AuditRecord> {
    harness.read(move |stores| stores.audit().latest(account().id, &filter, before, size))
}

fn newest_first<U: UnitOfWork>(harness: &Harness<U>) {
    assert_eq!(latest(harness, ALL, None, 3), Page { entries: Vec::new(), more: false });
    (1..=7).for_each(|job| add(harness, account().id, requested(job, if job % 2 == 0 { "even" } else { "odd" })));
    add_at(harness, account().id, now().minutes_before(60), denied(3));
    add(harness, other_account().id, requested(8, "even"));
    let all: Vec<_> = list(harness, account().id, ALL).into_iter().rev().collect();
    assert_eq!(latest(harness, ALL, None, 8), Page { entries: all.clone(), more: false });
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = latest(harness, ALL, before, 3);
        assert_eq!(page.entries.len(), if page.more { 3 } else { 2 });
        before = page.entries.last().map(|record| record.id);
        seen.extend(page.entries);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, all);
    let event = Some(EventKind::ErasureRequested);
    let old = AuditFilter { before: Some(now()), ..ALL };
    for filter in [about("even"), AuditFilter { event, ..about("odd") }, AuditFilter { from: Some(now()), ..ALL }, old] {
        let expected: Vec<_> = list(harness, account().id, filter.clone()).into_iter().rev().collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{filter:?}");
        assert_eq!(latest(harness, filter.clone(), None, 10), Page { entries: expected, more: false }, "{filter:?}");
    }
    let of_job = latest(harness, AuditFilter { job: Some(Id::new(4)), event, ..ALL }, None, 10);
    assert_eq!(of_job.entries.iter().filter_map(|record| record.event.job()).collect::<Vec<_>>(), [JobId::new(4)]);
}

fn long_log<U: UnitOfWork>(harness: &Harness<U>) {
    // Twice as many records as a list compares, one a second, and one of another kind before them.
    let seconds = u64::from(AuditFilter::LOOKED_AT) * 2;
    let at = |second: u64| now().plus(Duration::from_secs(second));
    let first = NewAuditRecord { at: now(), event: requested(1, "a") };
    let others = (1..=seconds).map(|second| NewAuditRecord { at: at(second), event: denied(second) });
    let records: Vec<_> = std::iter::once(first).chain(others).collect();
    harness.write(move |stores| stores.audit().add_many(account().id, &records));
    let times = |filter: AuditFilter, size| {
        let page = latest(harness, filter, None, size);
        (page.entries.into_iter().map(|record| record.at).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(times(AuditFilter { before: Some(at(3)), ..ALL }, 2), (vec![at(2), at(1)], true));
    assert_eq!(times(AuditFilter { before: Some(at(100)), from: Some(at(99)), ..ALL }, 2), (vec![at(99)], false));
    let event = Some(EventKind::ErasureRequested);
    assert_eq!(times(AuditFilter { event, before: Some(at(9)), ..ALL }, 2), (vec![now()], false));
    assert_eq!(times(AuditFilter { event, ..ALL }, 2), (Vec::new(), false), "it is too far back to be looked at");
    assert_eq!(times(AuditFilter { event, ..about("a") }, 2), (vec![now()], false), "records about a user are found anywhere");
}

fn undone<U: UnitOfWork>(harness: &Harness<U>) {
    let undone: Result<(), _> = harness.try_write(|stores| {
        stores.audit().add(account().id, &NewAuditRecord { at: now(), event: requested(1, "") })?;
        Err(StoreError::from(Reason::Unreachable))
    });
    assert!(undone.is_err());
    assert_eq!(list(harness, account().id, ALL), []);
}

fn unsealed<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, limit: u16) -> Vec<RecordBytes> {
    harness.read(move |stores| stores.seals().unsealed(account, limit))
}

const KEY: SealKeyId = SealKeyId::new([0xab; 8]);

/// A seal whose code tells its position.
fn seal(sequence: i64, record: &RecordBytes) -> StoredSeal {
    let code = Seal::new([u8::try_from(sequence).expect("a small number"); 32]);
    StoredSeal { sequence: SealSequence::new(sequence), record: record.id, key: KEY, seal: code }
}

/// Seals all records of the account that have no seal yet.
fn seal_all<U: UnitOfWork>(harness: &Harness<U>, account: AccountId) {
    harness.write(move |stores| {
        let head = stores.seals().head(account)?.sequence.get();
        let records = stores.seals().unsealed(account, 100)?;
        let seals: Vec<_> = records.iter().zip(head + 1..).map(|(record, sequence)| seal(sequence, record)).collect();
        stores.seals().add(account, &seals)
    });
}

fn head<U: UnitOfWork>(harness: &Harness<U>, account: AccountId) -> AuditHead {
    harness.read(move |stores| stores.seals().head(account))
}

/// The positions of the seals, with the records that have the same ids.
fn sealed<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, after: i64, limit: u16) -> Vec<i64> {
    let sealed = harness.read(move |stores| stores.seals().sealed(account, SealSequence::new(after), limit));
    let check = |sealed: derslik_ports::outbound::SealedRecord| {
        let record = sealed.record.expect("the record is there");
        assert_eq!((record.id, record.is_marked), (sealed.seal.record, true));
        assert_eq!(sealed.seal, seal(sealed.seal.sequence.get(), &record));
        sealed.seal.sequence.get()
    };
    sealed.into_iter().map(check).collect()
}

fn sealing<U: UnitOfWork>(harness: &Harness<U>) {
    assert_eq!(head(harness, account().id), AuditHead::START);
    (1..=3).for_each(|count| add(harness, account().id, denied(count)));
    assert_eq!(unsealed(harness, account().id, 2).len(), 2);
    let without = || harness.read(|stores| stores.seals().without_seal(account().id, EVERYTHING));
    assert!(without().len() == 3 && without().iter().all(|record| (record.at, record.is_marked) == (now(), false)));
    seal_all(harness, account().id);
    assert_eq!(unsealed(harness, account().id, 100), []);
    assert_eq!(without(), []);
    assert_eq!(head(harness, account().id), AuditHead { sequence: SealSequence::new(3), seal: Seal::new([3; 32]) });
    (4..=5).for_each(|count| add(harness, account().id, requested(count, "a")));
    assert_eq!(without().len(), 2);
    seal_all(harness, account().id);
    assert_eq!(sealed(harness, account().id, 0, 100), [1, 2, 3, 4, 5]);
    assert_eq!(sealed(harness, account().id, 1, 2), [2, 3]);
    assert_eq!(sealed(harness, account().id, 5, 2), []);
}

fn taken<U: UnitOfWork>(harness: &Harness<U>) {
    (1..=2).for_each(|count| add(harness, account().id, denied(count)));
    let records = unsealed(harness, account().id, 2);
    let (first, second) = (records[0].clone(), records[1].clone());
    let other = second.clone();
    harness.write(move |stores| stores.seals().add(account().id, &[seal(1, &first)]));
    assert!(harness.try_write(move |stores| stores.seals().add(account().id, &[seal(1, &other)])).is_err());
    harness.write(move |stores| stores.seals().add(account().id, &[seal(2, &second)]));
    assert_eq!(sealed(harness, account().id, 0, 100), [1, 2]);
}

fn bytes<U: UnitOfWork>(harness: &Harness<U>) {
    add(harness, account().id, erasure(1, "a", ErasureStage::Completed(counts())));
    add(harness, account().id, erasure(1, "a", ErasureStage::Completed(ErasureCounts::default())));
    add(harness, account().id, AuditEvent::Change(Requester::Operator, Change::Revoked, Object::Credential(Id::new(1))));
    add(harness, account().id, AuditEvent::Change(Requester::Operator, Change::Revoked, Object::Credential(Id::new(2))));
    add(harness, account().id, AuditEvent::Change(Requester::Admin(Id::new(1)), Change::Revoked, Object::Credential(Id::new(2))));
    add(harness, account().id, AuditEvent::Change(Requester::Admin(Id::new(2)), Change::Revoked, Object::Credential(Id::new(2))));
    let before = unsealed(harness, account().id, 100);
    assert!(before.windows(2).all(|pair| pair[0].bytes != pair[1].bytes));
    seal_all(harness, account().id);
    let after = harness.read(|stores| stores.seals().sealed(account().id, SealSequence::START, 100));
    let after: Vec<_> = after.into_iter().filter_map(|sealed| sealed.record).map(|record| (record.id, record.bytes)).collect();
    assert_eq!(after, before.into_iter().map(|record| (record.id, record.bytes)).collect::<Vec<_>>());
}

fn pruning<U: UnitOfWork>(harness: &Harness<U>) {
    for (minutes, count) in [(9, 1), (8, 2), (2, 3), (7, 4), (1, 5)] {
        add_at(harness, account().id, now().minutes_before(minutes), denied(count));
    }
    seal_all(harness, account().id);
    add_at(harness, account().id, now().minutes_before(9), denied(6));
    let prunable = |limit| harness.read(move |stores| stores.seals().prunable(account().id, now().minutes_before(5), limit));
    // The third is younger, so the fourth stays as well.
    assert_eq!(prunable(100).map(|head| head.sequence.get()), Some(2));
    assert_eq!(prunable(1).map(|head| head.sequence.get()), Some(1));
    for sequence in [1, 2] {
        let head = AuditHead { sequence: SealSequence::new(sequence), seal: Seal::new([1; 32]) };
        let checkpoint = Checkpoint { head, at: now(), key: KEY, code: Seal::new([7; 32]) };
        let pruned = harness.write(move |stores| stores.seals().prune(account().id, &checkpoint));
        assert_eq!(pruned, RowCount::new(1));
        assert_eq!(harness.read(|stores| stores.seals().checkpoint(account().id)), Some(checkpoint));
    }
    assert_eq!(prunable(100), None);
    assert_eq!(sealed(harness, account().id, 0, 100), [3, 4, 5]);
    assert_eq!(list(harness, account().id, ALL).len(), 4, "the one without a seal stays");
    // Without any seal, the chain goes on after the checkpoint.
    let last = AuditHead { sequence: SealSequence::new(5), seal: Seal::new([5; 32]) };
    let checkpoint = Checkpoint { head: last, at: now(), key: KEY, code: Seal::new([7; 32]) };
    harness.write(move |stores| stores.seals().prune(account().id, &checkpoint));
    assert_eq!(head(harness, account().id), last);
    seal_all(harness, account().id);
    assert_eq!(sealed(harness, account().id, 0, 100), [6]);
}

fn pruning_unsealed<U: UnitOfWork>(harness: &Harness<U>) {
    for (minutes, count) in [(9, 1), (8, 2), (1, 3), (7, 4)] {
        add_at(harness, account().id, now().minutes_before(minutes), denied(count));
    }
    let prune = || {
        let pruned = harness.write(|stores| stores.seals().prune_unsealed(account().id, now().minutes_before(5), 2));
        pruned.get()
    };
    assert_eq!([prune(), prune(), prune()], [2, 1, 0]);
    assert_eq!(list(harness, account().id, ALL).len(), 1);
    seal_all(harness, account().id);
    let pruned = harness.write(|stores| stores.seals().prune_unsealed(account().id, now().minutes_before(-5), 2));
    assert_eq!(pruned, RowCount::ZERO, "a sealed record stays");
}

fn apart<U: UnitOfWork>(harness: &Harness<U>) {
    for of in [account().id, other_account().id, INSTALLATION] {
        add(harness, of, denied(1));
        seal_all(harness, of);
    }
    for of in [account().id, other_account().id, INSTALLATION] {
        assert_eq!((list(harness, of, ALL).len(), sealed(harness, of, 0, 100)), (1, vec![1]));
    }
    let head = AuditHead { sequence: SealSequence::new(1), seal: Seal::new([1; 32]) };
    let checkpoint = Checkpoint { head, at: now(), key: KEY, code: Seal::new([7; 32]) };
    harness.write(move |stores| stores.seals().prune(INSTALLATION, &checkpoint));
    assert_eq!((list(harness, INSTALLATION, ALL).len(), list(harness, account().id, ALL).len()), (0, 1));
    assert_eq!(harness.read(|stores| stores.seals().checkpoint(account().id)), None);
}
