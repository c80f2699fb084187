//! Verifies the seals of an audit log, page by page: first whether a seal stands where none can be, then each seal with its record,
//! then the records without a seal.

use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::{AuditHead, Checkpoint, Seal, SealSequence, checkpoint_message, seal_message};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::operators::{AuditFault, AuditReport, AuditVerification};
use derslik_ports::outbound::{SealKeys, SealedRecord, StoreError, UnitOfWork, UnsealedRecord};

/// How many seals or records one read returns.
const PAGE: u16 = 1_000;

/// The use case of verification over a unit of work.
#[derive(Clone)]
pub struct AuditVerifier<U> {
    uow: U,
    keys: Arc<dyn SealKeys>,
}

impl<U> std::fmt::Debug for AuditVerifier<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditVerifier").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> AuditVerifier<U> {
    /// The use case over these ports.
    pub fn new(uow: U, keys: Arc<dyn SealKeys>) -> Self {
        Self { uow, keys }
    }

    /// The chain from the checkpoint on, whose code is checked.
    async fn begin(&self, account: AccountId, chain: &mut Chain) -> Result<(), StoreError> {
        let checkpoint = self.uow.read(account, move |stores| stores.seals().checkpoint(account)).await?;
        if let Some(checkpoint) = checkpoint.filter(|checkpoint| checkpoint.head.sequence > chain.head.sequence) {
            chain.begin_at(&checkpoint, self.keys.as_ref());
        }
        Ok(())
    }

    /// Names the seals that stand before the chain begins. Pruning leaves none there, and without a checkpoint there is no position.
    async fn check_start(&self, account: AccountId, chain: &mut Chain) -> Result<(), StoreError> {
        let mut after = SealSequence::new(i64::MIN);
        loop {
            let page = self.uow.read(account, move |stores| stores.seals().sealed(account, after, PAGE)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.seal.sequence;
            let pruned = chain.head.sequence;
            for sealed in page.iter().filter(|sealed| sealed.seal.sequence <= pruned) {
                chain.fault(AuditFault::InsertedSeal { sequence: sealed.seal.sequence, record: sealed.seal.record });
            }
            if after > chain.head.sequence {
                return Ok(());
            }
        }
    }

    async fn check_seals(&self, account: AccountId, chain: &mut Chain) -> Result<(), StoreError> {
        loop {
            let after = chain.head.sequence;
            let page = self.uow.read(account, move |stores| stores.seals().sealed(account, after, PAGE)).await?;
            let Some(first) = page.first() else { return Ok(()) };
            if first.seal.sequence > after.next() {
                // They may have been pruned since the checkpoint was read.
                self.begin(account, chain).await?;
                if chain.head.sequence > after {
                    continue;
                }
            }
            for sealed in &page {
                chain.check(sealed, self.keys.as_ref());
            }
        }
    }

    async fn check_unsealed(&self, account: AccountId, chain: &mut Chain) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = PageRequest { size: PAGE.into(), after };
            let records = self.uow.read(account, move |stores| stores.seals().without_seal(account, page)).await?;
            let Some(last) = records.last() else { return Ok(()) };
            after = Some(last.id);
            for record in &records {
                chain.note_unsealed(record);
            }
        }
    }
}

#[async_trait]
impl<U: UnitOfWork> AuditVerification for AuditVerifier<U> {
    async fn verify(&self, account: AccountId, known: Option<AuditHead>) -> Result<AuditReport, StoreError> {
        let mut chain = Chain::new(account, known);
        self.begin(account, &mut chain).await?;
        self.check_start(account, &mut chain).await?;
        self.check_seals(account, &mut chain).await?;
        self.check_unsealed(account, &mut chain).await?;
        Ok(chain.end())
    }
}

/// The state of a verification.
struct Chain {
    account: AccountId,
    known: Option<AuditHead>,
    /// The last seal as it is stored.
    head: AuditHead,
    /// The code that the last record should have had, if it is another one than the stored seal. Whether the record or the seal was
    /// altered, the next seal fits one of the two.
    expected: Option<Seal>,
    /// Whether the next seal can't be checked because the one before it is missing.
    has_gap: bool,
    report: AuditReport,
}

impl Chain {
    fn new(account: AccountId, known: Option<AuditHead>) -> Self {
        let report = AuditReport {
            head: AuditHead::START,
            pruned: SealSequence::START,
            checked: 0,
            faults: Vec::new(),
            fault_count: 0,
            unsealed: 0,
            unsealed_since: None,
        };
        Self { account, known, head: AuditHead::START, expected: None, has_gap: false, report }
    }

    fn begin_at(&mut self, checkpoint: &Checkpoint, keys: &dyn SealKeys) {
        let Checkpoint { head, at, key, code } = *checkpoint;
        if keys.code(key, &checkpoint_message(self.account, head, at)) != Some(*code.bytes()) {
            self.fault(AuditFault::Checkpoint { sequence: head.sequence });
        }
        (self.expected, self.has_gap, self.report.pruned) = (None, false, head.sequence);
        self.move_to(head);
    }

    fn check(&mut self, sealed: &SealedRecord, keys: &dyn SealKeys) {
        let seal = sealed.seal;
        let (sequence, record) = (seal.sequence, seal.record);
        let first = self.head.sequence.next();
        if sequence > first {
            self.fault(AuditFault::MissingSeals { first, last: SealSequence::new(sequence.get().saturating_sub(1)) });
            self.has_gap = true;
        }
        let mut expected = None;
        match &sealed.record {
            None => {
                self.fault(AuditFault::MissingRecord { sequence, record });
                // Without the record nothing tells whether the seal was altered, so the next one is held against it.
            }
            Some(found) => {
                let before = SealSequence::new(sequence.get().saturating_sub(1));
                let code = |previous| {
                    let previous = AuditHead { sequence: before, seal: previous };
                    keys.code(seal.key, &seal_message(self.account, previous, record, &found.bytes)).map(Seal::new)
                };
                let codes = [code(self.head.seal), self.expected.and_then(code)];
                let is_marked = found.is_marked;
                match codes {
                    [None, _] => self.fault(AuditFault::UnknownKey { sequence, record, key: seal.key }),
                    codes if codes.contains(&Some(seal.seal)) || self.has_gap => {}
                    [code, _] => {
                        self.fault(AuditFault::Altered { sequence, record });
                        expected = code;
                    }
                }
                if !is_marked {
                    self.fault(AuditFault::Unmarked { sequence, record });
                }
            }
        }
        self.report.checked += 1;
        (self.expected, self.has_gap) = (expected, false);
        self.move_to(AuditHead { sequence, seal: seal.seal });
    }

    fn note_unsealed(&mut self, record: &UnsealedRecord) {
        if record.is_marked {
            self.fault(AuditFault::Inserted { record: record.id });
            return;
        }
        self.report.unsealed += 1;
        let since = self.report.unsealed_since.map_or(record.at, |since| since.min(record.at));
        self.report.unsealed_since = Some(since);
    }

    fn move_to(&mut self, head: AuditHead) {
        if let Some(known) = self.known
            && known.sequence == head.sequence
            && known.seal != head.seal
        {
            self.fault(AuditFault::OtherHead { sequence: head.sequence });
        }
        self.head = head;
    }

    fn fault(&mut self, fault: AuditFault) {
        self.report.fault_count += 1;
        if self.report.faults.len() < AuditReport::MAX_FAULTS {
            self.report.faults.push(fault);
        }
    }

    fn end(mut self) -> AuditReport {
        if let Some(known) = self.known.filter(|known| known.sequence > self.head.sequence) {
            self.fault(AuditFault::CutOff { known: known.sequence });
        }
        AuditReport { head: self.head, ..self.report }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{SealKeyId, StoredSeal};
    use derslik_domain::id::Id;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};
    use derslik_ports::outbound::{MockSealKeys, RecordBytes};
    use derslik_testkit::builders::{account, now};
    use sha2::{Digest, Sha256};

    use super::*;

    const KEY: SealKeyId = SealKeyId::new([1; 8]);

    /// A stand-in for the code of a message.
    fn code(message: &[u8]) -> [u8; 32] {
        Sha256::digest(message).into()
    }

    fn keys() -> Arc<MockSealKeys> {
        let mut keys = MockSealKeys::new();
        keys.expect_code().returning(|key, message| (key == KEY).then(|| code(message)));
        Arc::new(keys)
    }

    /// Sealed records of this account after that head.
    fn sealed(mut head: AuditHead, count: i64) -> Vec<SealedRecord> {
        let mut log = Vec::new();
        for _ in 0..count {
            let id = Id::new(100 + head.sequence.get());
            let record = RecordBytes { id, bytes: id.to_string().into_bytes(), is_marked: true };
            let seal = Seal::new(code(&seal_message(account().id, head, id, &record.bytes)));
            head = AuditHead { sequence: head.sequence.next(), seal };
            log.push(SealedRecord { seal: StoredSeal { sequence: head.sequence, record: id, key: KEY, seal }, record: Some(record) });
        }
        log
    }

    async fn verify(log: Vec<SealedRecord>, checkpoint: Option<Checkpoint>, known: Option<AuditHead>) -> AuditReport {
        let mut stores = MockStores::default();
        stores.seals.expect_checkpoint().returning(move |_| Ok(checkpoint));
        stores.seals.expect_without_seal().returning(|_, _| Ok(Vec::new()));
        // Small pages, so that the state is carried over.
        stores.seals.expect_sealed().returning(move |of, after, _| {
            assert_eq!(of, account().id);
            Ok(log.iter().filter(|sealed| sealed.seal.sequence > after).take(2).cloned().collect())
        });
        AuditVerifier::new(FakeUnitOfWork::new(stores), keys()).verify(account().id, known).await.unwrap()
    }

    /// The checkpoint that pruning up to that head leaves.
    fn checkpoint(head: AuditHead) -> Checkpoint {
        Checkpoint { head, at: now(), key: KEY, code: Seal::new(code(&checkpoint_message(account().id, head, now()))) }
    }

    fn head_of(log: &[SealedRecord]) -> AuditHead {
        let last = log.last().unwrap().seal;
        AuditHead { sequence: last.sequence, seal: last.seal }
    }

    #[tokio::test]
    async fn an_unchanged_log_has_no_fault_and_shows_its_head() {
        let log = sealed(AuditHead::START, 5);
        let report = verify(log.clone(), None, Some(head_of(&log[..3]))).await;
        assert_eq!((report.checked, report.head, report.faults, report.fault_count), (5, head_of(&log), vec![], 0));
        let empty = verify(Vec::new(), None, None).await;
        assert_eq!((empty.checked, empty.head, empty.fault_count), (0, AuditHead::START, 0));
    }

    fn third() -> (SealSequence, derslik_domain::audit::AuditId) {
        (SealSequence::new(3), Id::new(102))
    }

    #[tokio::test]
    async fn one_altered_row_is_one_fault() {
        let tampers: [fn(&mut Vec<SealedRecord>); 3] = [
            |log| log[2].record.as_mut().unwrap().bytes[0] ^= 1,
            |log| log[2].seal.seal = Seal::new([7; 32]),
            |log| log[2].record = log[1].record.clone(),
        ];
        for tamper in tampers {
            let mut log = sealed(AuditHead::START, 5);
            tamper(&mut log);
            let report = verify(log, None, None).await;
            let (sequence, record) = third();
            assert_eq!(report.faults, [AuditFault::Altered { sequence, record }]);
        }
    }

    #[tokio::test]
    async fn swapped_records_are_two_faults() {
        let mut log = sealed(AuditHead::START, 5);
        let (second, third) = (log[1].record.clone(), log[2].record.clone());
        (log[1].record, log[2].record) = (third, second);
        assert_eq!(verify(log, None, None).await.fault_count, 2);
    }

    #[tokio::test]
    async fn missing_rows_are_named() {
        let (sequence, record) = third();
        let mut log = sealed(AuditHead::START, 5);
        log[2].record = None;
        assert_eq!(verify(log, None, None).await.faults, [AuditFault::MissingRecord { sequence, record }]);
        let mut log = sealed(AuditHead::START, 5);
        log.remove(2);
        assert_eq!(verify(log, None, None).await.faults, [AuditFault::MissingSeals { first: sequence, last: sequence }]);
        let log = sealed(AuditHead::START, 5).split_off(2);
        let (first, last) = (SealSequence::new(1), SealSequence::new(2));
        assert_eq!(verify(log, None, None).await.faults, [AuditFault::MissingSeals { first, last }]);
    }

    #[tokio::test]
    async fn an_unknown_key_and_a_removed_mark_are_named() {
        let (sequence, record) = third();
        let mut log = sealed(AuditHead::START, 5);
        let key = SealKeyId::new([2; 8]);
        log[2].seal.key = key;
        assert_eq!(verify(log, None, None).await.faults, [AuditFault::UnknownKey { sequence, record, key }]);
        let mut log = sealed(AuditHead::START, 5);
        log[2].record.as_mut().unwrap().is_marked = false;
        assert_eq!(verify(log, None, None).await.faults, [AuditFault::Unmarked { sequence, record }]);
    }

    #[tokio::test]
    async fn a_head_that_was_kept_elsewhere_shows_what_was_cut_off_or_made_anew() {
        let log = sealed(AuditHead::START, 5);
        let known = head_of(&log);
        let cut = verify(log[..4].to_vec(), None, Some(known)).await;
        assert_eq!(cut.faults, [AuditFault::CutOff { known: known.sequence }]);
        let other = AuditHead { seal: Seal::new([7; 32]), ..known };
        assert_eq!(verify(log, None, Some(other)).await.faults, [AuditFault::OtherHead { sequence: known.sequence }]);
    }

    #[tokio::test]
    async fn the_chain_goes_on_after_a_checkpoint_which_is_checked_too() {
        let log = sealed(AuditHead::START, 5);
        let checkpoint = checkpoint(head_of(&log[..3]));
        let report = verify(log[3..].to_vec(), Some(checkpoint), None).await;
        assert_eq!((report.checked, report.pruned, report.fault_count), (2, checkpoint.head.sequence, 0));
        let forged = Checkpoint { at: now().minutes_before(1), ..checkpoint };
        let report = verify(log[3..].to_vec(), Some(forged), None).await;
        assert_eq!(report.faults, [AuditFault::Checkpoint { sequence: checkpoint.head.sequence }]);
    }

    #[tokio::test]
    async fn a_seal_at_a_position_that_was_pruned_was_inserted() {
        let log = sealed(AuditHead::START, 5);
        let report = verify(log[2..].to_vec(), Some(checkpoint(head_of(&log[..3]))), None).await;
        let (sequence, record) = third();
        assert_eq!((report.checked, report.faults), (2, vec![AuditFault::InsertedSeal { sequence, record }]));
        let mut log = log;
        log[0].seal.sequence = SealSequence::START;
        let faults = verify(log, None, None).await.faults;
        assert!(faults.contains(&AuditFault::InsertedSeal { sequence: SealSequence::START, record: Id::new(100) }), "{faults:?}");
    }

    #[tokio::test]
    async fn records_without_a_seal_are_counted_unless_they_count_as_sealed() {
        let mut stores = MockStores::default();
        stores.seals.expect_checkpoint().returning(|_| Ok(None));
        stores.seals.expect_sealed().returning(|_, _, _| Ok(Vec::new()));
        stores.seals.expect_without_seal().returning(|_, page| {
            let records = [(1, 5, false), (2, 9, false), (3, 7, true)].map(|(id, minutes, is_marked)| UnsealedRecord {
                id: Id::new(id),
                at: now().minutes_before(minutes),
                is_marked,
            });
            Ok(records.into_iter().filter(|record| Some(record.id) > page.after).take(2).collect())
        });
        let report = AuditVerifier::new(FakeUnitOfWork::new(stores), keys()).verify(account().id, None).await.unwrap();
        assert_eq!((report.unsealed, report.unsealed_since), (2, Some(now().minutes_before(9))));
        assert_eq!(report.faults, [AuditFault::Inserted { record: Id::new(3) }]);
    }

    #[tokio::test]
    async fn a_report_lists_a_bounded_number_of_faults_and_counts_all() {
        let mut log = sealed(AuditHead::START, 150);
        for sealed in &mut log {
            sealed.record = None;
        }
        let report = verify(log, None, None).await;
        assert_eq!((report.faults.len(), report.fault_count), (AuditReport::MAX_FAULTS, 150));
    }
}
