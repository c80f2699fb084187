//! Removes audit records that have outlived their retention. Sealed records go in the order of their seals, and a checkpoint keeps
//! the last seal, so that the rest of the log can still be verified. A record that does not fit its seal stays with all after it:
//! otherwise a record could be removed by making it old.

use std::sync::Arc;
use std::time::Duration;

use derslik_domain::audit::{AuditHead, Checkpoint, Seal, checkpoint_message, seal_message};
use derslik_domain::id::AccountId;
use derslik_domain::job::{Failure, FailureReason};
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{SealKeys, SealedRecord, StoreError, Stores};

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
        let Some(old) = stores.seals().prunable(account, until, BATCH)? else {
            return Ok(swept(context.job, RowCount::ZERO));
        };
        let head = intact(stores, account, old, keys.as_ref())?.ok_or_else(|| StepError::Failed(altered()))?;
        let key = keys.current();
        let code = keys.code(key, &checkpoint_message(account, head, at)).map(Seal::new);
        let code = code.ok_or_else(|| StepError::Failed(no_key()))?;
        Ok(swept(context.job, stores.seals().prune(account, &Checkpoint { head, at, key, code })?))
    }
}

/// The last seal, at most `until`, up to which each seal fits its record and the seal before it. `None` if the first one does not.
fn intact(stores: &mut dyn Stores, account: AccountId, until: AuditHead, keys: &dyn SealKeys) -> Result<Option<AuditHead>, StoreError> {
    let mut head = stores.seals().checkpoint(account)?.map_or(AuditHead::START, |checkpoint| checkpoint.head);
    let mut last = None;
    for SealedRecord { seal, record } in stores.seals().sealed(account, head.sequence, BATCH)? {
        let Some(record) = record.filter(|_| seal.sequence == head.sequence.next() && seal.sequence <= until.sequence) else { break };
        let code = keys.code(seal.key, &seal_message(account, head, seal.record, &record.bytes));
        if code != Some(*seal.seal.bytes()) {
            break;
        }
        head = AuditHead { sequence: seal.sequence, seal: seal.seal };
        last = Some(head);
    }
    Ok(last)
}

/// The failure of a step whose first record does not fit its seal.
fn altered() -> Failure {
    let text = "the oldest audit record does not fit its seal, or the key of the seal is not known here: run `derslik audit verify`";
    Failure::new(FailureReason::Permanent, text)
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{SealKeyId, SealSequence, StoredSeal};
    use derslik_domain::id::{Id, JobId};
    use derslik_domain::job::{NewJob, Progress};
    use derslik_ports::mocks::MockStores;
    use derslik_ports::outbound::{MockSealKeys, RecordBytes};
    use derslik_testkit::builders::{account, now};

    use super::*;

    const KEY: SealKeyId = SealKeyId::new([1; 8]);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn keys() -> Arc<dyn SealKeys> {
        let mut keys = MockSealKeys::new();
        keys.expect_current().returning(|| KEY);
        keys.expect_code().returning(|key, _| (key == KEY).then_some([5; 32]));
        Arc::new(keys)
    }

    fn step(keys: Option<Arc<dyn SealKeys>>, stores: &mut MockStores) -> Result<Step, StepError> {
        let job = NewJob::prune_audit(now(), now()).into_job(JobId::new(1));
        PruneAudit::new(HOUR, keys).step(stores, &StepContext { account: account().id, job: &job, now: now() })
    }

    /// Nine sealed records, of which the first seven are old.
    fn log() -> Vec<SealedRecord> {
        let sealed = |number| {
            let record = RecordBytes { id: Id::new(number), bytes: Vec::new(), is_marked: true };
            let seal = StoredSeal { sequence: SealSequence::new(number), record: record.id, key: KEY, seal: Seal::new([5; 32]) };
            SealedRecord { seal, record: Some(record) }
        };
        (1..=9).map(sealed).collect()
    }

    fn holding(log: Vec<SealedRecord>) -> MockStores {
        let mut stores = MockStores::default();
        stores.seals.expect_prunable().once().returning(move |of, before, limit| {
            assert_eq!((of, before, limit), (account().id, now().minutes_before(60), BATCH));
            Ok(Some(AuditHead { sequence: SealSequence::new(7), seal: Seal::new([5; 32]) }))
        });
        stores.seals.expect_checkpoint().returning(|_| Ok(None));
        stores.seals.expect_sealed().once().returning(move |_, after, _| {
            assert_eq!(after, SealSequence::START);
            Ok(log.clone())
        });
        stores
    }

    /// Expects the removal of the seals up to that position.
    fn prunes(stores: &mut MockStores, until: i64, rows: u64) {
        stores.seals.expect_prune().once().returning(move |of, checkpoint| {
            let head = AuditHead { sequence: SealSequence::new(until), seal: Seal::new([5; 32]) };
            let expected = Checkpoint { head, at: now(), key: KEY, code: Seal::new([5; 32]) };
            assert_eq!((of, *checkpoint), (account().id, expected));
            Ok(RowCount::new(rows))
        });
    }

    fn done(rows: u64) -> Step {
        Step::Done(Some(Progress::Rows(RowCount::new(rows))))
    }

    #[test]
    fn the_last_seal_that_goes_is_kept_as_a_checkpoint() {
        let mut stores = holding(log());
        prunes(&mut stores, 7, 7);
        assert_eq!(step(Some(keys()), &mut stores).unwrap(), done(7));
    }

    #[test]
    fn a_record_that_does_not_fit_its_seal_stays_with_all_after_it() {
        let tampers: [fn(&mut SealedRecord); 4] = [
            |sealed| sealed.seal.seal = Seal::new([6; 32]),
            |sealed| sealed.seal.key = SealKeyId::new([2; 8]),
            |sealed| sealed.seal.sequence = SealSequence::new(8),
            |sealed| sealed.record = None,
        ];
        for tamper in tampers {
            let (mut third, mut first) = (log(), log());
            tamper(&mut third[2]);
            let mut stores = holding(third);
            prunes(&mut stores, 2, 2);
            assert_eq!(step(Some(keys()), &mut stores).unwrap(), done(2));
            tamper(&mut first[0]);
            let refused = step(Some(keys()), &mut holding(first));
            assert!(matches!(&refused, Err(StepError::Failed(failure)) if failure.reason == FailureReason::Permanent), "{refused:?}");
        }
    }

    #[test]
    fn nothing_goes_while_no_sealed_record_is_old_enough() {
        let mut stores = MockStores::default();
        stores.seals.expect_prunable().once().returning(|_, _, _| Ok(None));
        assert_eq!(step(Some(keys()), &mut stores).unwrap(), done(0));
    }

    #[test]
    fn without_a_key_only_records_without_a_seal_go() {
        let mut stores = MockStores::default();
        stores.seals.expect_prune_unsealed().once().returning(|of, before, limit| {
            assert_eq!((of, before, limit), (account().id, now().minutes_before(60), BATCH));
            Ok(RowCount::new(3))
        });
        assert_eq!(step(None, &mut stores).unwrap(), done(3));
    }
}
