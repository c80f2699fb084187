//! Reads the work that waits: jobs, and changes that projections have not applied yet.

use async_trait::async_trait;
use derslik_ports::inbound::operators::{Backlog, BacklogReading, ProjectionBacklog};
use derslik_ports::outbound::{QueueDepth, StoreError, Tenant, UnitOfWork};

use super::UseCases;

#[async_trait]
impl<U: UnitOfWork> BacklogReading for UseCases<U> {
    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let read = self.uow.read(Tenant::Installation, |stores| {
            let depth = stores.jobs().depth()?;
            Ok::<_, StoreError>((depth, stores.change_log().lags()?))
        });
        let (QueueDepth { scheduled, running, next_due }, lags) = read.await?;
        let projections = lags.into_iter().map(|lag| ProjectionBacklog { projection: lag.projection.name(), pending: lag.pending });
        Ok(Backlog { scheduled_jobs: scheduled, running_jobs: running, next_due, projections: projections.collect() })
    }
}

#[cfg(test)]
mod tests {
    use derslik_ports::mocks::MockStores;
    use derslik_ports::outbound::{Projection, ProjectionLag, Reason};
    use derslik_testkit::builders::now;

    use super::*;
    use crate::operators::testing::operators;

    #[tokio::test]
    async fn jobs_and_projections_are_read_together() {
        let mut stores = MockStores::default();
        stores.jobs.expect_depth().once().returning(|| Ok(QueueDepth { scheduled: 3, running: 1, next_due: Some(now()) }));
        let lags = || Projection::ALL.map(|projection| ProjectionLag { projection, pending: 7 }).to_vec();
        stores.change_log.expect_lags().once().returning(move || Ok(lags()));
        let projections =
            ["search_index", "session_ends", "session_creators"].map(|projection| ProjectionBacklog { projection, pending: 7 });
        let expected = Backlog { scheduled_jobs: 3, running_jobs: 1, next_due: Some(now()), projections: projections.to_vec() };
        assert_eq!(operators(stores).backlog().await.unwrap(), expected);
    }

    #[tokio::test]
    async fn a_store_that_fails_is_told() {
        let mut stores = MockStores::default();
        stores.jobs.expect_depth().once().returning(|| Err(Reason::Unreachable.into()));
        let failed = operators(stores).backlog().await.unwrap_err();
        assert_eq!(failed.unavailable(), Some(Reason::Unreachable));
    }
}
