//! How often passwords were guessed: in memory that has a bound, whatever is sent.
//!
//! Nothing that a client sent is kept, only digests of it under a key that each process draws by chance, so that a client can't
//! choose what falls together. The digests stand in many short lists. A list that is full lets the entry with the fewest
//! guesses go, and never one that is blocked: where all are, a newcomer is refused until the first of them ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use derslik_domain::id::AccountId;
use derslik_domain::identity::{ClientNetwork, Username};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::Ids;
use sha2::{Digest, Sha256};

/// How many wrong guesses there may be about one name from one network until the time is over.
const ABOUT_A_NAME: u32 = 10;
/// How many from one network about any names of any accounts.
const FROM_A_NETWORK: u32 = 50;
/// How long guesses count.
const WINDOW_SECONDS: u32 = 300;
/// How many lists there are of names, and of networks.
const LISTS: usize = 1 << 14;
/// The most entries of a list. A million different ones put about 61 in each.
const LONGEST: usize = 96;
/// By how many entries a list grows: doubling would take up to twice the room.
const GROWTH: usize = 8;

const MICROS: i64 = 1_000_000;

/// An attempt that is not looked at, since too many before it were wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocked {
    /// How many seconds it takes until one is looked at again: 1 to [`WINDOW_SECONDS`].
    pub(super) seconds: u32,
}

/// The guesses of the last minutes: by the network that they came from, and by the name that they were about.
pub(super) struct Guesses {
    ids: Arc<dyn Ids>,
    key: OnceLock<[u8; 32]>,
    networks: Counts,
    names: Counts,
}

/// An attempt that was counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    network: Mark,
    name: Mark,
}

/// A part of a digest: which list, and which entry of it.
#[derive(Debug, Clone, Copy)]
struct Mark {
    list: usize,
    tag: u64,
}

/// Counts of one kind.
struct Counts {
    most: u32,
    lists: Box<[Mutex<Vec<Entry>>]>,
    /// The list that is looked through next for what is over.
    next: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u64,
    /// When the count is over, in seconds since 1970.
    ends: u32,
    count: u32,
}

impl Guesses {
    /// No guesses so far.
    pub(super) fn new(ids: Arc<dyn Ids>) -> Self {
        Self { ids, key: OnceLock::new(), networks: Counts::new(FROM_A_NETWORK), names: Counts::new(ABOUT_A_NAME) }
    }

    /// Counts an attempt before it is looked at, so that attempts at the same time all count. The network comes first, over all
    /// accounts, so that no network adds more than [`FROM_A_NETWORK`] names.
    ///
    /// # Errors
    /// [`Blocked`]; the attempt is not counted then.
    pub(super) fn count(
        &self,
        network: Option<ClientNetwork>,
        account: AccountId,
        name: &Username,
        now: Timestamp,
    ) -> Result<Attempt, Blocked> {
        let network = network.map(|network| network.to_string()).unwrap_or_default();
        let attempt = Attempt {
            network: self.mark(&[b"network", network.as_bytes()]),
            name: self.mark(&[b"name", network.as_bytes(), &account.get().to_be_bytes(), name.key().as_bytes()]),
        };
        self.networks.count(attempt.network, now)?;
        self.names.count(attempt.name, now).inspect_err(|_| self.networks.take_back(attempt.network))?;
        Ok(attempt)
    }

    /// Takes an attempt back that turned out to be no guess.
    pub(super) fn take_back(&self, attempt: Attempt) {
        self.names.take_back(attempt.name);
        self.networks.take_back(attempt.network);
    }

    fn mark(&self, parts: &[&[u8]]) -> Mark {
        // Drawn at the first attempt, so that making the service takes nothing from the port.
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
}

impl Counts {
    fn new(most: u32) -> Self {
        Self { most, lists: (0..LISTS).map(|_| Mutex::default()).collect(), next: AtomicUsize::new(0) }
    }

    fn count(&self, mark: Mark, now: Timestamp) -> Result<(), Blocked> {
        let now = seconds(now);
        // One more list each time, so that the memory of a flood is given back when it is over.
        self.in_list(self.next.fetch_add(1, Ordering::Relaxed) % LISTS, |list| forget_what_is_over(list, now));
        self.in_list(mark.list, |list| {
            forget_what_is_over(list, now);
            if let Some(known) = list.iter_mut().find(|entry| entry.tag == mark.tag) {
                if known.count >= self.most {
                    return Err(known.blocked_at(now));
                }
                known.count += 1;
                return Ok(());
            }
            self.make_room(list).map_err(|soonest| soonest.blocked_at(now))?;
            list.push(Entry { tag: mark.tag, ends: now.saturating_add(WINDOW_SECONDS), count: 1 });
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Makes room for one entry more. Where every entry is blocked, none goes, and the one that ends soonest is the error.
    fn make_room(&self, list: &mut Vec<Entry>) -> Result<(), Entry> {
        if list.len() >= LONGEST {
            let open = list.iter().enumerate().filter(|(_, entry)| entry.count < self.most);
            match open.min_by_key(|(_, entry)| (entry.count, entry.ends)).map(|(place, _)| place) {
                Some(place) => drop(list.swap_remove(place)),
                None => return list.iter().min_by_key(|entry| entry.ends).copied().map_or(Ok(()), Err),
            }
        }
        if list.len() == list.capacity() {
            list.reserve_exact(GROWTH);
        }
        Ok(())
    }

    fn take_back(&self, mark: Mark) {
        self.in_list(mark.list, |list| {
            if let Some(place) = list.iter().position(|entry| entry.tag == mark.tag)
                && let Some(entry) = list.get_mut(place)
            {
                entry.count = entry.count.saturating_sub(1);
                if entry.count == 0 {
                    list.swap_remove(place);
                }
            }
        });
    }

    fn in_list<T>(&self, number: usize, work: impl FnOnce(&mut Vec<Entry>) -> T) -> Option<T> {
        let list = self.lists.get(number)?;
        Some(work(&mut list.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Entry {
    fn blocked_at(self, now: u32) -> Blocked {
        Blocked { seconds: self.ends.saturating_sub(now).max(1) }
    }

    /// Whether it counts still. One that ends too late was made before the clock was set back.
    fn counts_at(self, now: u32) -> bool {
        now < self.ends && self.ends <= now.saturating_add(WINDOW_SECONDS)
    }
}

fn forget_what_is_over(list: &mut Vec<Entry>, now: u32) {
    list.retain(|entry| entry.counts_at(now));
    let wanted = list.len().next_multiple_of(GROWTH);
    if wanted < list.capacity() {
        list.shrink_to(wanted);
    }
}

/// Whole seconds since 1970, which last until 2106.
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

    fn guesses() -> Guesses {
        Guesses::new(Arc::new(FixedIds(guid(1))))
    }

    fn address(number: u32) -> ClientNetwork {
        ClientNetwork::of(IpAddr::from(number.to_be_bytes()))
    }

    fn name(text: &str) -> Username {
        Username::parse(text).unwrap()
    }

    fn later(seconds: i64) -> Timestamp {
        Timestamp::from_micros(now().micros() + seconds * MICROS)
    }

    fn bytes(counts: &Counts) -> usize {
        let of_lists: usize = counts.lists.iter().map(|list| list.lock().unwrap().capacity() * size_of::<Entry>()).sum();
        of_lists + counts.lists.len() * size_of::<Mutex<Vec<Entry>>>()
    }

    /// As many attempts as block one name from the first address.
    fn block(guesses: &Guesses, text: &str) {
        for _ in 0..ABOUT_A_NAME {
            guesses.count(Some(address(1)), ACCOUNT, &name(text), now()).unwrap();
        }
    }

    #[test]
    fn a_million_names_and_addresses_stay_under_64_mib_and_free_no_blocked_one() {
        // As evenly as digests are spread, and sooner made.
        let mark = |number: u64| {
            let tag = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let tag = (tag ^ tag >> 31).wrapping_mul(0x94D0_49BB_1331_11EB);
            Mark { list: usize::try_from(tag >> 32).unwrap() % LISTS, tag }
        };
        let networks = Counts::new(FROM_A_NETWORK);
        for _ in 0..FROM_A_NETWORK {
            networks.count(mark(0), now()).unwrap();
        }
        for number in 1..=1_000_000 {
            networks.count(mark(number), later(1)).unwrap();
        }
        // There are lists of names as well, which are the same.
        assert!(2 * bytes(&networks) < 64 << 20, "{} bytes", 2 * bytes(&networks));
        let longest = 2 * LISTS * (LONGEST * size_of::<Entry>() + size_of::<Mutex<Vec<Entry>>>());
        assert!(longest < 56 << 20, "whatever is sent, and what an allocator adds");
        assert_eq!(networks.count(mark(0), later(2)), Err(Blocked { seconds: WINDOW_SECONDS - 2 }));
    }

    #[test]
    fn the_memory_of_a_flood_is_given_back_when_it_is_over() {
        let guesses = guesses();
        for number in 2..20_002_u32 {
            guesses.count(Some(address(number)), ACCOUNT, &name(&number.to_string()), now()).unwrap();
        }
        let flooded = bytes(&guesses.names);
        for _ in 0..LISTS {
            let attempt = guesses.count(Some(address(1)), ACCOUNT, &name("usual"), later(300)).unwrap();
            guesses.take_back(attempt);
        }
        assert!(bytes(&guesses.names) < flooded / 2, "{flooded} before, {} after", bytes(&guesses.names));
    }

    #[test]
    fn a_full_list_lets_go_what_was_guessed_least_and_refuses_where_all_are_blocked() {
        let counts = Counts::new(3);
        let mark = |tag| Mark { list: 7, tag };
        let count = |tag, times, at| (0..times).map(|_| counts.count(mark(tag), at)).last().unwrap();
        let number_of = |tag| counts.in_list(7, |list| list.iter().find(|entry| entry.tag == tag).map(|entry| entry.count)).flatten();
        for tag in 0..96 {
            count(tag, if tag == 50 { 1 } else { 3 }, later(i64::try_from(tag).unwrap())).unwrap();
        }
        count(1_000, 3, later(100)).unwrap();
        assert_eq!((number_of(50), number_of(1_000)), (None, Some(3)), "the only one that was not blocked went");
        assert_eq!(count(2_000, 1, later(100)), Err(Blocked { seconds: 200 }));
        assert!((0..96).filter(|tag| *tag != 50).all(|tag| number_of(tag) == Some(3)), "no blocked one went");
        assert_eq!(count(2_000, 1, later(300)), Ok(()), "until the first one ended");
    }

    #[test]
    fn a_network_is_counted_over_all_accounts_and_first() {
        let guesses = guesses();
        for number in 0..i64::from(FROM_A_NETWORK) {
            let network = Some(ClientNetwork::of(format!("2001:db8::{number}").parse().unwrap()));
            guesses.count(network, Id::new(number), &name("same"), now()).unwrap();
        }
        let network = Some(ClientNetwork::of("2001:db8::ffff:ffff:ffff:ffff".parse().unwrap()));
        assert_eq!(guesses.count(network, Id::new(77), &name("other"), now()).unwrap_err(), Blocked { seconds: WINDOW_SECONDS });
        let names: usize = guesses.names.lists.iter().map(|list| list.lock().unwrap().len()).sum();
        assert_eq!(names, usize::try_from(FROM_A_NETWORK).unwrap(), "a blocked network adds no name");
        let network = Some(ClientNetwork::of("2001:db8:0:1::".parse().unwrap()));
        assert!(guesses.count(network, Id::new(77), &name("other"), now()).is_ok());
    }

    #[test]
    fn asking_again_about_a_blocked_name_blocks_no_other() {
        let guesses = guesses();
        block(&guesses, "blocked");
        for _ in 0..FROM_A_NETWORK {
            guesses.count(Some(address(1)), ACCOUNT, &name("blocked"), now()).unwrap_err();
        }
        assert!(guesses.count(Some(address(1)), ACCOUNT, &name("other"), now()).is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_blocks_no_longer_than_usual() {
        let guesses = guesses();
        block(&guesses, "blocked");
        assert!(guesses.count(Some(address(1)), ACCOUNT, &name("blocked"), later(-3_600)).is_ok());
    }
}
