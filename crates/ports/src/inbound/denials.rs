//! The count of denied requests.

use std::fmt;

use derslik_domain::audit::DenialCause;
use derslik_domain::id::AccountId;

/// Counts denied requests for the audit log. The counts are written later, so counting is cheap and never fails.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait DenialLog: fmt::Debug + Send + Sync {
    /// Counts a request that was denied. `None` is for a request whose account is not known.
    fn note(&self, account: Option<AccountId>, cause: DenialCause);
}
