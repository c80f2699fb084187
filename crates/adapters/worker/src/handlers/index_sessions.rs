//! Brings the search index of an account up to date, and the creators of its sessions.

use derslik_domain::job::Progress;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{Projection, Stores};

use super::{BATCH, rows_so_far};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Indexes the pending sessions of an account.
#[derive(Debug, Clone, Copy)]
pub struct IndexSessions;

impl StepHandler for IndexSessions {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let so_far = rows_so_far(context.job);
        // A transaction applies changes for one projection only.
        if stores.change_log().catch_up(context.account, Projection::SessionCreators, BATCH)? > RowCount::ZERO {
            return Ok(Step::More(Progress::Rows(so_far)));
        }
        let indexed = stores.change_log().catch_up(context.account, Projection::SearchIndex, BATCH)?;
        let progress = Progress::Rows(so_far.plus(indexed));
        Ok(if indexed > RowCount::ZERO { Step::More(progress) } else { Step::Done(Some(progress)) })
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::JobId;
    use derslik_domain::job::NewJob;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, now};

    use super::*;

    fn step(creators: u64, index: Option<u64>) -> Step {
        let mut stores = MockStores::default();
        stores.change_log.expect_catch_up().times(1 + usize::from(index.is_some())).returning(move |of, projection, _| {
            assert_eq!(of, account().id);
            match projection {
                Projection::SessionCreators => Ok(RowCount::new(creators)),
                Projection::SearchIndex => Ok(RowCount::new(index.expect("one projection for each transaction"))),
                Projection::SessionEnds => panic!("the expiry follows the ends"),
            }
        });
        let job = NewJob::index_sessions(now(), now()).into_job(JobId::new(1));
        IndexSessions.step(&mut stores, &StepContext { account: account().id, job: &job, now: now() }).unwrap()
    }

    #[test]
    fn it_applies_changes_for_one_projection_at_a_time_until_none_is_left() {
        let rows = |count| Progress::Rows(RowCount::new(count));
        assert_eq!(step(3, None), Step::More(rows(0)));
        assert_eq!(step(0, Some(5)), Step::More(rows(5)));
        assert_eq!(step(0, Some(0)), Step::Done(Some(rows(0))));
    }
}
