//! Marks the sessions of an account that have ended as expired. It needs no index.

use derslik_domain::job::Progress;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{Projection, Stores};

use super::{BATCH, rows_so_far};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Marks sessions that have ended as expired.
#[derive(Debug, Clone, Copy)]
pub struct ExpireSessions;

impl StepHandler for ExpireSessions {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let expired = stores.sessions().expire(context.account, context.now, BATCH)?;
        // Last, because a transaction that waits for locks must not hold records of the change log. The next step expires sessions
        // whose ends are found here.
        let found = stores.change_log().catch_up(context.account, Projection::SessionEnds, BATCH)?;
        let progress = Progress::Rows(rows_so_far(context.job).plus(expired));
        let is_more = found > RowCount::ZERO || expired.get() >= u64::from(BATCH);
        Ok(if is_more { Step::More(progress) } else { Step::Done(Some(progress)) })
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::JobId;
    use derslik_domain::job::NewJob;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, now};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing_to_do(0, 0, true)]
    #[case::fewer_than_a_batch_expired(7, 0, true)]
    #[case::a_whole_batch_expired(1_000, 0, false)]
    #[case::more_ends_were_found(0, 1, false)]
    fn it_ends_when_neither_ends_nor_changes_are_left(#[case] expired: u64, #[case] found: u64, #[case] is_done: bool) {
        let mut stores = MockStores::default();
        stores.sessions.expect_expire().once().returning(move |of, at, _| {
            assert_eq!((of, at), (account().id, now()));
            Ok(RowCount::new(expired))
        });
        stores.change_log.expect_catch_up().once().returning(move |of, projection, _| {
            assert_eq!((of, projection), (account().id, Projection::SessionEnds), "the index is left alone");
            Ok(RowCount::new(found))
        });
        let job = NewJob::expire_sessions(now(), now()).into_job(JobId::new(1));
        let step = ExpireSessions.step(&mut stores, &StepContext { account: account().id, job: &job, now: now() }).unwrap();
        let progress = Progress::Rows(RowCount::new(expired));
        assert_eq!(step, if is_done { Step::Done(Some(progress)) } else { Step::More(progress) });
    }
}
