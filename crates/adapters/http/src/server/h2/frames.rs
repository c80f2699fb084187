//! Follows the frames of HTTP/2 through the bytes that a connection receives. The library does not tell how much it has read of
//! an unfinished head, so the watch needs this.

/// The length of what a client sends before its first frame.
const PREFACE_BYTES: usize = 24;
const HEADER_BYTES: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
/// The flag of the last frame of a head.
const END_HEADERS: u8 = 4;

/// Whether the bytes so far end with something that has to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Received {
    /// All frames and heads are whole. A part of a body counts as whole: bodies have a deadline of their own.
    Whole,
    /// The last frame, or the head that it belongs to, is unfinished.
    Part {
        /// Whether that frame or head begins with the bytes that were just read.
        is_new: bool,
    },
}

/// A place within the frames of a connection.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Frames {
    place: Place,
    /// Whether a head has begun whose last frame has not ended.
    is_in_head: bool,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Preface { left: usize },
    Header { bytes: [u8; HEADER_BYTES], length: usize },
    Payload { left: usize, is_body: bool, ends_head: bool },
}

/// The place between two frames.
const BETWEEN: Place = Place::Header { bytes: [0; HEADER_BYTES], length: 0 };

impl Default for Frames {
    /// The beginning of a connection.
    fn default() -> Self {
        Self { place: Place::Preface { left: PREFACE_BYTES }, is_in_head: false }
    }
}

impl Frames {
    /// Moves on by these bytes.
    pub(in crate::server) fn read(&mut self, mut bytes: &[u8]) -> Received {
        let mut is_new = self.is_whole();
        while let Some((first, rest)) = bytes.split_first() {
            match self.place {
                Place::Preface { left } => {
                    let taken = left.min(bytes.len());
                    bytes = bytes.get(taken..).unwrap_or_default();
                    self.place = if taken == left { BETWEEN } else { Place::Preface { left: left - taken } };
                }
                Place::Header { bytes: mut header, length } => {
                    if let Some(byte) = header.get_mut(length) {
                        *byte = *first;
                    }
                    bytes = rest;
                    self.place = Place::Header { bytes: header, length: length + 1 };
                    if length + 1 == HEADER_BYTES {
                        self.begin(header);
                    }
                }
                Place::Payload { left, is_body, ends_head } => {
                    let taken = left.min(bytes.len());
                    bytes = bytes.get(taken..).unwrap_or_default();
                    self.go_on(left - taken, is_body, ends_head);
                }
            }
            is_new |= self.is_whole();
        }
        if self.is_whole() { Received::Whole } else { Received::Part { is_new } }
    }

    /// Begins the payload of a frame with this header.
    fn begin(&mut self, header: [u8; HEADER_BYTES]) {
        let [high, middle, low, kind, flags, ..] = header;
        let length = usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap_or(usize::MAX);
        let is_of_head = matches!(kind, HEADERS | CONTINUATION);
        self.is_in_head |= is_of_head;
        self.go_on(length, kind == DATA, is_of_head && flags & END_HEADERS != 0);
    }

    fn go_on(&mut self, left: usize, is_body: bool, ends_head: bool) {
        if left == 0 {
            self.is_in_head &= !ends_head;
            self.place = BETWEEN;
        } else {
            self.place = Place::Payload { left, is_body, ends_head };
        }
    }

    fn is_whole(&self) -> bool {
        !self.is_in_head
            && match self.place {
                Place::Preface { .. } => false,
                Place::Header { length, .. } => length == 0,
                Place::Payload { is_body, .. } => is_body,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const NEW: Received = Received::Part { is_new: true };
    const OLD: Received = Received::Part { is_new: false };

    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        let mut bytes = vec![0, 0, length, kind, flags, 0, 0, 0, 1];
        bytes.resize(HEADER_BYTES + usize::from(length), 7);
        bytes
    }

    fn opened() -> Frames {
        let mut frames = Frames::default();
        assert_eq!(frames.read(PREFACE), Received::Whole);
        frames
    }

    #[test]
    fn the_place_does_not_depend_on_how_the_bytes_are_cut() {
        let all = [PREFACE.to_vec(), frame(4, 0, 12), frame(HEADERS, END_HEADERS, 30), frame(DATA, 1, 200), frame(6, 0, 8), frame(4, 1, 0)]
            .concat();
        for size in [1, 2, 9, 10, 33, all.len()] {
            let mut frames = Frames::default();
            let last = all.chunks(size).map(|chunk| frames.read(chunk)).last();
            assert_eq!(last, Some(Received::Whole), "{size}");
        }
    }

    #[test]
    fn a_head_is_unfinished_until_its_last_frame_has_ended() {
        let mut frames = opened();
        assert_eq!(frames.read(&frame(HEADERS, 0, 5)), NEW);
        assert_eq!(frames.read(&frame(CONTINUATION, 0, 5)), OLD);
        assert_eq!(frames.read(&frame(CONTINUATION, 0, 0)), OLD);
        assert_eq!(frames.read(&frame(CONTINUATION, END_HEADERS, 5)), Received::Whole);
    }

    #[test]
    fn a_frame_that_drips_stays_the_same_and_the_next_is_new() {
        let mut frames = opened();
        let (ping, settings) = (frame(6, 0, 8), frame(4, 0, 6));
        assert_eq!(frames.read(&ping[..1]), NEW);
        assert_eq!(frames.read(&ping[1..10]), OLD);
        let both = [&ping[10..], &settings[..4]].concat();
        assert_eq!(frames.read(&both), NEW);
        assert_eq!(frames.read(&settings[4..]), Received::Whole);
    }

    #[test]
    fn a_part_of_a_body_is_whole_but_a_part_of_its_header_is_not() {
        let mut frames = opened();
        let body = frame(DATA, 0, 50);
        assert_eq!(frames.read(&body[..8]), NEW);
        assert_eq!(frames.read(&body[8..20]), Received::Whole);
        assert_eq!(frames.read(&body[20..]), Received::Whole);
    }
}
