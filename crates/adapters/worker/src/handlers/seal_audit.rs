//! Seals the audit records of an account, in the order in which they are found. A record that was committed late is found by a later
//! job, and gets a later seal.

use std::sync::Arc;

use derslik_domain::audit::{AuditHead, Seal, StoredSeal, seal_message};
use derslik_domain::job::{Failure, FailureReason};
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{SealKeys, Stores};

use super::{BATCH, swept};
use crate::registry::{Step, StepContext, StepError, StepHandler};

/// Seals the audit records of an account.
#[derive(Clone)]
pub struct SealAudit {
    keys: Arc<dyn SealKeys>,
}

impl SealAudit {
    /// A handler with these keys.
    pub fn new(keys: Arc<dyn SealKeys>) -> Self {
        Self { keys }
    }
}

impl std::fmt::Debug for SealAudit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealAudit").finish_non_exhaustive()
    }
}

impl StepHandler for SealAudit {
    fn step(&self, stores: &mut dyn Stores, context: &StepContext<'_>) -> Result<Step, StepError> {
        let (account, key) = (context.account, self.keys.current());
        let records = stores.seals().unsealed(account, BATCH)?;
        let mut head = stores.seals().head(account)?;
        let mut seals = Vec::with_capacity(records.len());
        for record in &records {
            let code = self.keys.code(key, &seal_message(account, head, record.id, &record.bytes));
            let seal = code.map(Seal::new).ok_or_else(|| StepError::Failed(no_key()))?;
            head = AuditHead { sequence: head.sequence.next(), seal };
            seals.push(StoredSeal { sequence: head.sequence, record: record.id, key, seal });
        }
        stores.seals().add(account, &seals)?;
        Ok(swept(context.job, RowCount::new(u64::try_from(seals.len()).unwrap_or(u64::MAX))))
    }
}

/// The failure of a step without the key that it needs.
pub(super) fn no_key() -> Failure {
    Failure::new(FailureReason::Permanent, "the key of the seals is missing")
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{SealKeyId, SealSequence};
    use derslik_domain::id::{Id, JobId};
    use derslik_domain::job::{NewJob, Progress};
    use derslik_ports::mocks::MockStores;
    use derslik_ports::outbound::{MockSealKeys, RecordBytes};
    use derslik_testkit::builders::{account, now};

    use super::*;

    const KEY: SealKeyId = SealKeyId::new([1; 8]);

    fn step(stores: &mut MockStores) -> Step {
        let mut keys = MockSealKeys::new();
        keys.expect_current().returning(|| KEY);
        keys.expect_code().returning(|key, message| {
            assert_eq!(key, KEY);
            // The end of the message holds the id of the record.
            message.last_chunk().copied()
        });
        let job = NewJob::seal_audit(now(), now()).into_job(JobId::new(1));
        SealAudit::new(Arc::new(keys)).step(stores, &StepContext { account: account().id, job: &job, now: now() }).unwrap()
    }

    fn records(count: i64) -> Vec<RecordBytes> {
        (1..=count).map(|id| RecordBytes { id: Id::new(id), bytes: vec![7], is_marked: false }).collect()
    }

    #[test]
    fn records_get_seals_after_the_head_in_their_order() {
        let mut stores = MockStores::default();
        let head = AuditHead { sequence: SealSequence::new(7), seal: Seal::new([9; 32]) };
        stores.seals.expect_unsealed().once().returning(|_, limit| {
            assert_eq!(limit, BATCH);
            Ok(records(3))
        });
        stores.seals.expect_head().once().returning(move |_| Ok(head));
        stores.seals.expect_add().once().returning(|of, seals| {
            assert_eq!(of, account().id);
            let places: Vec<_> = seals.iter().map(|seal| (seal.sequence.get(), seal.record.get(), seal.key)).collect();
            assert_eq!(places, [(8, 1, KEY), (9, 2, KEY), (10, 3, KEY)]);
            Ok(())
        });
        assert_eq!(step(&mut stores), Step::Done(Some(Progress::Rows(RowCount::new(3)))));
    }

    #[test]
    fn a_full_batch_is_followed_by_another_step() {
        let mut stores = MockStores::default();
        stores.seals.expect_unsealed().once().returning(|_, limit| Ok(records(limit.into())));
        stores.seals.expect_head().once().returning(|_| Ok(AuditHead::START));
        stores.seals.expect_add().once().returning(|_, _| Ok(()));
        assert!(matches!(step(&mut stores), Step::More(_)));
    }
}
