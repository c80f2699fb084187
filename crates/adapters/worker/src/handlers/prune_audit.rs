//! Removes audit records that have outlived their retention. Sealed records go in the order of their seals, and a checkpoint keeps
//! the last seal, so that the rest of the log can still be verified.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::audit::{Checkpoint, Seal, checkpoint_message};
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{SealKeys, Stores};

use super::prune::before;
use super::seal_audit::no_key;
use super::{BATCH, swept};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Removes audit records that have outlived their retention.
#[derive(Clone)]
pub struct PruneAudit {
    retention: Duration,
    keys: Option<Arc<dyn SealKeys>>,
}

impl PruneAudit {
    /// A handler with that retention. Without keys, it removes only records that were never sealed.
    pub fn new(retention: Duration, keys: Option<Arc<dyn SealKeys>>) -> Self {
        Self { retention, keys }
    }
}

impl std::fmt::Debug for PruneAudit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PruneAudit").field("retention", &self.retention).finish_non_exhaustive()
    }
}

impl StepHandler for PruneAudit {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let (account, at) = (context.account, context.now);
        let until = before(at, self.retention);
        let Some(keys) = &self.keys else {
            return Ok(swept(context.job, stores.seals().prune_unsealed(account, until, BATCH)?));
        };
        let Some(head) = stores.seals().prunable(account, until, BATCH)? else {
            return Ok(swept(context.job, RowCount::ZERO));
        };
        let key = keys.current();
        let code = keys.code(key, &checkpoint_message(account, head, at)).map(Seal::new);
        let code = code.ok_or_else(|| StepError::Failed(no_key()))?;
        Ok(swept(context.job, stores.seals().prune(account, &Checkpoint { head, at, key, code })?))
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{AuditHead, SealKeyId, SealSequence};
    use derslik_domain::id::JobId;
    use derslik_domain::job::{NewJob, Progress};
    use derslik_ports::mocks::MockStores;
    use derslik_ports::outbound::MockSealKeys;
    use derslik_testkit::builders::{account, now};

    use super::*;

    const KEY: SealKeyId = SealKeyId::new([1; 8]);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn keys() -> Option<Arc<dyn SealKeys>> {
        let mut keys = MockSealKeys::new();
        keys.expect_current().returning(|| KEY);
        keys.expect_code().returning(|_, _| Some([5; 32]));
        Some(Arc::new(keys))
    }

    fn step(keys: Option<Arc<dyn SealKeys>>, stores: &mut MockStores) -> Step {
        let job = NewJob::prune_audit(now(), now()).into_job(JobId::new(1));
        PruneAudit::new(HOUR, keys).step(stores, &StepContext { account: account().id, job: &job, now: now() }).unwrap()
    }

    fn done(rows: u64) -> Step {
        Step::Done(Some(Progress::Rows(RowCount::new(rows))))
    }

    #[test]
    fn the_last_seal_that_goes_is_kept_as_a_checkpoint() {
        let head = AuditHead { sequence: SealSequence::new(7), seal: Seal::new([9; 32]) };
        let mut stores = MockStores::default();
        stores.seals.expect_prunable().once().returning(move |of, before, limit| {
            assert_eq!((of, before, limit), (account().id, now().minutes_before(60), BATCH));
            Ok(Some(head))
        });
        stores.seals.expect_prune().once().returning(move |of, checkpoint| {
            let expected = Checkpoint { head, at: now(), key: KEY, code: Seal::new([5; 32]) };
            assert_eq!((of, *checkpoint), (account().id, expected));
            Ok(RowCount::new(7))
        });
        assert_eq!(step(keys(), &mut stores), done(7));
    }

    #[test]
    fn nothing_goes_while_no_sealed_record_is_old_enough() {
        let mut stores = MockStores::default();
        stores.seals.expect_prunable().once().returning(|_, _, _| Ok(None));
        assert_eq!(step(keys(), &mut stores), done(0));
    }

    #[test]
    fn without_a_key_only_records_without_a_seal_go() {
        let mut stores = MockStores::default();
        stores.seals.expect_prune_unsealed().once().returning(|of, before, limit| {
            assert_eq!((of, before, limit), (account().id, now().minutes_before(60), BATCH));
            Ok(RowCount::new(3))
        });
        assert_eq!(step(None, &mut stores), done(3));
    }
}
