//! Audit records.

use derslik_domain::audit::{AuditEvent, AuditFilter, AuditRecord, NewAuditRecord, Requester};
use derslik_domain::id::{AccountId, Id, JobId};
use derslik_domain::job::{ErasureCounts, ErasureKind, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{Reason, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, now, other_account};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "an_audit_record_comes_back_without_the_name", run: round_trip },
        Case { name: "audit_records_are_found_by_the_name_and_by_the_job", run: found },
        Case { name: "audit_records_are_listed_page_by_page", run: pages },
        Case { name: "what_was_undone_left_no_audit_record", run: undone },
    ]
}

const ALL: AuditFilter = AuditFilter { about: None, job: None };

fn add<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, job: i64, about: &str, event: AuditEvent) {
    let about = ReferenceId::new(about).expect("a reference");
    harness.write(move |stores| {
        let record = NewAuditRecord { at: now(), job: JobId::new(job), about, event };
        stores.audit().add(account, &record)
    });
}

fn list<U: UnitOfWork>(harness: &Harness<U>, account: AccountId, filter: AuditFilter) -> Vec<AuditRecord> {
    harness.read(move |stores| stores.audit().list(account, &filter, PageRequest { size: 100, after: None }))
}

fn requested() -> AuditEvent {
    AuditEvent::ErasureRequested(Requester::Principal(Id::new(4_490), Id::new(3)))
}

fn about(name: &str) -> AuditFilter {
    AuditFilter { about: ReferenceId::new(name).ok(), ..ALL }
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    let counts: ErasureCounts =
        [(ErasureKind::Sessions, RowCount::new(2_500)), (ErasureKind::Profile, RowCount::new(1))].into_iter().collect();
    let events = [
        requested(),
        AuditEvent::ErasureCancelled(Requester::Operator, counts),
        AuditEvent::ErasureCompleted(counts),
        AuditEvent::ErasureCompleted(ErasureCounts::default()),
    ];
    for event in events {
        add(harness, account().id, 3_451, "mehdi@openreplay.com", event);
    }
    let records = list(harness, account().id, ALL);
    assert_eq!(records.iter().map(|record| record.event).collect::<Vec<_>>(), events);
    assert!(records.iter().all(|record| (record.at, record.job) == (now(), JobId::new(3_451))));
    assert!(records.windows(2).all(|pair| pair[0].subject == pair[1].subject && pair[0].id < pair[1].id));
}

fn found<U: UnitOfWork>(harness: &Harness<U>) {
    add(harness, account().id, 1, "a@b", requested());
    add(harness, account().id, 2, "A@b", requested());
    add(harness, account().id, 3, "a@b", requested());
    add(harness, other_account().id, 3, "a@b", requested());
    let jobs = |filter| list(harness, account().id, filter).iter().map(|record| record.job.get()).collect::<Vec<_>>();
    assert_eq!(jobs(about("a@b")), [1, 3]);
    assert_eq!(jobs(about("A@b")), [2]);
    assert_eq!(jobs(about("a@")), []);
    assert_eq!(jobs(AuditFilter { job: Some(JobId::new(3)), ..about("a@b") }), [3]);
    assert_eq!(jobs(AuditFilter { job: Some(JobId::new(2)), ..ALL }), [2]);
    // The records do not reveal that two accounts erased the same person.
    let (here, there) = (list(harness, account().id, about("a@b")), list(harness, other_account().id, about("a@b")));
    assert_eq!((here.len(), there.len()), (2, 1));
    assert_ne!(here[0].subject, there[0].subject);
}

fn pages<U: UnitOfWork>(harness: &Harness<U>) {
    (1..=7).for_each(|job| add(harness, account().id, job, "a", requested()));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = harness.read(move |stores| stores.audit().list(account().id, &ALL, PageRequest { size: 3, after }));
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.iter().map(|record| record.job.get()));
    }
    assert_eq!(seen, (1..=7).collect::<Vec<_>>());
}

fn undone<U: UnitOfWork>(harness: &Harness<U>) {
    let undone: Result<(), _> = harness.try_write(|stores| {
        let about = ReferenceId::none();
        stores.audit().add(account().id, &NewAuditRecord { at: now(), job: JobId::new(1), about, event: requested() })?;
        Err(StoreError::from(Reason::Unreachable))
    });
    assert!(undone.is_err());
    assert_eq!(list(harness, account().id, ALL), []);
}
