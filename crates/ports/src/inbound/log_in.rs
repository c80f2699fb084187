//! Logging in: a name and a password for a token.

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{ClientNetwork, Password, Username};

use crate::StoreError;

/// The values that a client sends to log in. An access key and its secret are accepted in place of the name and the password.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The account.
    pub account: AccountId,
    /// The name of a person.
    pub username: Username,
    /// The password of that person.
    pub password: Password,
    /// The network of the client; `None` if the connection has no address.
    pub network: Option<ClientNetwork>,
}

/// A token that was made for a client.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token. Only its digest is stored, so it can't be shown again.
    pub token: String,
    /// Its lifetime in seconds.
    pub seconds: u32,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken").field("seconds", &self.seconds).finish_non_exhaustive()
    }
}

/// Why a log-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// The account, the name or the password is wrong, or the person may not log in. Clients don't learn which, so that they
    /// can't probe for names.
    #[error("the account, the user name or the password is not valid")]
    Invalid,
    /// There were too many wrong passwords.
    #[error("too many failed attempts")]
    TooMany {
        /// After how many seconds the limiter allows another attempt.
        retry_after_seconds: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Issues tokens in exchange for passwords.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait LogInService: Send + Sync {
    /// Issues a token if the name and the password belong together.
    ///
    /// # Errors
    /// Any [`LogInError`].
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError>;
}
