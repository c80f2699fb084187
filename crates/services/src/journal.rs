//! The journals of accounts, in the memory of the process. Each keeps a bounded number of requests.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_ports::inbound::control::{
    AccountIds, AccountMemory, JournalEntry, JournalReading, JournalRecording, KeptRequests, PublicAccountId, UNMATCHED_ENTRIES,
    UnmaskedRequest,
};
use derslik_ports::outbound::Clock;
use tokio::sync::Notify;

/// The journals of this process.
#[derive(Debug)]
pub struct Journals {
    ids: Arc<AccountIds>,
    clock: Arc<dyn Clock>,
    of: Mutex<HashMap<PublicAccountId, KeptRequests>>,
    /// The requests of no account.
    unmatched: Mutex<KeptRequests>,
    grown: Notify,
    /// How many readers wait for the next entry of some account. Without any, an entry wakes none.
    waiting: AtomicUsize,
}

/// The most accounts that have a journal. A log-in names an account, which need not exist.
const MAX_JOURNALS: usize = 100_000;

/// Counts a reader that waits, until it is dropped.
struct Waiting<'j>(&'j AtomicUsize);

impl<'j> Waiting<'j> {
    fn among(count: &'j AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Journals {
    /// Empty journals, for accounts with these ids. `clock` shows real time.
    pub fn new(ids: Arc<AccountIds>, clock: Arc<dyn Clock>) -> Self {
        let unmatched = Mutex::new(KeptRequests::at_most(UNMATCHED_ENTRIES));
        Self { ids, clock, of: Mutex::default(), unmatched, grown: Notify::new(), waiting: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PublicAccountId, KeptRequests>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JournalRecording for Journals {
    fn record(&self, account: AccountId, request: UnmaskedRequest<'_>) {
        let at = self.clock.now();
        let mut all = self.lock();
        // A request may outlive its account. The end is noted before the journal is forgotten.
        let Some(public) = self.ids.living(account) else { return };
        if all.len() >= MAX_JOURNALS && !all.contains_key(&public) {
            drop(all);
            return self.record_unmatched(request);
        }
        all.entry(public).or_default().push(at, request);
        drop(all);
        // A reader counts itself before it looks for entries under the lock. So one that has not seen this entry is counted here.
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.grown.notify_waiters();
        }
    }

    fn record_unmatched(&self, request: UnmaskedRequest<'_>) {
        let at = self.clock.now();
        self.unmatched.lock().unwrap_or_else(PoisonError::into_inner).push(at, request);
    }
}

impl AccountMemory for Journals {
    fn forget(&self, account: PublicAccountId) {
        self.lock().remove(&account);
    }
}

#[async_trait]
impl JournalReading for Journals {
    fn entries(&self, account: PublicAccountId, after: u64) -> Vec<JournalEntry> {
        self.lock().get(&account).map(|journal| journal.after(after)).unwrap_or_default()
    }

    fn first(&self, account: PublicAccountId) -> u64 {
        self.lock().get(&account).map_or(1, KeptRequests::first)
    }

    fn last(&self, account: PublicAccountId) -> u64 {
        self.lock().get(&account).map_or(0, KeptRequests::last)
    }

    async fn grown(&self, account: PublicAccountId, after: u64) {
        let _waiting = Waiting::among(&self.waiting);
        loop {
            // It listens before it looks, so that an entry between the two wakes it.
            let mut grown = std::pin::pin!(self.grown.notified());
            grown.as_mut().enable();
            if self.last(account) > after {
                return;
            }
            grown.await;
        }
    }

    fn clear(&self, account: PublicAccountId) {
        if let Some(journal) = self.lock().get_mut(&account) {
            journal.clear();
        }
    }

    fn unmatched(&self) -> Vec<JournalEntry> {
        self.unmatched.lock().unwrap_or_else(PoisonError::into_inner).after(0)
    }

    fn clear_all(&self) {
        self.lock().values_mut().for_each(KeptRequests::clear);
        self.unmatched.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::control::{JOURNAL_BODIES, JOURNAL_ENTRIES, RecordedRequest, RequestFacts};
    use derslik_ports::mocks::StoppedClock;
    use futures_util::FutureExt;

    use super::*;

    const ACCOUNT: AccountId = AccountId::new(7);
    const PUBLIC: PublicAccountId = PublicAccountId::new(7);

    fn journals() -> Journals {
        Journals::new(Arc::default(), Arc::new(StoppedClock(Timestamp::from_micros(5))))
    }

    fn request(path: &str) -> UnmaskedRequest<'_> {
        UnmaskedRequest::new(RequestFacts::default(), path.as_bytes(), shown).with_body(b"{}", |_| Some("{}".to_owned()))
    }

    fn shown(facts: RequestFacts, path: &[u8]) -> RecordedRequest {
        RecordedRequest {
            api: None,
            method: "GET".to_owned(),
            path: String::from_utf8_lossy(path).into_owned(),
            query: String::new(),
            route: None,
            headers: Vec::new(),
            body_bytes: 2,
            answer: None,
            answer_bytes: None,
            took: facts.took,
            fault: None,
            request_id: String::new(),
        }
    }

    #[test]
    fn a_journal_keeps_the_latest_requests_and_the_bodies_of_fewer() {
        let journals = journals();
        for place in 1..=JOURNAL_ENTRIES + 1 {
            journals.record(ACCOUNT, request(&place.to_string()));
        }
        let entries = journals.entries(PUBLIC, 0);
        assert_eq!(entries.len(), JOURNAL_ENTRIES);
        assert_eq!(entries.first().map(|entry| entry.request().path.as_str()), Some("2"));
        assert_eq!(entries.iter().filter(|entry| entry.body().is_some()).count(), JOURNAL_BODIES);
        assert!(entries.last().is_some_and(|entry| entry.body().is_some()));
    }

    #[test]
    fn entries_are_of_one_account_and_after_a_number() {
        let journals = journals();
        for path in ["/a", "/b", "/c"] {
            journals.record(ACCOUNT, request(path));
        }
        let paths = |after| journals.entries(PUBLIC, after).iter().map(|entry| entry.request().path.clone()).collect::<Vec<_>>();
        assert_eq!((paths(1), journals.first(PUBLIC)), (vec!["/b".to_owned(), "/c".to_owned()], 1));
        assert!(journals.entries(PublicAccountId::new(8), 0).is_empty());
        journals.clear(PUBLIC);
        assert!(paths(0).is_empty());
        assert_eq!((journals.first(PUBLIC), journals.first(PublicAccountId::new(8))), (4, 1));
        journals.record(ACCOUNT, request("/d"));
        assert_eq!((paths(0), journals.last(PUBLIC)), (vec!["/d".to_owned()], 4));
    }

    #[test]
    fn a_request_that_outlives_its_account_is_in_no_journal() {
        let ids = Arc::<AccountIds>::default();
        let journals = Journals::new(Arc::clone(&ids), Arc::new(StoppedClock(Timestamp::from_micros(5))));
        journals.record(ACCOUNT, request("/a"));
        ids.end(PUBLIC);
        journals.forget(PUBLIC);
        journals.record(ACCOUNT, request("/late"));
        assert!(journals.entries(PUBLIC, 0).is_empty());
        assert!(!journals.lock().contains_key(&PUBLIC));
    }

    #[test]
    fn requests_of_no_account_are_kept_apart_and_fewer_of_them() {
        let journals = journals();
        for place in 1..=UNMATCHED_ENTRIES + 1 {
            journals.record_unmatched(request(&place.to_string()));
        }
        let entries = journals.unmatched();
        assert_eq!((entries.len(), entries.first().map(|entry| entry.number)), (UNMATCHED_ENTRIES, Some(2)));
        assert!(journals.entries(PUBLIC, 0).is_empty());
        journals.clear_all();
        assert!(journals.unmatched().is_empty());
    }

    #[tokio::test]
    async fn a_reader_waits_for_the_next_entry() {
        let journals = journals();
        journals.record(ACCOUNT, request("/a"));
        journals.grown(PUBLIC, 0).await;
        tokio::join!(journals.grown(PUBLIC, 1), async {
            tokio::task::yield_now().await;
            journals.record(AccountId::new(8), request("/of another account"));
            tokio::task::yield_now().await;
            journals.record(ACCOUNT, request("/b"));
        });
        assert_eq!(journals.last(PUBLIC), 2);
    }

    #[test]
    fn a_reader_is_counted_as_long_as_it_waits() {
        let journals = journals();
        let waiting = || journals.waiting.load(Ordering::Relaxed);
        let mut waits = journals.grown(PUBLIC, 0);
        assert_eq!(((&mut waits).now_or_never(), waiting()), (None, 1));
        journals.record(ACCOUNT, request("/a"));
        assert_eq!(((&mut waits).now_or_never(), waiting()), (Some(()), 0));
        let mut leaves = journals.grown(PUBLIC, 1);
        assert_eq!(((&mut leaves).now_or_never(), waiting()), (None, 1));
        drop(leaves);
        assert_eq!(waiting(), 0);
    }
}
