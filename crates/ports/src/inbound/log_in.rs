//! Logging in: a name and a password for a token.

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{ClientNetwork, Password, Username};

use super::PresentedCredential;
use crate::outbound::StoreError;

/// What a client showed to log in.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The account.
    pub account: AccountId,
    /// The name of a person.
    pub username: Username,
    /// The password of that person.
    pub password: Password,
    /// The same two, taken for an access key and its secret.
    pub as_key: PresentedCredential,
    /// Where the request came from; none where the connection has no address.
    pub network: Option<ClientNetwork>,
}

/// A token that was made for a client.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token, which is shown this once.
    pub token: String,
    /// For how many seconds it opens something.
    pub seconds: u32,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken").field("seconds", &self.seconds).finish_non_exhaustive()
    }
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// The account, the name or the password is wrong, or the person may not log in: which of them is nobody's business.
    #[error("the account, the user name or the password is not valid")]
    Invalid,
    /// There were too many wrong guesses.
    #[error("too many failed attempts")]
    TooMany {
        /// After how many seconds a further attempt is looked at.
        retry_after_seconds: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes tokens for those who know a password.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait LogInService: Send + Sync {
    /// A token for whoever knows the password.
    ///
    /// # Errors
    /// Any [`LogInError`].
    async fn log_in(&self, shown: LogIn) -> Result<IssuedToken, LogInError>;
}
