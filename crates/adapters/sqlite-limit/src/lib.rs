//! Ends statements of SQLite that run for too long.
//!
//! Every few thousand steps of a statement, SQLite asks a progress handler whether to go on. Diesel offers no way to set one. So
//! this crate registers a function that SQLite calls for each connection of the process, and that function sets the handler. The
//! handler evaluates the closure that the current thread passed to [`with`]. It stores nothing for a connection.
//!
//! This is the only crate with `unsafe` code: two calls into SQLite. ADR 0017 says why.
#![deny(missing_docs)]

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

use libsqlite3_sys as ffi;

/// Steps of a statement between two calls of the handler: some tens of microseconds.
const STEPS: c_int = 4_000;

type IsOver = Box<dyn Fn() -> bool>;

thread_local! {
    static IS_OVER: RefCell<Option<IsOver>> = const { RefCell::new(None) };
}

/// SQLite refused the function that is to be called for each new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The result code of SQLite.
    pub code: c_int,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SQLite refused the function for new connections (code {})", self.code)
    }
}

impl std::error::Error for Refused {}

/// Makes connections that this process opens from now on obey [`with`]. It may be called any number of times.
///
/// # Errors
/// [`Refused`], with the code of SQLite.
pub fn install() -> Result<(), Refused> {
    static INSTALLED: OnceLock<c_int> = OnceLock::new();
    let code = *INSTALLED.get_or_init(|| {
        #[expect(unsafe_code, reason = "diesel has no way to set a progress handler")]
        // SAFETY: `attend` has the signature that SQLite expects, and lives as long as the process.
        unsafe {
            ffi::sqlite3_auto_extension(Some(attend))
        }
    });
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(Refused { code }) }
}

/// Runs `work`. Once `is_over` returns true, SQLite ends each statement that this thread runs inside `work`, and the statement
/// fails with the text `interrupted`. `is_over` is called often and must not use SQLite itself.
pub fn with<T>(is_over: impl Fn() -> bool + 'static, work: impl FnOnce() -> T) -> T {
    /// Restores the previous limit, also after a panic of `work`.
    struct Before(Option<IsOver>);
    impl Drop for Before {
        fn drop(&mut self) {
            IS_OVER.set(self.0.take());
        }
    }
    let _before = Before(IS_OVER.replace(Some(Box::new(is_over))));
    work()
}

/// SQLite calls it for each connection that is opened.
#[expect(unsafe_code, reason = "diesel has no way to set a progress handler")]
unsafe extern "C" fn attend(connection: *mut ffi::sqlite3, _error: *mut *mut c_char, _api: *const ffi::sqlite3_api_routines) -> c_int {
    // SAFETY: SQLite passes an open connection, and the handler has no pointer that could dangle.
    unsafe { ffi::sqlite3_progress_handler(connection, STEPS, Some(is_over), null_mut()) };
    ffi::SQLITE_OK
}

/// SQLite calls it on the thread that runs the statement. A result other than zero ends the statement.
extern "C" fn is_over(_nothing: *mut c_void) -> c_int {
    let is_over = IS_OVER.try_with(|is_over| is_over.try_borrow().is_ok_and(|is_over| is_over.as_ref().is_some_and(|is_over| is_over())));
    c_int::from(is_over.unwrap_or(false))
}
