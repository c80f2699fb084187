//! Ends statements of SQLite that run for too long.
//!
//! SQLite asks a handler every few thousand steps of a statement whether to go on. Diesel offers no way to set one, so this
//! crate asks SQLite to call it for each connection that the process opens, and sets the handler there. The handler looks at
//! what the thread that runs the statement was told with [`with`]; it keeps nothing of any connection.
//!
//! It is the one crate with `unsafe` code, which is two calls into SQLite: ADR 0017 says why.
#![deny(missing_docs)]

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;

use libsqlite3_sys as ffi;

/// How many steps of a statement pass between two questions: some tens of microseconds.
const STEPS: c_int = 4_000;

type IsOver = Box<dyn Fn() -> bool>;

thread_local! {
    static IS_OVER: RefCell<Option<IsOver>> = const { RefCell::new(None) };
}

/// SQLite takes no more functions to call for each connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// What SQLite answered.
    pub code: c_int,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SQLite takes no function for new connections (code {})", self.code)
    }
}

impl std::error::Error for Refused {}

/// Makes connections that this process opens from now on heed [`with`]. It may be called as often as one likes.
///
/// # Errors
/// [`Refused`].
pub fn install() -> Result<(), Refused> {
    static INSTALLED: OnceLock<c_int> = OnceLock::new();
    let code = *INSTALLED.get_or_init(|| {
        #[expect(unsafe_code, reason = "diesel has no way to set a progress handler")]
        // SAFETY: `attend` has the signature that SQLite calls, and lives as long as the process.
        unsafe {
            ffi::sqlite3_auto_extension(Some(attend))
        }
    });
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(Refused { code }) }
}

/// Runs `work`, and ends each statement that this thread runs in it on SQLite once `is_over` says so. The statement then fails
/// with the text `interrupted`. It is asked often and must not use SQLite itself.
pub fn with<T>(is_over: impl Fn() -> bool + 'static, work: impl FnOnce() -> T) -> T {
    /// Also where the work panics, what follows on this thread is not held to its limit.
    struct Before(Option<IsOver>);
    impl Drop for Before {
        fn drop(&mut self) {
            IS_OVER.set(self.0.take());
        }
    }
    let _before = Before(IS_OVER.replace(Some(Box::new(is_over))));
    work()
}

/// Called by SQLite for each connection that is opened.
#[expect(unsafe_code, reason = "diesel has no way to set a progress handler")]
unsafe extern "C" fn attend(connection: *mut ffi::sqlite3, _error: *mut *mut c_char, _api: *const ffi::sqlite3_api_routines) -> c_int {
    // SAFETY: SQLite hands over a connection that is open, and the handler takes no pointer that could dangle.
    unsafe { ffi::sqlite3_progress_handler(connection, STEPS, Some(is_over), null_mut()) };
    ffi::SQLITE_OK
}

/// Called by SQLite on the thread that runs a statement: anything but zero ends it.
extern "C" fn is_over(_nothing: *mut c_void) -> c_int {
    let is_over = IS_OVER.try_with(|is_over| is_over.try_borrow().is_ok_and(|is_over| is_over.as_ref().is_some_and(|is_over| is_over())));
    c_int::from(is_over.unwrap_or(false))
}
