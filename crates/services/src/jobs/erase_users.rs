//! Creates one erasure job for many users, and records the requester for each of them in the audit log.

use derslik_domain::audit::{AuditEvent, Erasure, ErasureStage, NewAuditRecord, Requester};
use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ErasureUsers, NewJob, ProjectKey, ReferenceId};
use derslik_ports::inbound::{JobError, RequestedErasure};
use derslik_ports::outbound::{Enqueued, UnitOfWork};
use sha2::{Digest, Sha256};

use super::{Jobs, project_id};
use crate::author::{Author, write_as};

pub(super) async fn run<U: UnitOfWork>(
    service: &Jobs<U>,
    actor: &Actor,
    project: &ProjectKey,
    users: ErasureUsers,
) -> Result<RequestedErasure, JobError> {
    authorize(actor, Action::EraseUser)?;
    let (account, project, now) = (actor.account_id(), project.clone(), service.clock.now_of(actor.account_id()));
    let (requester, trace, list) = (Requester::from(actor), actor.trace, reference_of(&users));
    let id = service.new_id(account);
    write_as(&service.uow, Author::of(actor), move |stores| {
        let project = project_id(stores, account, &project)?;
        let new = NewJob::delete_users_data(project, list, now).with_trace(trace).with_id(id);
        let job = match stores.jobs().enqueue(account, &new)? {
            Enqueued::Live(job) => return Ok(RequestedErasure::Live(job)),
            Enqueued::Created(job) => job,
        };
        stores.erasures().add_users(account, job.id, &users)?;
        let record = |user: &ReferenceId| {
            let stage = ErasureStage::Requested(requester);
            let event = AuditEvent::Erasure(Erasure { job: job.id, subject: user.clone(), stage });
            NewAuditRecord { at: now, event }
        };
        let records: Vec<_> = users.iter().map(record).collect();
        stores.audit().add_many(account, &records)?;
        Ok(RequestedErasure::Created(job))
    })
    .await
}

/// The reference that stands for a list: the same for every list of the same users, so that such a list has one live job.
fn reference_of(users: &ErasureUsers) -> ReferenceId {
    let mut digest = Sha256::new();
    for user in users.sorted() {
        // With its length in front, no part of a reference is taken for the next one.
        digest.update(u64::try_from(user.as_str().len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(user.as_str());
    }
    ReferenceId::of_digest(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::id::Id;
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_testkit::builders::{PROJECT_KEY, account, actor_of, now, project};

    use super::*;

    fn users(texts: &[&str]) -> ErasureUsers {
        ErasureUsers::new(texts.iter().map(|text| ReferenceId::new(*text).unwrap()).collect()).unwrap()
    }

    /// Stores with one project, with or without a live job for the same users.
    fn stores(is_live: bool) -> MockStores {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().returning(|_, _| Ok(Some(project())));
        stores.jobs.expect_enqueue().once().returning(move |_, job| {
            assert_eq!((job.project(), job.reference()), (Some(project().id), &reference_of(&users(&["ayse", "ali"]))));
            let job = job.clone().into_job(Id::new(3_451));
            Ok(if is_live { Enqueued::Live(job) } else { Enqueued::Created(job) })
        });
        stores
    }

    async fn erase(stores: MockStores) -> RequestedErasure {
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        service.erase_users(&actor_of(account()), &PROJECT_KEY.parse().unwrap(), users(&["ayse", "ali"])).await.unwrap()
    }

    #[tokio::test]
    async fn a_new_job_gets_its_users_and_a_record_for_each() {
        let mut stores = stores(false);
        stores.erasures.expect_add_users().once().returning(|of, job, listed| {
            assert_eq!((of, job, listed), (account().id, Id::new(3_451), &users(&["ayse", "ali"])));
            Ok(())
        });
        stores.audit.expect_add_many().once().returning(|of, records| {
            let requested = |user: &str| {
                let stage = ErasureStage::Requested(Requester::from(&actor_of(account())));
                let subject = ReferenceId::new(user).unwrap();
                NewAuditRecord { at: now(), event: AuditEvent::Erasure(Erasure { job: Id::new(3_451), subject, stage }) }
            };
            assert_eq!((of, records), (account().id, [requested("ayse"), requested("ali")].as_slice()));
            Ok(())
        });
        assert!(matches!(erase(stores).await, RequestedErasure::Created(job) if job.id == Id::new(3_451)));
    }

    #[tokio::test]
    async fn a_live_job_keeps_its_users_and_is_not_recorded_again() {
        assert!(matches!(erase(stores(true)).await, RequestedErasure::Live(job) if job.id == Id::new(3_451)));
    }

    #[test]
    fn a_list_is_referred_to_by_its_users_in_any_order() {
        let reference = reference_of(&users(&["ayse", "ali"]));
        assert_eq!(reference, reference_of(&users(&["ali", "ayse", "ali"])));
        for other in [["ayse", "al"].as_slice(), &["ayse"], &["ayseali"], &["aysea", "li"], &["Ayse", "ali"]] {
            assert_ne!(reference, reference_of(&users(other)), "{other:?}");
        }
    }
}
