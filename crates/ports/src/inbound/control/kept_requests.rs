//! The latest requests of one journal, in the memory of the process. This module does not know what the bytes mean that it keeps.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use derslik_domain::identity::Actor;
use derslik_domain::time::Timestamp;

use super::journal::{
    JOURNAL_BODIES, JOURNAL_BODY_BYTES, JOURNAL_ENTRIES, JOURNAL_HEAD_BYTES, JournalEntry, MaskBody, MaskHead, Masked, Recorded,
    RequestFacts, UnmaskedRequest,
};

/// The capacity in bytes below which a ring gives no memory back.
const SMALL_RING: usize = 64 * 1024;

/// The latest requests of a journal. The oldest give way to new ones.
///
/// The heads stand one behind another in one ring of bytes, and the bodies in a second one. A new entry is thus written where the last
/// one ended, needs no memory of its own, and frees none: a processor does not wait for memory that it has not used for long. The bytes
/// can't be read here. A reader gets copies of them, each behind the mask that came with it.
///
/// Without entries it takes no memory. Each part doubles as it fills, up to [`JOURNAL_HEAD_BYTES`] for heads, [`JOURNAL_BODY_BYTES`] for
/// bodies, and some hundred bytes for each of at most [`JOURNAL_ENTRIES`] entries: 84 MiB in all, of which short requests without bodies
/// take a tenth. A ring that is used to less than an eighth gives half of its memory back.
pub struct KeptRequests {
    most: usize,
    /// The number of the last entry. The numbers of all entries follow each other without gaps.
    last: u64,
    slots: VecDeque<Slot>,
    heads: Ring,
    /// The bodies that are kept, in the order of their entries.
    bodies: VecDeque<Body>,
    body_bytes: Ring,
}

/// An entry without the bytes of its head.
struct Slot {
    at: Timestamp,
    facts: RequestFacts,
    head_bytes: usize,
    mask: MaskHead,
    actor: Option<Actor>,
}

/// A body without its bytes.
struct Body {
    /// The number of its entry.
    number: u64,
    bytes: usize,
    mask: MaskBody,
}

impl fmt::Debug for KeptRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptRequests").field("last", &self.last).field("entries", &self.slots.len()).finish_non_exhaustive()
    }
}

impl Default for KeptRequests {
    /// None, of the [`JOURNAL_ENTRIES`] that the journal of an account keeps.
    fn default() -> Self {
        Self::at_most(JOURNAL_ENTRIES)
    }
}

impl KeptRequests {
    /// None, of at most that many.
    pub fn at_most(most: usize) -> Self {
        Self { most, last: 0, slots: VecDeque::new(), heads: Ring::default(), bodies: VecDeque::new(), body_bytes: Ring::default() }
    }

    /// Adds a request that was answered at that instant. Its number is the next one.
    pub fn push(&mut self, at: Timestamp, request: UnmaskedRequest<'_>) {
        let UnmaskedRequest { facts, head, mask, body, actor } = request;
        while self.slots.len() >= self.most || self.heads.len().saturating_add(head.len()) > JOURNAL_HEAD_BYTES {
            let Some(oldest) = self.slots.pop_front() else { break };
            self.heads.take_off(oldest.head_bytes);
        }
        self.last += 1;
        self.heads.push(head, JOURNAL_HEAD_BYTES);
        reserve(&mut self.slots, 1, self.most);
        self.slots.push_back(Slot { at, facts, head_bytes: head.len(), mask, actor });
        self.drop_bodies_before(body.map_or(0, |(bytes, _)| bytes.len()));
        if let Some((bytes, mask)) = body {
            self.body_bytes.push(bytes, JOURNAL_BODY_BYTES);
            reserve(&mut self.bodies, 1, JOURNAL_BODIES);
            self.bodies.push_back(Body { number: self.last, bytes: bytes.len(), mask });
        }
    }

    /// Drops the bodies that give way to one of that length: those of older entries, and the oldest ones until there is room.
    fn drop_bodies_before(&mut self, new: usize) {
        let before = number_before(self.last, self.slots.len().min(JOURNAL_BODIES));
        while let Some(oldest) = self.bodies.front() {
            if oldest.number > before && self.body_bytes.len().saturating_add(new) <= JOURNAL_BODY_BYTES {
                break;
            }
            self.body_bytes.take_off(oldest.bytes);
            self.bodies.pop_front();
        }
    }

    /// The number of the oldest entry, or of the next one where there is none.
    pub fn first(&self) -> u64 {
        number_before(self.last, self.slots.len()).saturating_add(1)
    }

    /// The number of the last entry, or 0.
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// The entries after that number, in their order. They are copies, in one piece of memory that lives until the last of them was read
    /// or dropped.
    pub fn after(&self, number: u64) -> Vec<JournalEntry> {
        let wanted = usize::try_from(self.last.saturating_sub(number)).unwrap_or(usize::MAX).min(self.slots.len());
        let before = number_before(self.last, wanted);
        let slots = self.slots.range(self.slots.len() - wanted..);
        let bodies = self.bodies.range(self.bodies.partition_point(|body| body.number <= before)..);
        let mut heads = Pieces::of(self.heads.newest(slots.clone().map(|slot| slot.head_bytes).sum()));
        let mut body_bytes = Pieces::of(self.body_bytes.newest(bodies.clone().map(|body| body.bytes).sum()));
        let mut bodies = bodies.peekable();
        let entries = slots.zip(before + 1..).map(|(slot, number)| {
            let body = bodies.next_if(|body| body.number == number).map(|body| {
                let (bytes, mask) = (body_bytes.next(body.bytes), body.mask);
                Masked::new(move || mask(bytes.bytes()))
            });
            let (head, facts, mask) = (heads.next(slot.head_bytes), slot.facts, slot.mask);
            let request = Masked::new(move || mask(facts, head.bytes()));
            JournalEntry { number, at: slot.at, recorded: Recorded { request, body, actor: slot.actor.clone() } }
        });
        entries.collect()
    }

    /// Removes all entries, and gives their memory back. Numbers go on.
    pub fn clear(&mut self) {
        *self = Self { last: self.last, ..Self::at_most(self.most) };
    }
}

/// The number before those of the last `entries` entries.
fn number_before(last: u64, entries: usize) -> u64 {
    last.saturating_sub(u64::try_from(entries).unwrap_or(u64::MAX))
}

/// Makes room for `more`. It doubles the capacity, but does not exceed `most` while that is enough.
fn reserve<T>(deque: &mut VecDeque<T>, more: usize, most: usize) {
    let needed = deque.len().saturating_add(more);
    if needed > deque.capacity() {
        let wanted = deque.capacity().saturating_mul(2).min(most).max(needed);
        deque.reserve_exact(wanted - deque.len());
    }
}

/// Bytes, which are taken off at their beginning as others are added at their end.
#[derive(Default)]
struct Ring(VecDeque<u8>);

impl Ring {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn push(&mut self, bytes: &[u8], most: usize) {
        reserve(&mut self.0, bytes.len(), most);
        self.0.extend(bytes);
    }

    fn take_off(&mut self, bytes: usize) {
        self.0.drain(..bytes.min(self.0.len()));
        let capacity = self.0.capacity();
        if capacity > SMALL_RING && self.0.len() < capacity / 8 {
            self.0.shrink_to(capacity / 2);
        }
    }

    /// A copy of the newest bytes.
    fn newest(&self, bytes: usize) -> Vec<u8> {
        let (first, second) = self.0.as_slices();
        let skipped = self.0.len().saturating_sub(bytes);
        let mut copy = Vec::with_capacity(self.0.len() - skipped);
        copy.extend_from_slice(first.get(skipped..).unwrap_or_default());
        copy.extend_from_slice(second.get(skipped.saturating_sub(first.len())..).unwrap_or_default());
        copy
    }
}

/// Bytes that are given out piece by piece.
struct Pieces {
    all: Arc<Vec<u8>>,
    /// Where the next piece begins.
    at: usize,
}

impl Pieces {
    fn of(all: Vec<u8>) -> Self {
        Self { all: Arc::new(all), at: 0 }
    }

    fn next(&mut self, bytes: usize) -> Piece {
        let begin = self.at;
        self.at = begin.saturating_add(bytes);
        Piece { all: Arc::clone(&self.all), range: begin..self.at }
    }
}

/// A piece of bytes that it shares with others.
struct Piece {
    all: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        self.all.get(self.range.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::recorded_request::RecordedRequest;

    const MIB: usize = 1024 * 1024;

    /// Shows a head as the path, and hides a word in it.
    fn mask(facts: RequestFacts, head: &[u8]) -> RecordedRequest {
        RecordedRequest {
            api: facts.api,
            method: String::new(),
            path: String::from_utf8_lossy(head).replace("secret", "***"),
            query: String::new(),
            route: None,
            headers: Vec::new(),
            body_bytes: facts.body_bytes,
            answer: facts.answer,
            answer_bytes: facts.answer_bytes,
            took: facts.took,
            fault: facts.fault,
            request_id: String::new(),
        }
    }

    fn mask_body(body: &[u8]) -> Option<String> {
        (!body.is_empty()).then(|| String::from_utf8_lossy(body).replace("secret", "***"))
    }

    fn push(kept: &mut KeptRequests, head: &[u8], body: Option<&[u8]>) {
        let request = UnmaskedRequest::new(RequestFacts::default(), head, mask);
        let request = match body {
            Some(body) => request.with_body(body, mask_body),
            None => request,
        };
        kept.push(Timestamp::from_micros(5), request);
    }

    /// The number, the path and the body of each entry after a number.
    fn shown(kept: &KeptRequests, after: u64) -> Vec<(u64, String, Option<String>)> {
        let show = |entry: &JournalEntry| (entry.number, entry.request().path.clone(), entry.body().map(str::to_owned));
        kept.after(after).iter().map(show).collect()
    }

    #[test]
    fn an_entry_is_shown_with_what_is_known_of_it_and_without_its_secrets() {
        let mut kept = KeptRequests::default();
        let facts = RequestFacts { body_bytes: 7, took: Duration::from_millis(2), fault: Some("delay"), ..RequestFacts::default() };
        let request = UnmaskedRequest::new(facts, b"/a-secret", mask).with_body(b"secret!", mask_body);
        kept.push(Timestamp::from_micros(5), request);
        assert!(!format!("{kept:?} {:?}", kept.after(0)).contains("secret"));
        let entries = kept.after(0);
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        let request = entry.request();
        assert_eq!((entry.number, entry.at, request.path.as_str(), entry.body()), (1, Timestamp::from_micros(5), "/a-***", Some("***!")));
        assert_eq!((request.body_bytes, request.took, request.fault), (7, facts.took, facts.fault));
    }

    #[test]
    fn entries_of_all_lengths_are_read_as_they_were_written_while_old_ones_give_way() {
        let mut kept = KeptRequests::at_most(7);
        let head = |number: u64| "ab/".repeat(usize::try_from(number * 37 % 101).unwrap());
        let body =
            |number: u64| (!number.is_multiple_of(3)).then(|| number.to_string().repeat(usize::try_from(1 + number * 53 % 89).unwrap()));
        for last in 1..=500 {
            push(&mut kept, head(last).as_bytes(), body(last).as_ref().map(String::as_bytes));
            let first = last.saturating_sub(6).max(1);
            let expected: Vec<_> = (first..=last).map(|number| (number, head(number), body(number))).collect();
            assert_eq!((shown(&kept, 0), kept.first(), kept.last()), (expected.clone(), first, last));
            let middle = first + (last - first) / 2;
            let later: Vec<_> = expected.into_iter().filter(|(number, ..)| *number > middle).collect();
            assert_eq!(shown(&kept, middle), later);
        }
        assert!(kept.after(500).is_empty() && kept.after(900).is_empty());
    }

    #[test]
    fn the_latest_entries_keep_their_bodies() {
        let mut kept = KeptRequests::default();
        for place in 0..JOURNAL_ENTRIES + 3 {
            push(&mut kept, place.to_string().as_bytes(), Some(b"{}"));
        }
        let entries = kept.after(0);
        let with_body = entries.iter().filter(|entry| entry.body().is_some()).count();
        assert_eq!((entries.len(), with_body, kept.bodies.len()), (JOURNAL_ENTRIES, JOURNAL_BODIES, JOURNAL_BODIES));
        assert_eq!(entries.first().map(|entry| (entry.number, entry.request().path.as_str())), Some((4, "3")));
        assert!(entries.last().is_some_and(|entry| entry.body().is_some()));
        for _ in 0..JOURNAL_BODIES {
            push(&mut kept, b"/", None);
        }
        assert!(kept.bodies.is_empty() && kept.body_bytes.len() == 0);
    }

    #[test]
    fn long_heads_and_bodies_leave_fewer_entries_and_take_no_more_memory_than_is_said() {
        let (mut kept, long) = (KeptRequests::default(), vec![b'a'; MIB]);
        for _ in 0..100 {
            push(&mut kept, &long, Some(&long));
        }
        let entries = kept.after(0);
        assert_eq!((entries.len(), kept.last()), (JOURNAL_HEAD_BYTES / MIB, 100));
        assert!(entries.iter().all(|entry| entry.request().path.len() == MIB && entry.body().is_some()));
        for _ in 0..100 {
            push(&mut kept, b"/", Some(&long));
        }
        assert_eq!(kept.after(0).iter().filter(|entry| entry.recorded.body.is_some()).count(), JOURNAL_BODY_BYTES / MIB);
        assert!(kept.heads.0.capacity() <= JOURNAL_HEAD_BYTES && kept.body_bytes.0.capacity() <= JOURNAL_BODY_BYTES);
    }

    #[test]
    fn memory_grows_with_the_entries_and_is_given_back() {
        let mut kept = KeptRequests::default();
        for _ in 0..10 {
            push(&mut kept, &[b'a'; 300], None);
        }
        assert!(kept.heads.0.capacity() <= 2 * 3_000 && kept.slots.capacity() <= 16 && kept.bodies.capacity() == 0);
        let long = vec![b'a'; MIB];
        for _ in 0..10 {
            push(&mut kept, b"/", Some(&long));
        }
        for _ in 0..2 * JOURNAL_BODIES {
            push(&mut kept, b"/", Some(b"{}"));
        }
        assert!(kept.body_bytes.0.capacity() < MIB, "{}", kept.body_bytes.0.capacity());
        kept.clear();
        assert!(kept.heads.0.capacity() == 0 && kept.slots.capacity() == 0 && kept.after(0).is_empty());
        assert_eq!((kept.first(), kept.last()), (2_021, 2_020));
        push(&mut kept, b"/d", None);
        assert_eq!(shown(&kept, 0), [(2_021, "/d".to_owned(), None)]);
    }
}
