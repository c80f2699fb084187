//! The last bytes that a connection received. They tell whether input followed a request: the framework does not show what it
//! has already read of the next one.

/// Long enough that the start of a following head hardly repeats it by chance.
const LENGTH: usize = 32;

/// The last bytes of an input, in order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tail {
    /// The bytes are aligned to the end of the array.
    bytes: [u8; LENGTH],
    length: usize,
}

impl Tail {
    /// Returns the tail after `more` has been appended.
    #[must_use]
    pub(super) fn then(mut self, more: &[u8]) -> Self {
        self.bytes.rotate_left(more.len().min(LENGTH));
        for (to, from) in self.bytes.iter_mut().rev().zip(more.iter().rev()) {
            *to = *from;
        }
        self.length = self.length.saturating_add(more.len()).min(LENGTH);
        self
    }

    /// Whether this tail ends with the other one.
    pub(super) fn ends_with(&self, other: &Self) -> bool {
        self.known().ends_with(other.known())
    }

    /// Whether the tail ends with an empty line, which ends a head and a chunked body.
    pub(super) fn ends_with_empty_line(&self) -> bool {
        [b"\n\r\n".as_slice(), b"\n\n"].iter().any(|line| self.known().ends_with(line))
    }

    fn known(&self) -> &[u8] {
        self.bytes.get(LENGTH - self.length..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_the_end_of_all_that_came() {
        let all: Vec<u8> = (0..100).collect();
        for piece in [1, 7, 31, 32, 33, 100] {
            let tail = all.chunks(piece).fold(Tail::default(), Tail::then);
            assert_eq!(tail.known(), all.split_at(100 - LENGTH).1, "{piece}");
        }
        let short = Tail::default().then(b"ab").then(b"").then(b"c");
        assert_eq!(short.known(), b"abc");
    }

    #[test]
    fn input_after_an_end_is_noticed() {
        let body = Tail::default().then(b"\n{}");
        let request = Tail::default().then(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
        assert!(request.ends_with(&body) && !request.ends_with_empty_line());
        assert!(!request.then(b"G").ends_with(&body) && !Tail::default().ends_with(&body));
        let head = Tail::default().then(b"GET / HTTP/1.1\r\n\r\n");
        assert!(head.ends_with_empty_line() && Tail::default().then(b"GET / HTTP/1.0\n\n").ends_with_empty_line());
        assert!(!head.then(b"GET / HTTP/1.1\r\n").ends_with_empty_line() && !Tail::default().ends_with_empty_line());
    }
}
