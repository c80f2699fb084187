//! The pieces of an answer that wait within the library to be written to the socket.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use actix_web::web::Bytes;
use bytes::Buf;

/// Counts the pieces of one answer that were not written yet.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    pieces: Cell<usize>,
    waiting: RefCell<Option<Waker>>,
}

/// Bytes of an answer. The library drops them when they are written, or when their stream has ended before.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Bytes,
    unwritten: Rc<Unwritten>,
}

impl Piece {
    pub(super) fn new(bytes: Bytes, unwritten: &Rc<Unwritten>) -> Self {
        unwritten.pieces.set(unwritten.pieces.get() + 1);
        Self { bytes, unwritten: Rc::clone(unwritten) }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.unwritten.pieces.set(self.unwritten.pieces.get().saturating_sub(1));
        if let Some(waiting) = self.unwritten.waiting.take() {
            waiting.wake();
        }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

impl Unwritten {
    /// Waits until fewer pieces are left than now. Returns whether any is left.
    pub(super) async fn progress(&self) -> bool {
        let before = self.pieces.get();
        poll_fn(|cx| {
            if self.pieces.get() == 0 || self.pieces.get() < before {
                return Poll::Ready(());
            }
            self.waiting.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
        self.pieces.get() > 0
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn an_answer_is_written_once_its_last_piece_was_dropped() {
        let unwritten = Rc::new(Unwritten::default());
        assert_eq!(unwritten.progress().now_or_never(), Some(false));
        let (mut first, second) = (Piece::new(Bytes::from_static(b"abc"), &unwritten), Piece::new(Bytes::new(), &unwritten));
        first.advance(1);
        assert_eq!((first.chunk(), first.remaining()), (b"bc".as_slice(), 2));
        let mut progress = Box::pin(unwritten.progress());
        assert_eq!((&mut progress).now_or_never(), None);
        drop(first);
        assert_eq!(progress.now_or_never(), Some(true));
        drop(second);
        assert_eq!(unwritten.progress().now_or_never(), Some(false));
    }
}
