//! Counts denied requests in memory, and writes the counts to the audit log about once a minute: one record for each account and
//! cause. A flood of denied requests therefore costs neither many rows nor much memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::audit::{AuditEvent, DenialCause, INSTALLATION, NewAuditRecord};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_ports::inbound::{DenialLog, IssuedToken, LogIn, LogInError, LogInService};
use derslik_ports::outbound::{Clock, StoreError, Stores, Tenant, UnitOfWork};

/// The most pairs of an account and a cause that are counted apart. Further accounts count for the installation.
const MAX_COUNTS: usize = 4_096;

/// How often the counts are written.
const INTERVAL: Duration = Duration::from_secs(60);

type Counts = HashMap<(AccountId, DenialCause), u64>;

/// Counts denied requests until they are [written](Self::flush).
#[derive(Debug, Default)]
pub struct DenialCounter {
    counts: Mutex<Counts>,
}

impl DenialCounter {
    /// Writes what was counted since the last call, one transaction for each account. Counts that can't be written are kept for the next
    /// call. A log-in can name an account that does not exist, so such counts go to the installation. The future must not be dropped
    /// before it is done.
    ///
    /// # Errors
    /// The last [`StoreError`].
    pub async fn flush<U: UnitOfWork>(&self, uow: &U, clock: &dyn Clock) -> Result<(), StoreError> {
        let counts = self.take();
        if counts.is_empty() {
            return Ok(());
        }
        let accounts: BTreeSet<_> = counts.keys().map(|(account, _)| *account).collect();
        let existing = match uow.read(Tenant::Installation, move |stores| existing(stores, &accounts)).await {
            Ok(existing) => existing,
            Err(error) => {
                for ((account, cause), count) in counts {
                    self.count(account, cause, count);
                }
                return Err(error);
            }
        };
        let mut by_account: BTreeMap<AccountId, BTreeMap<DenialCause, u64>> = BTreeMap::new();
        for ((account, cause), count) in counts {
            let owner = if existing.contains(&account) { account } else { INSTALLATION };
            let counted = by_account.entry(owner).or_default().entry(cause).or_default();
            *counted = counted.saturating_add(count);
        }
        let mut outcome = Ok(());
        for (account, counts) in by_account {
            // The installation has no clock that a test moves.
            let at = if account == INSTALLATION { clock.now() } else { clock.now_of(account) };
            let written = counts.clone();
            let wrote = uow.write(account, move |stores| {
                for (cause, count) in written {
                    stores.audit().add(account, &NewAuditRecord { at, event: AuditEvent::Denied { cause, count } })?;
                }
                Ok::<_, StoreError>(())
            });
            if let Err(error) = wrote.await {
                for (cause, count) in counts {
                    self.count(account, cause, count);
                }
                outcome = Err(error);
            }
        }
        outcome
    }

    fn count(&self, account: AccountId, cause: DenialCause, count: u64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !counts.contains_key(&(account, cause));
        // The installation has few pairs, so it is counted beyond the limit.
        let account = if is_new && counts.len() >= MAX_COUNTS { INSTALLATION } else { account };
        let counted = counts.entry((account, cause)).or_default();
        *counted = counted.saturating_add(count);
    }

    fn take(&self) -> Counts {
        std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Those of the accounts that exist.
fn existing(stores: &mut dyn Stores, accounts: &BTreeSet<AccountId>) -> Result<BTreeSet<AccountId>, StoreError> {
    let mut existing = BTreeSet::new();
    for account in accounts {
        let page = PageRequest { size: 1, after: account.get().checked_sub(1).map(AccountId::new) };
        let found = stores.identity().accounts(page)?;
        existing.extend(found.into_iter().map(|found| found.id).filter(|found| found == account));
    }
    Ok(existing)
}

impl DenialLog for DenialCounter {
    fn note(&self, account: Option<AccountId>, cause: DenialCause) {
        self.count(account.unwrap_or(INSTALLATION), cause, 1);
    }
}

/// Writes the counts of a [`DenialCounter`] over a unit of work.
#[derive(Clone)]
pub struct DenialWriter<U> {
    counter: Arc<DenialCounter>,
    uow: U,
    clock: Arc<dyn Clock>,
}

impl<U> std::fmt::Debug for DenialWriter<U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DenialWriter").finish_non_exhaustive()
    }
}

impl<U: UnitOfWork> DenialWriter<U> {
    /// A writer of these counts.
    pub fn new(counter: Arc<DenialCounter>, uow: U, clock: Arc<dyn Clock>) -> Self {
        Self { counter, uow, clock }
    }

    /// Writes the counts once a minute, until `stop` is ready. It ends between two writes: a future that is dropped in a write would
    /// lose its counts. The caller [flushes](Self::flush) after the last request.
    pub async fn run_until(&self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        while tokio::time::timeout(INTERVAL, stop.as_mut()).await.is_err() {
            self.flush().await;
        }
    }

    /// Writes the counts. A failure is logged, and the next call tries again.
    pub async fn flush(&self) {
        if let Err(error) = self.counter.flush(&self.uow, self.clock.as_ref()).await {
            tracing::warn!(%error, "could not record denied requests");
        }
    }
}

/// Log-in that counts refusals.
pub struct CountedLogIns {
    inner: Arc<dyn LogInService>,
    denials: Arc<dyn DenialLog>,
}

impl CountedLogIns {
    /// Counts what that port refuses.
    pub fn new(inner: Arc<dyn LogInService>, denials: Arc<dyn DenialLog>) -> Self {
        Self { inner, denials }
    }
}

impl std::fmt::Debug for CountedLogIns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CountedLogIns").finish_non_exhaustive()
    }
}

#[async_trait]
impl LogInService for CountedLogIns {
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError> {
        let account = shown.account;
        let issued = self.inner.log_in(shown).await;
        match &issued {
            Err(LogInError::Invalid) => self.denials.note(Some(account), DenialCause::WrongPassword),
            Err(LogInError::TooMany { .. }) => self.denials.note(Some(account), DenialCause::TooManyAttempts),
            Ok(_) | Err(LogInError::Store(_)) => {}
        }
        issued
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{Account, Password, Username};
    use derslik_ports::inbound::MockLogInService;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
    use derslik_ports::outbound::Reason;
    use derslik_testkit::builders::{account, now, other_account};

    use super::*;

    /// Stores in which the accounts from 1 on exist.
    fn with_accounts() -> MockStores {
        let mut stores = MockStores::default();
        stores.identity.expect_accounts().returning(|page| {
            let id = Id::new(page.after.map_or(1, |after| after.get() + 1).max(1));
            Ok(vec![Account { id, ..account() }])
        });
        stores
    }

    /// Writes the counts to a log, and returns what was written, ordered.
    async fn flushed(counter: &DenialCounter) -> Vec<(AccountId, DenialCause, u64)> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut stores, log) = (with_accounts(), Arc::clone(&written));
        stores.audit.expect_add().returning(move |of, record| {
            let AuditEvent::Denied { cause, count } = record.event else { panic!("{record:?}") };
            assert_eq!(record.at, now());
            log.lock().unwrap().push((of, cause, count));
            Ok(())
        });
        counter.flush(&FakeUnitOfWork::new(stores), &StoppedClock(now())).await.unwrap();
        let mut written = written.lock().unwrap().clone();
        written.sort_unstable();
        written
    }

    #[tokio::test]
    async fn each_account_and_cause_has_one_record_with_the_number_of_requests() {
        let counter = DenialCounter::default();
        for _ in 0..3 {
            counter.note(Some(account().id), DenialCause::Expired);
        }
        counter.note(Some(account().id), DenialCause::NotAllowed);
        counter.note(Some(other_account().id), DenialCause::Expired);
        counter.note(None, DenialCause::UnknownCredential);
        let mut expected = vec![
            (INSTALLATION, DenialCause::UnknownCredential, 1),
            (account().id, DenialCause::Expired, 3),
            (account().id, DenialCause::NotAllowed, 1),
            (other_account().id, DenialCause::Expired, 1),
        ];
        expected.sort_unstable();
        assert_eq!(flushed(&counter).await, expected);
        assert_eq!(flushed(&counter).await, [], "each is written once");
    }

    #[tokio::test]
    async fn further_accounts_count_for_the_installation() {
        let counter = DenialCounter::default();
        let accounts = i64::try_from(MAX_COUNTS).unwrap() + 10;
        for number in 1..=accounts {
            counter.note(Some(Id::new(number)), DenialCause::Expired);
        }
        let written = flushed(&counter).await;
        assert_eq!(written.len(), MAX_COUNTS + 1);
        assert!(written.contains(&(INSTALLATION, DenialCause::Expired, 10)));
    }

    #[tokio::test]
    async fn accounts_that_do_not_exist_count_for_the_installation() {
        let counter = DenialCounter::default();
        for number in [-3, -2, 0] {
            counter.note(Some(Id::new(number)), DenialCause::WrongPassword);
        }
        assert_eq!(flushed(&counter).await, [(INSTALLATION, DenialCause::WrongPassword, 3)]);
    }

    #[tokio::test]
    async fn counts_that_could_not_be_written_are_kept() {
        let counter = DenialCounter::default();
        counter.note(None, DenialCause::Expired);
        let mut stores = with_accounts();
        stores.audit.expect_add().once().returning(|_, _| Err(StoreError::from(Reason::Unreachable)));
        counter.flush(&FakeUnitOfWork::new(stores), &StoppedClock(now())).await.unwrap_err();
        counter.note(None, DenialCause::Expired);
        assert_eq!(flushed(&counter).await, [(INSTALLATION, DenialCause::Expired, 2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn counts_are_written_once_a_minute() {
        let counter = Arc::new(DenialCounter::default());
        let mut stores = with_accounts();
        stores.audit.expect_add().times(2).returning(|_, _| Ok(()));
        let uow = FakeUnitOfWork::new(stores);
        let writer = DenialWriter::new(counter.clone(), uow.clone(), Arc::new(StoppedClock(now())));
        let noting = async {
            for written in [0, 1] {
                counter.note(None, DenialCause::Expired);
                tokio::time::sleep(INTERVAL / 2).await;
                assert_eq!(uow.commits(), written);
                tokio::time::sleep(INTERVAL / 2 + Duration::from_millis(1)).await;
                assert_eq!(uow.commits(), written + 1);
            }
        };
        tokio::select! {
            () = writer.run_until(std::future::pending()) => {}
            () = noting => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_writer_ends_when_it_is_told_to() {
        let mut stores = with_accounts();
        stores.audit.expect_add().once().returning(|_, _| Ok(()));
        let (counter, uow) = (Arc::new(DenialCounter::default()), FakeUnitOfWork::new(stores));
        counter.note(None, DenialCause::Expired);
        let writer = DenialWriter::new(counter.clone(), uow.clone(), Arc::new(StoppedClock(now())));
        writer.run_until(std::future::ready(())).await;
        assert_eq!(uow.commits(), 0);
        writer.run_until(tokio::time::sleep(INTERVAL + Duration::from_millis(1))).await;
        assert_eq!(uow.commits(), 1);
    }

    #[tokio::test]
    async fn refused_log_ins_are_counted_and_failures_of_the_store_are_not() {
        let counter = Arc::new(DenialCounter::default());
        for error in
            [LogInError::Invalid, LogInError::TooMany { retry_after_seconds: 1 }, LogInError::Store(StoreError::from(Reason::Unreachable))]
        {
            let mut log_ins = MockLogInService::new();
            log_ins.expect_log_in().return_once(move |_| Err(error));
            let shown = LogIn {
                account: account().id,
                username: Username::parse("ayse").unwrap(),
                password: Password::new(b"wrong".to_vec()).unwrap(),
                network: None,
            };
            assert!(CountedLogIns::new(Arc::new(log_ins), counter.clone()).log_in(shown).await.is_err());
        }
        let expected = [(account().id, DenialCause::WrongPassword, 1), (account().id, DenialCause::TooManyAttempts, 1)];
        assert_eq!(flushed(&counter).await, expected);
    }
}
