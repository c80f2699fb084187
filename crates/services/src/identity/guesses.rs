//! The limiter of log-ins: counts wrong passwords in bounded memory.
//!
//! An attempt takes a permit ([`Place`]) before its password is checked, and returns it at its end. Wrong and running attempts
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
const ABOUT_A_NAME: u16 = 10;
/// The limit from one network for all names of all accounts.
const FROM_A_NETWORK: u16 = 50;
/// How long wrong attempts count.
const WINDOW_SECONDS: u32 = 300;
/// The number of lists of names, and the same number of networks.
const LISTS: usize = 1 << 14;
/// The most entries of a list. A million different values put about 61 in each.
const LONGEST: usize = 96;
/// By how many entries a list grows: doubling would take up to twice the memory.
const GROWTH: usize = 8;
/// The most attempts that wait for a permit, in all and from one network.
const MOST_WAITING: usize = 1_024;
const MOST_WAITING_OF_A_NETWORK: usize = 256;
/// How long an attempt waits for a permit.
const PATIENCE: Duration = Duration::from_secs(5);

const MICROS: i64 = 1_000_000;

/// Why an attempt is refused unchecked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
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
    key: OnceLock<[u8; 32]>,
    state: Mutex<State>,
}

/// The permit of a running attempt. Dropping it ends the attempt without counting it.
pub(super) struct Place {
    guesses: Arc<LoginLimiter>,
    attempt: Attempt,
    is_wrong: bool,
}

/// The two entries that an attempt counts for.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    network: Mark,
    name: Mark,
}

/// A digest, as a list and the tag of an entry in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    list: usize,
    tag: u64,
}

/// The result of asking for a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// It is granted.
    Taken,
    /// It may be granted when another attempt of the same network has ended.
    Later,
    /// It is refused.
    Never(Refused),
}

struct State {
    networks: Counts,
    names: Counts,
    /// The attempts that wait for a permit, in the order of their arrival.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    attempt: Attempt,
    answer: oneshot::Sender<Result<Place, Refused>>,
}

/// The counts of all names, or of all networks.
struct Counts {
    most: u16,
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
    under_way: u16,
}

impl LoginLimiter {
    /// A limiter without any counts.
    pub(super) fn new(ids: Arc<dyn Ids>, clock: Arc<dyn Clock>) -> Self {
        let state = State { networks: Counts::new(FROM_A_NETWORK), names: Counts::new(ABOUT_A_NAME), waiting: VecDeque::new() };
        Self { ids, clock, key: OnceLock::new(), state: Mutex::new(state) }
    }

    /// Takes a permit for an attempt, and waits for one while running attempts may return theirs. The network is counted first
    /// and over all accounts, so that no network adds more than [`FROM_A_NETWORK`] names.
    ///
    /// # Errors
    /// [`Refused`]; a refused attempt is not counted.
    pub(super) async fn enter(
        self: &Arc<Self>,
        network: Option<ClientNetwork>,
        account: AccountId,
        name: &Username,
    ) -> Result<Place, Refused> {
        let network = network.map(|network| network.to_string()).unwrap_or_default();
        let attempt = Attempt {
            network: self.mark(&[b"network", network.as_bytes()]),
            name: self.mark(&[b"name", network.as_bytes(), &account.get().to_be_bytes(), name.key().as_bytes()]),
        };
        let answer = {
            let mut state = self.state();
            match state.take(attempt, self.now()) {
                Room::Taken => return Ok(self.place(attempt)),
                Room::Never(refused) => return Err(refused),
                Room::Later => state.wait(attempt)?,
            }
        };
        // A permit that arrives after the timeout is dropped, and thereby returned.
        timeout(PATIENCE, answer).await.ok().and_then(Result::ok).unwrap_or(Err(Refused::Crowded))
    }

    /// Ends an attempt, and gives its permit to a waiting one.
    fn end(self: &Arc<Self>, attempt: Attempt, is_wrong: bool) {
        let mut unwanted = Vec::new();
        let mut state = self.state();
        let now = self.now();
        let wrong_at = is_wrong.then_some(now);
        state.names.end(attempt.name, wrong_at);
        state.networks.end(attempt.network, wrong_at);
        // A name is counted for each network separately, so no attempt of another network waits for this one.
        let waiting = std::mem::take(&mut state.waiting);
        for one in waiting {
            if one.answer.is_closed() {
                continue;
            }
            let room = if one.attempt.network == attempt.network { state.take(one.attempt, now) } else { Room::Later };
            let answer = match room {
                Room::Taken => Ok(self.place(one.attempt)),
                Room::Never(refused) => Err(refused),
                Room::Later => {
                    state.waiting.push_back(one);
                    continue;
                }
            };
            unwanted.extend(one.answer.send(answer).err());
        }
        // Dropping a permit takes the lock, so the guard goes first.
        drop(state);
        drop(unwanted);
    }

    fn place(self: &Arc<Self>, attempt: Attempt) -> Place {
        Place { guesses: Arc::clone(self), attempt, is_wrong: false }
    }

    fn mark(&self, parts: &[&[u8]]) -> Mark {
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
        Mark { list: usize::try_from(list).unwrap_or_default() % LISTS, tag: number(tag) }
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

impl Place {
    /// Ends the attempt and counts it as wrong.
    pub(super) fn was_wrong(mut self) {
        self.is_wrong = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guesses.end(self.attempt, self.is_wrong);
    }
}

impl State {
    fn take(&mut self, attempt: Attempt, now: u32) -> Room {
        let of_network = self.networks.take(attempt.network, now);
        if of_network != Room::Taken {
            return of_network;
        }
        let of_name = self.names.take(attempt.name, now);
        if of_name != Room::Taken {
            self.networks.end(attempt.network, None);
        }
        of_name
    }

    /// Appends an attempt to the waiting ones.
    fn wait(&mut self, attempt: Attempt) -> Result<oneshot::Receiver<Result<Place, Refused>>, Refused> {
        self.waiting.retain(|one| !one.answer.is_closed());
        let of_network = self.waiting.iter().filter(|one| one.attempt.network == attempt.network).count();
        if self.waiting.len() >= MOST_WAITING || of_network >= MOST_WAITING_OF_A_NETWORK {
            return Err(Refused::Crowded);
        }
        let (answer, receiver) = oneshot::channel();
        self.waiting.push_back(Waiting { attempt, answer });
        Ok(receiver)
    }
}

impl Counts {
    fn new(most: u16) -> Self {
        Self { most, lists: (0..LISTS).map(|_| Vec::new()).collect(), next: 0 }
    }

    /// Takes a permit for an attempt, if there is one.
    fn take(&mut self, mark: Mark, now: u32) -> Room {
        // Clears one more list at each call, so that the memory of a flood is freed after its end.
        self.next = (self.next + 1) % LISTS;
        if let Some(list) = self.lists.get_mut(self.next) {
            forget_what_is_over(list, now);
        }
        let Some(list) = self.lists.get_mut(mark.list) else { return Room::Taken };
        forget_what_is_over(list, now);
        if let Some(known) = list.iter_mut().find(|entry| entry.tag == mark.tag) {
            if known.wrong >= self.most {
                return known.blocked_at(now);
            }
            if known.wrong + known.under_way >= self.most {
                return Room::Later;
            }
            known.under_way += 1;
            return Room::Taken;
        }
        if let Err(room) = make_room(list, self.most, now) {
            return room;
        }
        list.push(Entry { tag: mark.tag, ends: now, wrong: 0, under_way: 1 });
        Room::Taken
    }

    /// Returns a permit, and counts a wrong attempt at `wrong_at`, if given.
    fn end(&mut self, mark: Mark, wrong_at: Option<u32>) {
        let Some(list) = self.lists.get_mut(mark.list) else { return };
        let Some(place) = list.iter().position(|entry| entry.tag == mark.tag) else { return };
        let Some(entry) = list.get_mut(place) else { return };
        entry.under_way = entry.under_way.saturating_sub(1);
        if let Some(now) = wrong_at {
            entry.forget_if_over(now);
            if entry.wrong == 0 {
                entry.ends = now.saturating_add(WINDOW_SECONDS);
            }
            entry.wrong = entry.wrong.saturating_add(1);
        }
        if entry.is_empty() {
            list.swap_remove(place);
        }
    }
}

impl Entry {
    fn blocked_at(self, now: u32) -> Room {
        Room::Never(Refused::Blocked { seconds: self.ends.saturating_sub(now).max(1) })
    }

    /// Forgets wrong attempts that no longer count. An end beyond the window was computed before the clock was set back.
    fn forget_if_over(&mut self, now: u32) {
        if self.ends <= now || self.ends > now.saturating_add(WINDOW_SECONDS) {
            self.wrong = 0;
        }
    }

    fn is_empty(self) -> bool {
        self.wrong == 0 && self.under_way == 0
    }
}

/// Makes room for one more entry. If no entry can be dropped, the error is the result for the new attempt.
fn make_room(list: &mut Vec<Entry>, most: u16, now: u32) -> Result<(), Room> {
    if list.len() >= LONGEST {
        let open = list.iter().enumerate().filter(|(_, entry)| entry.wrong < most && entry.under_way == 0);
        let Some((place, _)) = open.min_by_key(|(_, entry)| (entry.wrong, entry.ends)) else {
            let blocked = list.iter().filter(|entry| entry.wrong >= most).min_by_key(|entry| entry.ends);
            return Err(blocked.map_or(Room::Never(Refused::Crowded), |soonest| soonest.blocked_at(now)));
        };
        list.swap_remove(place);
    }
    if list.len() == list.capacity() {
        list.reserve_exact(GROWTH);
    }
    Ok(())
}

fn forget_what_is_over(list: &mut Vec<Entry>, now: u32) {
    list.retain_mut(|entry| {
        entry.forget_if_over(now);
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

    fn guesses() -> (Arc<LoginLimiter>, Arc<MovingClock>) {
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

    fn bytes(counts: &Counts) -> usize {
        let of_lists: usize = counts.lists.iter().map(|list| list.capacity() * size_of::<Entry>()).sum();
        of_lists + counts.lists.len() * size_of::<Vec<Entry>>()
    }

    fn names_kept(guesses: &LoginLimiter) -> usize {
        guesses.state().names.lists.iter().map(Vec::len).sum()
    }

    /// One wrong attempt from the first address.
    async fn guess(guesses: &Arc<LoginLimiter>, text: &str) -> Result<(), Refused> {
        guesses.enter(Some(network(1)), ACCOUNT, &name(text)).await.map(Place::was_wrong)
    }

    /// As many wrong attempts as block one name from the first address.
    async fn block(guesses: &Arc<LoginLimiter>, text: &str) {
        for _ in 0..ABOUT_A_NAME {
            guess(guesses, text).await.unwrap();
        }
    }

    /// A wrong attempt of one kind.
    fn count(counts: &mut Counts, mark: Mark, now: u32) -> Room {
        let room = counts.take(mark, now);
        if room == Room::Taken {
            counts.end(mark, Some(now));
        }
        room
    }

    #[test]
    fn a_million_names_and_addresses_stay_under_64_mib_and_free_no_blocked_one() {
        // As evenly spread as digests, and faster to compute.
        let mark = |number: u64| {
            let tag = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let tag = (tag ^ tag >> 31).wrapping_mul(0x94D0_49BB_1331_11EB);
            Mark { list: usize::try_from(tag >> 32).unwrap() % LISTS, tag }
        };
        let mut networks = Counts::new(FROM_A_NETWORK);
        for _ in 0..FROM_A_NETWORK {
            assert_eq!(count(&mut networks, mark(0), at(0)), Room::Taken);
        }
        for number in 1..=1_000_000 {
            assert_eq!(count(&mut networks, mark(number), at(1)), Room::Taken);
        }
        // The lists of names take the same memory.
        assert!(2 * bytes(&networks) < 64 << 20, "{} bytes", 2 * bytes(&networks));
        let longest = 2 * LISTS * (LONGEST * size_of::<Entry>() + size_of::<Vec<Entry>>());
        assert!(longest < 56 << 20, "for any input, with the overhead of an allocator");
        let blocked = Room::Never(Refused::Blocked { seconds: WINDOW_SECONDS - 2 });
        assert_eq!(networks.take(mark(0), at(2)), blocked);
    }

    #[tokio::test]
    async fn the_memory_of_a_flood_is_given_back_when_it_is_over() {
        let (guesses, clock) = guesses();
        for number in 2..20_002_u32 {
            guesses.enter(Some(network(number)), ACCOUNT, &name(&number.to_string())).await.unwrap().was_wrong();
        }
        let flooded = bytes(&guesses.state().names);
        *clock.0.lock().unwrap() = later(300);
        for _ in 0..LISTS {
            drop(guesses.enter(Some(network(1)), ACCOUNT, &name("usual")).await.unwrap());
        }
        let after = bytes(&guesses.state().names);
        assert!(after < flooded / 2, "{flooded} before, {after} after");
    }

    #[test]
    fn a_full_list_lets_go_what_was_guessed_least_and_refuses_where_all_are_blocked() {
        let mut counts = Counts::new(3);
        let mark = |tag| Mark { list: 7, tag };
        let wrong = |counts: &mut Counts, tag, times, now| (0..times).map(|_| count(counts, mark(tag), now)).last().unwrap();
        let number_of = |counts: &Counts, tag| counts.lists[7].iter().find(|entry| entry.tag == tag).map(|entry| entry.wrong);
        for tag in 0..96 {
            assert_eq!(wrong(&mut counts, tag, if tag == 50 { 1 } else { 3 }, at(i64::try_from(tag).unwrap())), Room::Taken);
        }
        assert_eq!(wrong(&mut counts, 1_000, 3, at(100)), Room::Taken);
        assert_eq!((number_of(&counts, 50), number_of(&counts, 1_000)), (None, Some(3)), "the only one that was not blocked went");
        assert_eq!(wrong(&mut counts, 2_000, 1, at(100)), Room::Never(Refused::Blocked { seconds: 200 }));
        assert!((0..96).filter(|tag| *tag != 50).all(|tag| number_of(&counts, tag) == Some(3)), "no blocked one went");
        assert_eq!(wrong(&mut counts, 2_000, 1, at(300)), Room::Taken, "until the first one ended");
    }

    #[test]
    fn a_full_list_keeps_what_is_under_way() {
        let mut counts = Counts::new(3);
        let mark = |tag| Mark { list: 7, tag };
        for tag in 0..96 {
            assert_eq!(counts.take(mark(tag), at(0)), Room::Taken);
        }
        assert_eq!(counts.take(mark(1_000), at(400)), Room::Never(Refused::Crowded), "refused, but not blocked, by running attempts");
        counts.end(mark(7), None);
        assert_eq!(counts.take(mark(1_000), at(400)), Room::Taken);
    }

    #[tokio::test]
    async fn a_network_is_counted_over_all_accounts_and_first() {
        let (guesses, _) = guesses();
        for number in 0..i64::from(FROM_A_NETWORK) {
            let network = Some(ClientNetwork::of(format!("2001:db8::{number}").parse().unwrap()));
            guesses.enter(network, Id::new(number), &name("same")).await.unwrap().was_wrong();
        }
        let network = Some(ClientNetwork::of("2001:db8::ffff:ffff:ffff:ffff".parse().unwrap()));
        let refused = guesses.enter(network, Id::new(77), &name("other")).await.err();
        assert_eq!(refused, Some(Refused::Blocked { seconds: WINDOW_SECONDS }));
        assert_eq!(names_kept(&guesses), usize::from(FROM_A_NETWORK), "a blocked network adds no name");
        let network = Some(ClientNetwork::of("2001:db8:0:1::".parse().unwrap()));
        assert!(guesses.enter(network, Id::new(77), &name("other")).await.is_ok());
    }

    #[tokio::test]
    async fn asking_again_about_a_blocked_name_blocks_no_other() {
        let (guesses, _) = guesses();
        block(&guesses, "blocked").await;
        for _ in 0..FROM_A_NETWORK {
            guess(&guesses, "blocked").await.unwrap_err();
        }
        assert_eq!(guess(&guesses, "other").await, Ok(()));
    }

    #[tokio::test]
    async fn a_clock_that_was_set_back_blocks_no_longer_than_usual() {
        let (guesses, clock) = guesses();
        block(&guesses, "blocked").await;
        *clock.0.lock().unwrap() = later(-3_600);
        assert_eq!(guess(&guesses, "blocked").await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_wait_for_a_place_in_turn_and_no_longer_than_five_seconds() {
        let (guesses, _) = guesses();
        let enter = || {
            let guesses = Arc::clone(&guesses);
            tokio::spawn(async move { guesses.enter(Some(network(1)), ACCOUNT, &name("busy")).await })
        };
        let mut under_way = Vec::new();
        for _ in 0..ABOUT_A_NAME {
            under_way.push(guesses.enter(Some(network(1)), ACCOUNT, &name("busy")).await.unwrap());
        }
        let (first, given_up, second) = (enter(), enter(), enter());
        while guesses.state().waiting.len() < 3 {
            tokio::task::yield_now().await;
        }
        given_up.abort();
        drop(under_way.pop());
        let first = first.await.unwrap().unwrap();
        assert!(!second.is_finished());
        drop(first);
        let second = second.await.unwrap().unwrap();
        let waited = tokio::time::Instant::now();
        assert_eq!(enter().await.unwrap().err(), Some(Refused::Crowded));
        assert_eq!(waited.elapsed().as_secs(), PATIENCE.as_secs());
        drop(second);
        assert!(guesses.enter(Some(network(1)), ACCOUNT, &name("busy")).await.is_ok(), "none of it was counted");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_attempts_are_limited_and_are_refused_once_those_before_them_were_wrong() {
        let (guesses, _) = guesses();
        let enter = || {
            let guesses = Arc::clone(&guesses);
            tokio::spawn(async move { guesses.enter(Some(network(1)), ACCOUNT, &name("busy")).await.err() })
        };
        let mut under_way = Vec::new();
        for _ in 0..ABOUT_A_NAME {
            under_way.push(guesses.enter(Some(network(1)), ACCOUNT, &name("busy")).await.unwrap());
        }
        let waiting: Vec<_> = (0..MOST_WAITING_OF_A_NETWORK).map(|_| enter()).collect();
        while guesses.state().waiting.len() < MOST_WAITING_OF_A_NETWORK {
            tokio::task::yield_now().await;
        }
        assert_eq!(enter().await.unwrap(), Some(Refused::Crowded), "at once");
        assert!(guesses.enter(Some(network(2)), ACCOUNT, &name("busy")).await.is_ok(), "elsewhere there is a place");
        under_way.into_iter().for_each(Place::was_wrong);
        for one in waiting {
            assert_eq!(one.await.unwrap(), Some(Refused::Blocked { seconds: WINDOW_SECONDS }));
        }
        assert!(guesses.state().waiting.is_empty());
    }
}
