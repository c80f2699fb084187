//! The journal of an account: the requests that were sent for it, without their secrets.

use std::fmt;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::Actor;
use derslik_domain::time::Timestamp;

use super::PublicAccountId;
pub use crate::recorded_request::{RecordedRequest, RequestFacts};

/// How many requests the journal of an account keeps.
pub const JOURNAL_ENTRIES: usize = 10_000;

/// How many bytes their heads have together. A journal of longer heads keeps fewer requests.
pub const JOURNAL_HEAD_BYTES: usize = 16 * 1024 * 1024;

/// How many of the requests, the latest, keep their bodies.
pub const JOURNAL_BODIES: usize = 1_000;

/// How many bytes these bodies have together. A journal of longer bodies keeps fewer of them. Bodies of the length that the public listener
/// keeps are never that many.
pub const JOURNAL_BODY_BYTES: usize = 64 * 1024 * 1024;

/// How many requests are kept that belong to no account.
pub const UNMATCHED_ENTRIES: usize = 200;

/// Makes a value without the secrets of what it is made of.
type Mask<T> = Box<dyn FnOnce() -> T + Send>;

/// A value that is made when it is first read, without the secrets of what it is made of. What it is made of can't be read, and is let go
/// of then: bytes that several values share live until the last of them was read or dropped. Copies share the value.
#[derive(Debug)]
pub struct Masked<T>(Arc<LazyLock<T, Mask<T>>>);

impl<T> Clone for Masked<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Masked<T> {
    /// A value that `mask` makes. It is called once at most.
    pub fn new(mask: impl FnOnce() -> T + Send + 'static) -> Self {
        let mask: Mask<T> = Box::new(mask);
        Self(Arc::new(LazyLock::new(mask)))
    }

    /// The value.
    pub fn get(&self) -> &T {
        LazyLock::force(&self.0)
    }
}

/// Makes what a journal shows of a request from the bytes of its head. What it returns MUST have no secrets.
pub type MaskHead = fn(RequestFacts, &[u8]) -> RecordedRequest;

/// Makes what a journal shows of a body, or `None` if the body is not what it claims to be. What it returns MUST have no secrets.
pub type MaskBody = fn(&[u8]) -> Option<String>;

/// A request for a journal as its client sent it, with the secrets in it. Callers can't read the bytes: a journal copies them, and hands
/// the copy to the mask that came with them once the entry is read.
pub struct UnmaskedRequest<'b> {
    pub(super) facts: RequestFacts,
    pub(super) head: &'b [u8],
    pub(super) mask: MaskHead,
    pub(super) body: Option<(&'b [u8], MaskBody)>,
    pub(super) actor: Option<Actor>,
}

impl fmt::Debug for UnmaskedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnmaskedRequest").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl<'b> UnmaskedRequest<'b> {
    /// A request without a body and of no known actor. `head` is in a form that `mask` reads.
    pub const fn new(facts: RequestFacts, head: &'b [u8], mask: MaskHead) -> Self {
        Self { facts, head, mask, body: None, actor: None }
    }

    /// The same request with a body that was read whole and can be searched for secrets.
    #[must_use]
    pub fn with_body(self, body: &'b [u8], mask: MaskBody) -> Self {
        Self { body: Some((body, mask)), ..self }
    }

    /// The same request of that actor, if its credential was checked before the work.
    #[must_use]
    pub fn sent_by(self, actor: Option<Actor>) -> Self {
        Self { actor, ..self }
    }
}

/// A request as a journal shows it. Its secrets are masked when it is first read. Until then they are in memory, and can't be read.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What was sent and answered.
    pub request: Masked<RecordedRequest>,
    /// The body, if it was read whole and is of a kind that can be searched for secrets. `None` within if it is not what it claims to be.
    pub body: Option<Masked<Option<String>>>,
    /// The actor whose credential it showed, if that was checked before the work. It is there for replays, and is not shown.
    pub actor: Option<Actor>,
}

/// An entry of a journal.
#[derive(Debug, Clone)]
pub struct JournalEntry {
    /// The number among the entries of the account, counted from 1.
    pub number: u64,
    /// When the answer was ready, in real time.
    pub at: Timestamp,
    /// The request.
    pub recorded: Recorded,
}

impl JournalEntry {
    /// The request without secrets.
    pub fn request(&self) -> &RecordedRequest {
        self.recorded.request.get()
    }

    /// The body without secrets, if it is kept and can be shown.
    pub fn body(&self) -> Option<&str> {
        self.recorded.body.as_ref()?.get().as_deref()
    }
}

/// Keeps requests.
pub trait JournalRecording: fmt::Debug + Send + Sync {
    /// Adds a request to the journal of an account.
    fn record(&self, account: AccountId, request: UnmaskedRequest<'_>);

    /// Keeps a request that no account can be found for.
    fn record_unmatched(&self, request: UnmaskedRequest<'_>);
}

/// Shows requests. The journal lives as long as the process, or until the account is reset.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait JournalReading: fmt::Debug + Send + Sync {
    /// The entries after that number, in their order.
    fn entries(&self, account: PublicAccountId, after: u64) -> Vec<JournalEntry>;

    /// The number of the oldest entry that is left, or of the next one where none is.
    fn first(&self, account: PublicAccountId) -> u64;

    /// The number of the last entry, or 0.
    fn last(&self, account: PublicAccountId) -> u64;

    /// Waits until there is an entry after that number.
    async fn grown(&self, account: PublicAccountId, after: u64);

    /// Removes all entries of the account. Numbers go on.
    fn clear(&self, account: PublicAccountId);

    /// The last requests that belong to no account, such as those without a valid credential, in their order.
    fn unmatched(&self) -> Vec<JournalEntry>;

    /// Removes the entries of all accounts, and those of no account.
    fn clear_all(&self);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_request_with_its_secrets_prints_without_them() {
        fn mask(_: RequestFacts, _: &[u8]) -> RecordedRequest {
            unreachable!("nothing is read")
        }
        let request = UnmaskedRequest::new(RequestFacts::default(), b"a secret", mask).with_body(b"a secret", |_| None);
        let shown = format!("{request:?}");
        assert!(shown.contains("facts") && !shown.contains("secret") && !shown.contains("97"), "{shown}");
    }

    #[test]
    fn a_value_is_masked_once_when_it_is_first_read_and_then_its_source_is_dropped() {
        let (source, made) = (Arc::new("a secret".to_owned()), Arc::new(AtomicUsize::new(0)));
        let (held, count) = (Arc::clone(&source), Arc::clone(&made));
        let masked = Masked::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            held.replace("secret", "***")
        });
        let copy = masked.clone();
        assert!(!format!("{masked:?}").contains("secret"));
        assert_eq!((made.load(Ordering::Relaxed), Arc::strong_count(&source)), (0, 2));
        assert_eq!((masked.get().as_str(), copy.get().as_str()), ("a ***", "a ***"));
        assert_eq!((made.load(Ordering::Relaxed), Arc::strong_count(&source)), (1, 1));
    }
}
