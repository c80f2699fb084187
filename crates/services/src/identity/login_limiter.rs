//! The limiter of log-ins: counts wrong passwords in bounded memory.
//!
//! An attempt takes a [`LoginPermit`] before its password is checked, and returns it at its end. Wrong and running attempts
//! together never exceed the limit. So no more passwords than that are checked, however many attempts arrive at once. An
//! attempt that was right, or was not checked to the end, does not count. If running attempts hold all permits, a new attempt
//! waits until one of them ends.
//!
//! Only digests of the values that clients send are kept. Their key is random for each process, so that a client can't choose
//! values that collide. The digests are stored in many short lists. A full list drops the entry with the fewest wrong attempts,
//! but never one that is blocked or has a running attempt. If all entries are such, a new entry is refused until the first of
//! them ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use derslik_domain::id::AccountId;
use derslik_domain::identity::{ClientNetwork, Username};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Clock, Ids};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The limit of wrong attempts for one name from one network within the window.
const MAX_WRONG_PER_NAME: u16 = 10;
/// The limit from one network for all names of all accounts.
const MAX_WRONG_PER_NETWORK: u16 = 50;
/// How long wrong attempts count.
const WINDOW_SECONDS: u32 = 300;
/// The number of lists of names, and the same number of networks.
const LISTS: usize = 1 << 14;
/// The most entries of a list. A million different values put about 61 in each.
const MAX_LIST_LENGTH: usize = 96;
/// By how many entries a list grows: doubling would take up to twice the memory.
const GROWTH: usize = 8;
/// The most attempts that wait for a permit.
const MAX_WAITING: usize = 1_024;
/// The most of them from one network.
const MAX_WAITING_PER_NETWORK: usize = 256;
/// How long an attempt waits for a permit.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

const MICROS: i64 = 1_000_000;

/// Why an attempt is refused without a check of its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Too many earlier attempts were wrong.
    Blocked {
        /// After how many seconds another attempt is checked: 1 to [`WINDOW_SECONDS`].
        seconds: u32,
    },
    /// Too many attempts wait already, or none of the running ones ended in time.
    Crowded,
}

/// Counts the attempts of the last minutes by network and by name.
pub(super) struct LoginLimiter {
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    /// The key of the digests.
    key: OnceLock<[u8; 32]>,
    state: Mutex<State>,
}

/// The permit of a running attempt. Dropping it ends the attempt without counting it.
pub(super) struct LoginPermit {
    limiter: Arc<LoginLimiter>,
    attempt: Attempt,
    is_wrong: bool,
}

/// The two entries that an attempt counts for.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    network: EntryKey,
    name: EntryKey,
}

/// A digest, as a list and the tag of an entry in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EntryKey {
    list: usize,
    tag: u64,
}

/// The result of asking for a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    /// It is granted.
    Granted,
    /// It may be granted when another attempt of the same network has ended.
    Later,
    /// It is refused.
    Refused(Refusal),
}

struct State {
    networks: Counters,
    names: Counters,
    /// The attempts that wait for a permit, in the order of their arrival.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    attempt: Attempt,
    reply: oneshot::Sender<Result<LoginPermit, Refusal>>,
}

/// The counts of all names, or of all networks.
struct Counters {
    /// How many wrong and running attempts an entry may have.
    limit: u16,
    lists: Box<[Vec<Entry>]>,
    /// The next list to clear of expired entries.
    next: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u64,
    /// When the wrong attempts stop counting, in seconds since the Unix epoch.
    ends: u32,
    wrong: u16,
    running: u16,
}

impl LoginLimiter {
    /// A limiter without any counts.
    pub(super) fn new(ids: Arc<dyn Ids>, clock: Arc<dyn Clock>) -> Self {
        let state =
            State { networks: Counters::new(MAX_WRONG_PER_NETWORK), names: Counters::new(MAX_WRONG_PER_NAME), waiting: VecDeque::new() };
        Self { ids, clock, key: OnceLock::new(), state: Mutex::new(state) }
    }

    /// Takes a permit for an attempt, and waits for one while running attempts may return theirs. The network is counted first
    /// and over all accounts, so that no network adds more than [`MAX_WRONG_PER_NETWORK`] names.
    ///
    /// # Errors
    /// [`Refusal`]; a refused attempt is not counted.
    pub(super) async fn acquire(
        self: &Arc<Self>,
        network: Option<ClientNetwork>,
        account: AccountId,
        name: &Username,
    ) -> Result<LoginPermit, Refusal> {
        let network = network.map(|network| network.to_string()).unwrap_or_default();
        let attempt = Attempt {
            network: self.entry_key(&[b"network", network.as_bytes()]),
            name: self.entry_key(&[b"name", network.as_bytes(), &account.get().to_be_bytes(), name.key().as_bytes()]),
        };
        let reply = {
            let mut state = self.state();
            match state.acquire(attempt, self.now()) {
                Admission::Granted => return Ok(self.permit(attempt)),
                Admission::Refused(refused) => return Err(refused),
                Admission::Later => state.enqueue(attempt)?,
            }
        };
        // A permit that arrives after the timeout is dropped, and thereby returned.
        timeout(QUEUE_TIMEOUT, reply).await.ok().and_then(Result::ok).unwrap_or(Err(Refusal::Crowded))
    }

    /// Ends an attempt, and gives its permit to a waiting one.
    fn release(self: &Arc<Self>, attempt: Attempt, is_wrong: bool) {
        let mut undelivered = Vec::new();
        let mut state = self.state();
        let now = self.now();
        let wrong_at = is_wrong.then_some(now);
        state.names.release(attempt.name, wrong_at);
        state.networks.release(attempt.network, wrong_at);
        // A name is counted for each network separately, so no attempt of another network waits for this one.
        let waiting = std::mem::take(&mut state.waiting);
        for one in waiting {
            if one.reply.is_closed() {
                continue;
            }
            let admission = if one.attempt.network == attempt.network { state.acquire(one.attempt, now) } else { Admission::Later };
            let reply = match admission {
                Admission::Granted => Ok(self.permit(one.attempt)),
                Admission::Refused(refused) => Err(refused),
                Admission::Later => {
                    state.waiting.push_back(one);
                    continue;
                }
            };
            undelivered.extend(one.reply.send(reply).err());
        }
        // Dropping a permit takes the lock, so the guard goes first.
        drop(state);
        drop(undelivered);
    }

    fn permit(self: &Arc<Self>, attempt: Attempt) -> LoginPermit {
        LoginPermit { limiter: Arc::clone(self), attempt, is_wrong: false }
    }

    fn entry_key(&self, parts: &[&[u8]]) -> EntryKey {
        // Drawn at the first attempt, so that creating the service does not use the port of ids.
        let mut digest = Sha256::new_with_prefix(self.key.get_or_init(|| self.ids.random()));
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let (tag, rest) = digest.split_at(8);
        let list = number(rest.get(..4).unwrap_or_default());
        EntryKey { list: usize::try_from(list).unwrap_or_default() % LISTS, tag: number(tag) }
    }

    /// Whether there is neither a count nor a waiting attempt.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let state = self.state();
        let lists = state.networks.lists.iter().chain(&state.names.lists);
        state.waiting.is_empty() && lists.into_iter().all(Vec::is_empty)
    }

    fn now(&self) -> u32 {
        seconds(self.clock.now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoginPermit {
    /// Ends the attempt and counts it as wrong.
    pub(super) fn count_as_wrong(mut self) {
        self.is_wrong = true;
    }
}

impl Drop for LoginPermit {
    fn drop(&mut self) {
        self.limiter.release(self.attempt, self.is_wrong);
    }
}

impl State {
    fn acquire(&mut self, attempt: Attempt, now: u32) -> Admission {
        let of_network = self.networks.acquire(attempt.network, now);
        if of_network != Admission::Granted {
            return of_network;
        }
        let of_name = self.names.acquire(attempt.name, now);
        if of_name != Admission::Granted {
            self.networks.release(attempt.network, None);
        }
        of_name
    }

    /// Appends an attempt to the waiting ones.
    fn enqueue(&mut self, attempt: Attempt) -> Result<oneshot::Receiver<Result<LoginPermit, Refusal>>, Refusal> {
        self.waiting.retain(|one| !one.reply.is_closed());
        let of_network = self.waiting.iter().filter(|one| one.attempt.network == attempt.network).count();
        if self.waiting.len() >= MAX_WAITING || of_network >= MAX_WAITING_PER_NETWORK {
            return Err(Refusal::Crowded);
        }
        let (reply, receiver) = oneshot::channel();
        self.waiting.push_back(Waiting { attempt, reply });
        Ok(receiver)
    }
}

impl Counters {
    fn new(limit: u16) -> Self {
        Self { limit, lists: (0..LISTS).map(|_| Vec::new()).collect(), next: 0 }
    }

    /// Takes a permit for an attempt, if there is one.
    fn acquire(&mut self, key: EntryKey, now: u32) -> Admission {
        // Clears one more list at each call, so that the memory of a flood is freed after its end.
        self.next = (self.next + 1) % LISTS;
        if let Some(list) = self.lists.get_mut(self.next) {
            drop_expired(list, now);
        }
        let Some(list) = self.lists.get_mut(key.list) else { return Admission::Granted };
        drop_expired(list, now);
        if let Some(entry) = list.iter_mut().find(|entry| entry.tag == key.tag) {
            if entry.wrong >= self.limit {
                return entry.blocked_at(now);
            }
            if entry.wrong + entry.running >= self.limit {
                return Admission::Later;
            }
            entry.running += 1;
            return Admission::Granted;
        }
        if let Err(admission) = make_space(list, self.limit, now) {
            return admission;
        }
        list.push(Entry { tag: key.tag, ends: now, wrong: 0, running: 1 });
        Admission::Granted
    }

    /// Returns a permit, and counts a wrong attempt at `wrong_at`, if given.
    fn release(&mut self, key: EntryKey, wrong_at: Option<u32>) {
        let Some(list) = self.lists.get_mut(key.list) else { return };
        let Some(index) = list.iter().position(|entry| entry.tag == key.tag) else { return };
        let Some(entry) = list.get_mut(index) else { return };
        entry.running = entry.running.saturating_sub(1);
        if let Some(now) = wrong_at {
            entry.reset_if_expired(now);
            if entry.wrong == 0 {
                entry.ends = now.saturating_add(WINDOW_SECONDS);
            }
            entry.wrong = entry.wrong.saturating_add(1);
        }
        if entry.is_empty() {
            list.swap_remove(index);
        }
    }
}

impl Entry {
    fn blocked_at(self, now: u32) -> Admission {
        Admission::Refused(Refusal::Blocked { seconds: self.ends.saturating_sub(now).max(1) })
    }

    /// Forgets wrong attempts that no longer count. An end beyond the window was computed before the clock was set back.
    fn reset_if_expired(&mut self, now: u32) {
        if self.ends <= now || self.ends > now.saturating_add(WINDOW_SECONDS) {
            self.wrong = 0;
        }
    }

    fn is_empty(self) -> bool {
        self.wrong == 0 && self.running == 0
    }
}

/// Makes space for one more entry. If no entry can be dropped, the error is the result for the new attempt.
fn make_space(list: &mut Vec<Entry>, limit: u16, now: u32) -> Result<(), Admission> {
    if list.len() >= MAX_LIST_LENGTH {
        let open = list.iter().enumerate().filter(|(_, entry)| entry.wrong < limit && entry.running == 0);
        let Some((index, _)) = open.min_by_key(|(_, entry)| (entry.wrong, entry.ends)) else {
            let blocked = list.iter().filter(|entry| entry.wrong >= limit).min_by_key(|entry| entry.ends);
            return Err(blocked.map_or(Admission::Refused(Refusal::Crowded), |soonest| soonest.blocked_at(now)));
        };
        list.swap_remove(index);
    }
    if list.len() == list.capacity() {
        list.reserve_exact(GROWTH);
    }
    Ok(())
}

fn drop_expired(list: &mut Vec<Entry>, now: u32) {
    list.retain_mut(|entry| {
        entry.reset_if_expired(now);
        !entry.is_empty()
    });
    let wanted = list.len().next_multiple_of(GROWTH);
    if wanted < list.capacity() {
        list.shrink_to(wanted);
    }
}

/// Whole seconds since the Unix epoch; a `u32` lasts until 2106.
fn seconds(instant: Timestamp) -> u32 {
    u32::try_from(instant.micros().div_euclid(MICROS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use derslik_domain::id::Id;
    use derslik_ports::mocks::FixedIds;
    use derslik_testkit::builders::{guid, now};

    use super::*;

    const ACCOUNT: AccountId = Id::new(1);

    #[derive(Debug)]
    struct MovingClock(Mutex<Timestamp>);

    impl Clock for MovingClock {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }
    }

    fn limiter_at_now() -> (Arc<LoginLimiter>, Arc<MovingClock>) {
        let clock = Arc::new(MovingClock(Mutex::new(now())));
        (Arc::new(LoginLimiter::new(Arc::new(FixedIds(guid(1))), clock.clone())), clock)
    }

    fn network(number: u32) -> ClientNetwork {
        ClientNetwork::of(IpAddr::from(number.to_be_bytes()))
    }

    fn name(text: &str) -> Username {
        Username::parse(text).unwrap()
    }

    fn later(seconds: i64) -> Timestamp {
        Timestamp::from_micros(now().micros() + seconds * MICROS)
    }

    fn at(seconds_later: i64) -> u32 {
        seconds(later(seconds_later))
    }

    fn bytes(counts: &Counters) -> usize {
        let of_lists: usize = counts.lists.iter().map(|list| list.capacity() * size_of::<Entry>()).sum();
        of_lists + counts.lists.len() * size_of::<Vec<Entry>>()
    }

    fn name_count(limiter: &LoginLimiter) -> usize {
        limiter.state().names.lists.iter().map(Vec::len).sum()
    }

    /// One wrong attempt from the first address.
    async fn wrong_attempt(limiter: &Arc<LoginLimiter>, text: &str) -> Result<(), Refusal> {
        limiter.acquire(Some(network(1)), ACCOUNT, &name(text)).await.map(LoginPermit::count_as_wrong)
    }

    /// As many wrong attempts as block one name from the first address.
    async fn block(limiter: &Arc<LoginLimiter>, text: &str) {
        for _ in 0..MAX_WRONG_PER_NAME {
            wrong_attempt(limiter, text).await.unwrap();
        }
    }

    /// A wrong attempt of one kind.
    fn count(counts: &mut Counters, key: EntryKey, now: u32) -> Admission {
        let admission = counts.acquire(key, now);
        if admission == Admission::Granted {
            counts.release(key, Some(now));
        }
        admission
    }

    #[test]
    fn a_million_names_and_addresses_stay_under_64_mib_and_unblock_none() {
        // As evenly spread as digests, and faster to compute.
        let key = |number: u64| {
            let tag = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let tag = (tag ^ tag >> 31).wrapping_mul(0x94D0_49BB_1331_11EB);
            EntryKey { list: usize::try_from(tag >> 32).unwrap() % LISTS, tag }
        };
        let mut networks = Counters::new(MAX_WRONG_PER_NETWORK);
        for _ in 0..MAX_WRONG_PER_NETWORK {
            assert_eq!(count(&mut networks, key(0), at(0)), Admission::Granted);
        }
        for number in 1..=1_000_000 {
            assert_eq!(count(&mut networks, key(number), at(1)), Admission::Granted);
        }
        // The lists of names take the same memory.
        assert!(2 * bytes(&networks) < 64 << 20, "{} bytes", 2 * bytes(&networks));
        let longest = 2 * LISTS * (MAX_LIST_LENGTH * size_of::<Entry>() + size_of::<Vec<Entry>>());
        assert!(longest < 56 << 20, "for any input, with the overhead of an allocator");
        let blocked = Admission::Refused(Refusal::Blocked { seconds: WINDOW_SECONDS - 2 });
        assert_eq!(networks.acquire(key(0), at(2)), blocked);
    }

    #[tokio::test]
    async fn the_memory_of_a_flood_is_freed_after_its_end() {
        let (limiter, clock) = limiter_at_now();
        for number in 2..20_002_u32 {
            limiter.acquire(Some(network(number)), ACCOUNT, &name(&number.to_string())).await.unwrap().count_as_wrong();
        }
        let flooded = bytes(&limiter.state().names);
        *clock.0.lock().unwrap() = later(300);
        for _ in 0..LISTS {
            drop(limiter.acquire(Some(network(1)), ACCOUNT, &name("usual")).await.unwrap());
        }
        let after = bytes(&limiter.state().names);
        assert!(after < flooded / 2, "{flooded} before, {after} after");
    }

    #[test]
    fn a_full_list_drops_the_entry_with_the_fewest_wrong_attempts_and_refuses_if_all_are_blocked() {
        let mut counts = Counters::new(3);
        let key = |tag| EntryKey { list: 7, tag };
        let wrong = |counts: &mut Counters, tag, times, now| (0..times).map(|_| count(counts, key(tag), now)).last().unwrap();
        let number_of = |counts: &Counters, tag| counts.lists[7].iter().find(|entry| entry.tag == tag).map(|entry| entry.wrong);
        for tag in 0..96 {
            assert_eq!(wrong(&mut counts, tag, if tag == 50 { 1 } else { 3 }, at(i64::try_from(tag).unwrap())), Admission::Granted);
        }
        assert_eq!(wrong(&mut counts, 1_000, 3, at(100)), Admission::Granted);
        assert_eq!((number_of(&counts, 50), number_of(&counts, 1_000)), (None, Some(3)), "the only one that was not blocked went");
        assert_eq!(wrong(&mut counts, 2_000, 1, at(100)), Admission::Refused(Refusal::Blocked { seconds: 200 }));
        assert!((0..96).filter(|tag| *tag != 50).all(|tag| number_of(&counts, tag) == Some(3)), "no blocked one went");
        assert_eq!(wrong(&mut counts, 2_000, 1, at(300)), Admission::Granted, "until the first one ended");
    }

    #[test]
    fn a_full_list_keeps_entries_with_running_attempts() {
        let mut counts = Counters::new(3);
        let key = |tag| EntryKey { list: 7, tag };
        for tag in 0..96 {
            assert_eq!(counts.acquire(key(tag), at(0)), Admission::Granted);
        }
        assert_eq!(
            counts.acquire(key(1_000), at(400)),
            Admission::Refused(Refusal::Crowded),
            "refused, but not blocked, by running attempts"
        );
        counts.release(key(7), None);
        assert_eq!(counts.acquire(key(1_000), at(400)), Admission::Granted);
    }

    #[tokio::test]
    async fn a_network_is_counted_first_and_over_all_accounts() {
        let (limiter, _) = limiter_at_now();
        for number in 0..i64::from(MAX_WRONG_PER_NETWORK) {
            let network = Some(ClientNetwork::of(format!("2001:db8::{number}").parse().unwrap()));
            limiter.acquire(network, Id::new(number), &name("same")).await.unwrap().count_as_wrong();
        }
        let network = Some(ClientNetwork::of("2001:db8::ffff:ffff:ffff:ffff".parse().unwrap()));
        let refused = limiter.acquire(network, Id::new(77), &name("other")).await.err();
        assert_eq!(refused, Some(Refusal::Blocked { seconds: WINDOW_SECONDS }));
        assert_eq!(name_count(&limiter), usize::from(MAX_WRONG_PER_NETWORK), "a blocked network adds no name");
        let network = Some(ClientNetwork::of("2001:db8:0:1::".parse().unwrap()));
        assert!(limiter.acquire(network, Id::new(77), &name("other")).await.is_ok());
    }

    #[tokio::test]
    async fn further_attempts_on_a_blocked_name_do_not_block_another_name() {
        let (limiter, _) = limiter_at_now();
        block(&limiter, "blocked").await;
        for _ in 0..MAX_WRONG_PER_NETWORK {
            wrong_attempt(&limiter, "blocked").await.unwrap_err();
        }
        assert_eq!(wrong_attempt(&limiter, "other").await, Ok(()));
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_does_not_extend_a_block() {
        let (limiter, clock) = limiter_at_now();
        block(&limiter, "blocked").await;
        *clock.0.lock().unwrap() = later(-3_600);
        assert_eq!(wrong_attempt(&limiter, "blocked").await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_wait_for_a_permit_in_turn_and_at_most_five_seconds() {
        let (limiter, _) = limiter_at_now();
        let acquire = || {
            let limiter = Arc::clone(&limiter);
            tokio::spawn(async move { limiter.acquire(Some(network(1)), ACCOUNT, &name("busy")).await })
        };
        let mut running = Vec::new();
        for _ in 0..MAX_WRONG_PER_NAME {
            running.push(limiter.acquire(Some(network(1)), ACCOUNT, &name("busy")).await.unwrap());
        }
        let (first, given_up, second) = (acquire(), acquire(), acquire());
        while limiter.state().waiting.len() < 3 {
            tokio::task::yield_now().await;
        }
        given_up.abort();
        drop(running.pop());
        let first = first.await.unwrap().unwrap();
        assert!(!second.is_finished());
        drop(first);
        let second = second.await.unwrap().unwrap();
        let waited = tokio::time::Instant::now();
        assert_eq!(acquire().await.unwrap().err(), Some(Refusal::Crowded));
        assert_eq!(waited.elapsed().as_secs(), QUEUE_TIMEOUT.as_secs());
        drop(second);
        assert!(limiter.acquire(Some(network(1)), ACCOUNT, &name("busy")).await.is_ok(), "none of it was counted");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_attempts_are_limited_and_are_refused_after_earlier_ones_were_wrong() {
        let (limiter, _) = limiter_at_now();
        let acquire = || {
            let limiter = Arc::clone(&limiter);
            tokio::spawn(async move { limiter.acquire(Some(network(1)), ACCOUNT, &name("busy")).await.err() })
        };
        let mut running = Vec::new();
        for _ in 0..MAX_WRONG_PER_NAME {
            running.push(limiter.acquire(Some(network(1)), ACCOUNT, &name("busy")).await.unwrap());
        }
        let waiting: Vec<_> = (0..MAX_WAITING_PER_NETWORK).map(|_| acquire()).collect();
        while limiter.state().waiting.len() < MAX_WAITING_PER_NETWORK {
            tokio::task::yield_now().await;
        }
        assert_eq!(acquire().await.unwrap(), Some(Refusal::Crowded), "at once");
        assert!(limiter.acquire(Some(network(2)), ACCOUNT, &name("busy")).await.is_ok(), "another network has permits");
        running.into_iter().for_each(LoginPermit::count_as_wrong);
        for one in waiting {
            assert_eq!(one.await.unwrap(), Some(Refusal::Blocked { seconds: WINDOW_SECONDS }));
        }
        assert!(limiter.state().waiting.is_empty());
    }
}
