//! Sends recorded requests again, in the name of the principal that sent them. Profile `dev` alone has it.
//!
//! A journal has no credentials. So a replay shows a ticket in the place of one: a random text that stands for the recorded actor while
//! that one request is under way.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik_domain::identity::{Actor, SecretDigest};
use derslik_domain::text::hex;
use derslik_ports::inbound::control::{
    AccountIds, JournalEntry, JournalReading, MAX_REPLAY, PublicAccountId, ReplayError, Replayed, RequestReplay,
};
use derslik_ports::inbound::{Assertion, AuthenticationError, IdentityService, PresentedCredential, TokenQuota};
use derslik_ports::outbound::{Ids, Loopback, LoopbackError, UnitOfWork};
use subtle::ConstantTimeEq;
use tokio::time::timeout;

use crate::identity::secret::digest;

/// How the text of a ticket begins. No credential that this program makes begins so.
const PREFIX: &str = "replay-";

/// The tickets of the replays that are under way.
#[derive(Debug, Default)]
pub struct Tickets(Mutex<Vec<Ticket>>);

/// Stands for an actor, as a credential does.
#[derive(Debug)]
struct Ticket {
    digest: SecretDigest,
    actor: Actor,
    until: Instant,
}

/// A ticket that was issued. It ends when this is dropped.
struct Issued<'t> {
    tickets: &'t Tickets,
    digest: SecretDigest,
    text: String,
}

impl Tickets {
    fn lock(&self) -> MutexGuard<'_, Vec<Ticket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new ticket for an actor, which ends after `lifetime` at the latest.
    fn issue(&self, ids: &dyn Ids, actor: Actor, lifetime: Duration) -> Issued<'_> {
        let text = format!("{PREFIX}{}", hex(&ids.random()));
        let digest = digest(text.as_bytes());
        self.lock().push(Ticket { digest, actor, until: Instant::now() + lifetime });
        Issued { tickets: self, digest, text }
    }

    /// The actor that a presented credential stands for, if it is a ticket.
    fn actor(&self, presented: &PresentedCredential) -> Option<Actor> {
        if !presented.kind.is_opaque() || !presented.secret.starts_with(PREFIX.as_bytes()) {
            return None;
        }
        let shown = digest(&presented.secret);
        let tickets = self.lock();
        let ticket = tickets.iter().find(|ticket| is_same(&ticket.digest, &shown))?;
        (Instant::now() < ticket.until).then(|| ticket.actor.clone())
    }
}

impl Drop for Issued<'_> {
    fn drop(&mut self) {
        self.tickets.lock().retain(|ticket| !is_same(&ticket.digest, &self.digest));
    }
}

fn is_same(one: &SecretDigest, other: &SecretDigest) -> bool {
    one.bytes().ct_eq(other.bytes()).into()
}

/// Authentication that takes tickets as well.
pub struct TicketedIdentity {
    inner: Arc<dyn IdentityService>,
    tickets: Arc<Tickets>,
}

impl fmt::Debug for TicketedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketedIdentity").finish_non_exhaustive()
    }
}

impl TicketedIdentity {
    /// The same use case, which takes these tickets too.
    pub fn new(inner: Arc<dyn IdentityService>, tickets: Arc<Tickets>) -> Self {
        Self { inner, tickets }
    }
}

#[async_trait]
impl IdentityService for TicketedIdentity {
    async fn authenticate(&self, presented: PresentedCredential) -> Result<Actor, AuthenticationError> {
        match self.tickets.actor(&presented) {
            Some(actor) => Ok(actor),
            None => self.inner.authenticate(presented).await,
        }
    }

    async fn authenticate_signed(
        &self,
        presented: PresentedCredential,
        assertion: Assertion,
        quota: Arc<dyn TokenQuota>,
    ) -> Result<Actor, AuthenticationError> {
        self.inner.authenticate_signed(presented, assertion, quota).await
    }
}

/// What [`Replays`] needs beside a unit of work.
#[derive(Debug, Clone)]
pub struct ReplayPorts {
    /// The recorded requests.
    pub journal: Arc<dyn JournalReading>,
    /// Which account stands behind which public id.
    pub account_ids: Arc<AccountIds>,
    /// The tickets that authentication takes.
    pub tickets: Arc<Tickets>,
    /// Random bytes for tickets.
    pub ids: Arc<dyn Ids>,
    /// The way to the public listener.
    pub loopback: Arc<dyn Loopback>,
}

/// The use case of replays over a unit of work.
#[derive(Debug, Clone)]
pub struct Replays<U> {
    uow: U,
    ports: ReplayPorts,
}

impl<U: UnitOfWork> Replays<U> {
    /// The use case over these ports.
    pub fn new(uow: U, ports: ReplayPorts) -> Self {
        Self { uow, ports }
    }

    fn find(&self, account: PublicAccountId, number: u64) -> Option<JournalEntry> {
        let after = number.checked_sub(1)?;
        self.ports.journal.entries(account, after).into_iter().next().filter(|entry| entry.number == number)
    }

    /// Refuses an actor that would not be let in now: its account is another one or disabled, or its principal may not act.
    async fn require_active(&self, public: PublicAccountId, actor: &Actor) -> Result<(), ReplayError> {
        let (account, principal) = (actor.account_id(), actor.principal.id);
        if self.ports.account_ids.current(public) != account {
            return Err(ReplayError::AccountChanged);
        }
        let checked = self.uow.write(account, move |stores| {
            if stores.identity().account_state(account)?.is_none_or(|state| state.is_disabled()) {
                return Err(ReplayError::AccountChanged);
            }
            if stores.identity().hold_principal(account, principal)? { Ok(()) } else { Err(ReplayError::SenderGone) }
        });
        checked.await
    }
}

#[async_trait]
impl<U: UnitOfWork + fmt::Debug> RequestReplay for Replays<U> {
    async fn replay(&self, account: PublicAccountId, number: u64) -> Result<Replayed, ReplayError> {
        let ReplayPorts { journal, tickets, ids, loopback, .. } = &self.ports;
        let entry = self.find(account, number).ok_or(ReplayError::NotFound)?;
        let actor = entry.recorded.actor.clone().ok_or(ReplayError::Anonymous)?;
        self.require_active(account, &actor).await?;
        let (last, began) = (journal.last(account), Instant::now());
        let ticket = tickets.issue(ids.as_ref(), actor, MAX_REPLAY);
        let (request, body) = (entry.request().clone(), entry.body().map(str::to_owned));
        let sent = timeout(MAX_REPLAY, loopback.send(request, body, ticket.text.clone())).await;
        drop(ticket);
        let answer = sent.unwrap_or(Err(LoopbackError::NoAnswer)).map_err(|error| match error {
            LoopbackError::NotWhole => ReplayError::NotWhole,
            LoopbackError::Encrypted => ReplayError::Encrypted,
            LoopbackError::NoAnswer => ReplayError::NoAnswer,
        })?;
        let took = began.elapsed();
        let entries = answer.request_id.map(|id| (id, journal.entries(account, last)));
        let own = entries.and_then(|(id, entries)| entries.into_iter().find(|entry| entry.request().request_id == id));
        Ok(Replayed { answer: answer.code, took, number: own.map(|entry| entry.number) })
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::AccountId;
    use derslik_domain::idempotency::AnswerCode;
    use derslik_domain::identity::{AccountState, CredentialKind};
    use derslik_domain::time::Timestamp;
    use derslik_ports::inbound::MockIdentityService;
    use derslik_ports::inbound::control::{Masked, MockJournalReading, Recorded, RecordedRequest};
    use derslik_ports::mocks::{FakeUnitOfWork, FixedIds, MockStores};
    use derslik_ports::outbound::LoopbackAnswer;
    use derslik_testkit::builders::{account, actor_of, guid, now};

    use super::*;

    const PUBLIC: PublicAccountId = PublicAccountId::new(1329);

    fn entry(number: u64, request_id: &str, actor: Option<Actor>) -> JournalEntry {
        let request = RecordedRequest {
            api: None,
            method: "GET".to_owned(),
            path: "/a".to_owned(),
            query: String::new(),
            route: None,
            headers: Vec::new(),
            body_bytes: 0,
            answer: None,
            answer_bytes: None,
            took: Duration::ZERO,
            fault: None,
            request_id: request_id.to_owned(),
        };
        let recorded = Recorded { request: Masked::new(move || request), body: None, actor };
        JournalEntry { number, at: Timestamp::from_micros(0), recorded }
    }

    fn presented(kind: CredentialKind, text: &str) -> PresentedCredential {
        PresentedCredential { kind, public_id: String::new(), secret: text.as_bytes().to_vec() }
    }

    /// A listener that authenticates what it is shown, as the public one does.
    #[derive(Debug)]
    struct Listener {
        identity: TicketedIdentity,
        shown: Mutex<Vec<String>>,
        answer: Result<u16, LoopbackError>,
    }

    #[async_trait]
    impl Loopback for Listener {
        async fn send(&self, sent: RecordedRequest, _: Option<String>, credential: String) -> Result<LoopbackAnswer, LoopbackError> {
            assert_eq!(sent.request_id, "first");
            // Some calls are authenticated before their body is read and again after it.
            for kind in [CredentialKind::AccessToken, CredentialKind::AccountKey, CredentialKind::AccessToken] {
                let actor = self.identity.authenticate(presented(kind, &credential)).await.unwrap();
                assert_eq!((actor.account_id(), actor.principal), (account().id, actor_of(account()).principal));
            }
            self.shown.lock().unwrap().push(credential);
            self.answer.map(|code| LoopbackAnswer { code: AnswerCode::new(code), request_id: Some("second".to_owned()) })
        }
    }

    /// An account whose journal has one request of that actor, and gets one more while the listener answers.
    struct Scene {
        replays: Replays<FakeUnitOfWork>,
        listener: Arc<Listener>,
        ids: Arc<AccountIds>,
    }

    fn identity_refusing() -> Arc<MockIdentityService> {
        let mut identity = MockIdentityService::new();
        identity.expect_authenticate().returning(|_| Err(AuthenticationError::Invalid));
        Arc::new(identity)
    }

    fn scene(actor: Option<Actor>, answer: Result<u16, LoopbackError>, may_act: bool, disabled_at: Option<Timestamp>) -> Scene {
        let mut journal = MockJournalReading::new();
        journal.expect_last().returning(|_| 7);
        let (first, second) = (entry(7, "first", actor), entry(8, "second", None));
        journal.expect_entries().returning(move |of, after| {
            assert_eq!(of, PUBLIC);
            [&first, &second].into_iter().filter(|entry| entry.number > after).cloned().collect()
        });
        let mut stores = MockStores::without_principals();
        let state = AccountState { account: account(), created_at: now(), disabled_at };
        stores.identity.expect_account_state().returning(move |_| Ok(Some(state.clone())));
        stores.identity.expect_hold_principal().returning(move |_, _| Ok(may_act));
        let (tickets, ids) = (Arc::<Tickets>::default(), Arc::<AccountIds>::default());
        let identity = TicketedIdentity::new(identity_refusing(), Arc::clone(&tickets));
        let listener = Arc::new(Listener { identity, shown: Mutex::default(), answer });
        let ports = ReplayPorts {
            journal: Arc::new(journal),
            account_ids: Arc::clone(&ids),
            tickets,
            ids: Arc::new(FixedIds(guid(1))),
            loopback: listener.clone(),
        };
        Scene { replays: Replays::new(FakeUnitOfWork::new(stores), ports), listener, ids }
    }

    fn sender() -> Actor {
        actor_of(account())
    }

    #[tokio::test]
    async fn a_request_is_sent_again_by_a_ticket_that_ends_with_it() {
        let scene = scene(Some(sender()), Ok(200), true, None);
        let replayed = scene.replays.replay(PUBLIC, 7).await.unwrap();
        assert_eq!((replayed.answer, replayed.number), (AnswerCode::new(200), Some(8)));
        let shown = scene.listener.shown.lock().unwrap().clone();
        assert_eq!(shown.len(), 1);
        for kind in [CredentialKind::AccessToken, CredentialKind::AccountKey] {
            let late = scene.listener.identity.authenticate(presented(kind, &shown[0])).await;
            assert!(matches!(late, Err(AuthenticationError::Invalid)));
        }
    }

    #[tokio::test]
    async fn a_request_is_sent_in_no_name_but_that_of_an_actor_who_may_act_still() {
        let refusal = async |scene: Scene, number| {
            let refused = scene.replays.replay(PUBLIC, number).await.unwrap_err();
            assert!(scene.listener.shown.lock().unwrap().is_empty());
            refused
        };
        assert!(matches!(refusal(scene(Some(sender()), Ok(200), true, None), 6).await, ReplayError::NotFound));
        assert!(matches!(refusal(scene(Some(sender()), Ok(200), true, None), 0).await, ReplayError::NotFound));
        assert!(matches!(refusal(scene(None, Ok(200), true, None), 7).await, ReplayError::Anonymous));
        assert!(matches!(refusal(scene(Some(sender()), Ok(200), false, None), 7).await, ReplayError::SenderGone));
        assert!(matches!(refusal(scene(Some(sender()), Ok(200), true, Some(now())), 7).await, ReplayError::AccountChanged));
        let reset = scene(Some(sender()), Ok(200), true, None);
        reset.ids.replace(PUBLIC, AccountId::new(2000));
        assert!(matches!(refusal(reset, 7).await, ReplayError::AccountChanged));
    }

    #[tokio::test]
    async fn a_request_without_an_answer_is_told_by_its_cause() {
        let failure = async |error| scene(Some(sender()), Err(error), true, None).replays.replay(PUBLIC, 7).await.unwrap_err();
        assert!(matches!(failure(LoopbackError::NotWhole).await, ReplayError::NotWhole));
        assert!(matches!(failure(LoopbackError::Encrypted).await, ReplayError::Encrypted));
        assert!(matches!(failure(LoopbackError::NoAnswer).await, ReplayError::NoAnswer));
    }

    #[test]
    fn a_ticket_is_opaque_ends_in_time_and_is_not_printed() {
        let tickets = Tickets::default();
        let issued = tickets.issue(&FixedIds(guid(1)), actor_of(account()), MAX_REPLAY);
        assert!(tickets.actor(&presented(CredentialKind::AccessToken, &issued.text)).is_some());
        for (kind, text) in [(CredentialKind::AccessKey, issued.text.as_str()), (CredentialKind::AccessToken, "replay-07")] {
            assert!(tickets.actor(&presented(kind, text)).is_none());
        }
        assert!(!format!("{tickets:?}").contains(PREFIX));
        let late = Tickets::default();
        let issued = late.issue(&FixedIds(guid(1)), actor_of(account()), Duration::ZERO);
        assert!(late.actor(&presented(CredentialKind::AccessToken, &issued.text)).is_none());
    }
}
