//! Publicly known secrets, which are part of the program.

use async_trait::async_trait;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{PasswordHash, Username};

use super::CredentialPlan;
use crate::StoreError;

/// The publicly known secrets of one account.
#[derive(Debug, Clone)]
pub struct KnownSecrets {
    /// The account.
    pub account: AccountId,
    /// The keys and tokens.
    pub credentials: Vec<CredentialPlan>,
    /// The person whose password is known.
    pub person: Option<KnownPerson>,
}

/// A person whose password is publicly known.
#[derive(Debug, Clone)]
pub struct KnownPerson {
    /// The name for the log-in.
    pub username: Username,
    /// The hash of the known password. Any other stored hash belongs to a private password.
    pub hash: PasswordHash,
}

/// Finds and revokes the publicly known secrets that a database accepts.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait KnownSecretRevocation: Send + Sync {
    /// The secrets that the database accepts: keys and tokens by their public parts, and passwords by the names of their
    /// people.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn in_use(&self, known: Vec<KnownSecrets>) -> Result<Vec<String>, StoreError>;

    /// Revokes these keys and tokens, and replaces each known password by a random one that is never shown. Tokens that a
    /// log-in with one of them issued are revoked as well. All other credentials stay. Returns the revoked secrets, as
    /// [`in_use`](Self::in_use) names them.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revoke(&self, known: Vec<KnownSecrets>) -> Result<Vec<String>, StoreError>;
}
