//! The state of a connection that the results of statements do not show.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::sqlstate::SqlState;

/// Facts from the server that diesel does not pass on. Both ends of a connection share them.
#[derive(Debug, Default)]
pub(super) struct SocketState {
    code: Mutex<Option<SqlState>>,
    is_closed: AtomicBool,
}

impl SocketState {
    /// Keeps the code of a failure until it is taken. A later code replaces an earlier one.
    pub(super) fn record_code(&self, code: SqlState) {
        *self.code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
    }

    /// Takes the code of the last failure. A second call returns `None`.
    pub(super) fn take_code(&self) -> Option<SqlState> {
        self.code.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// Forgets that the connection to another address was closed.
    pub(super) fn reopen(&self) {
        self.is_closed.store(false, Ordering::Release);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}
