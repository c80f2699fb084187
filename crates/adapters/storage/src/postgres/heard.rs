//! What is known of a connection besides the answers to statements.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::SqlState;

/// What the server said that diesel does not pass on. Both ends of a connection share it.
#[derive(Debug, Default)]
pub(super) struct Heard {
    code: Mutex<Option<SqlState>>,
    is_closed: AtomicBool,
}

impl Heard {
    /// Keeps the code of a failure until it is asked for. Of two, the later one counts.
    pub(super) fn failed(&self, code: SqlState) {
        *self.code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
    }

    /// The code of the last failure, once.
    pub(super) fn take_code(&self) -> Option<SqlState> {
        self.code.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}
