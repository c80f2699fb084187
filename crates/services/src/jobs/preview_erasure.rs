//! Counts what an erasure of a user would remove now. Nothing is changed.

use derslik_domain::identity::{Action, Actor, authorize};
use derslik_domain::job::{ErasureCounts, ErasureKind, ProjectKey, ReferenceId};
use derslik_domain::rows::BatchSize;
use derslik_ports::inbound::JobError;
use derslik_ports::outbound::UnitOfWork;

use super::{Jobs, project_id};

/// The most answers that one read searches.
const BATCH: BatchSize = BatchSize::DEFAULT;

pub(super) async fn run<U: UnitOfWork>(
    service: &Jobs<U>,
    actor: &Actor,
    project: &ProjectKey,
    user: ReferenceId,
) -> Result<ErasureCounts, JobError> {
    authorize(actor, Action::EraseUser)?;
    let (account, project) = (actor.account_id(), project.clone());
    let counted = service.uow.read(account, move |stores| {
        project_id(stores, account, &project)?;
        let who = stores.users().find_subject(account, &user)?;
        let counts = stores.erasures().count_rows(account, &who)?;
        Ok::<_, JobError>((who, counts))
    });
    let (who, mut counts) = counted.await?;
    // Answers are searched in parts, so that no read holds a connection for long.
    let mut after = None;
    loop {
        let who = who.clone();
        let searched =
            service.uow.read(account, move |stores| Ok::<_, JobError>(stores.erasures().count_answers(account, &who, after, BATCH)?));
        let searched = searched.await?;
        counts = counts.with(ErasureKind::Answers, searched.found);
        if searched.until.is_none() {
            return Ok(counts);
        }
        after = searched.until;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use derslik_domain::identity::DataSubject;
    use derslik_domain::rows::RowCount;
    use derslik_ports::inbound::JobService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_ports::outbound::CountedAnswers;
    use derslik_testkit::builders::{PROJECT_KEY, account, actor_of, now, project, user as user_of};

    use super::*;

    async fn preview(stores: MockStores) -> Result<ErasureCounts, JobError> {
        let service = Jobs::new(FakeUnitOfWork::new(stores), Arc::new(StoppedClock(now())));
        let user = ReferenceId::new("user7").unwrap();
        service.preview_erasure(&actor_of(account()), &PROJECT_KEY.parse().unwrap(), user).await
    }

    #[tokio::test]
    async fn rows_are_counted_once_and_answers_in_parts() {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().once().returning(|_, _| Ok(Some(project())));
        stores.users.expect_find_subject().once().returning(|_, user| Ok(DataSubject::new(user.as_str(), vec![user_of(7)])));
        let rows = ErasureCounts::default().with(ErasureKind::Sessions, RowCount::new(3));
        stores.erasures.expect_count_rows().once().returning(move |of, who| {
            assert_eq!((of, who.people().len()), (account().id, 1));
            Ok(rows)
        });
        stores.erasures.expect_count_answers().times(2).returning(|_, _, after, _| {
            let until = if after.is_none() { Some(now()) } else { None };
            Ok(CountedAnswers { found: RowCount::new(2), until })
        });
        assert_eq!(preview(stores).await.unwrap(), rows.with(ErasureKind::Answers, RowCount::new(4)));
    }

    #[tokio::test]
    async fn an_unknown_project_is_reported_before_the_data_subject_is_read() {
        let mut stores = MockStores::default();
        stores.projects.expect_find_by_key().once().returning(|_, _| Ok(None));
        let refused = preview(stores).await;
        assert!(matches!(refused, Err(JobError::ProjectNotFound)), "{refused:?}");
    }
}
