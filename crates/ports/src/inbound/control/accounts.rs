//! Accounts of tests: made, listed, reset and ended.

use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::id::{PrincipalId, UserGuid};
use derslik_domain::job::Project;
use derslik_domain::time::Zone;

use super::{ControlError, PublicAccountId};
use crate::inbound::operators::KeyPair;

/// An account to make for a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewTestAccount {
    /// The name; `None` for one that no other account has.
    pub name: Option<String>,
    /// How long the account lives, in real time, whatever its own clock shows, and [`MAX_TIME_TO_LIVE`] at most. `None` for as long
    /// as the database.
    pub time_to_live: Option<Duration>,
    /// A document with the first content. A reset brings the account back to this state.
    pub seed: Option<String>,
}

/// A new account with all that a client needs to call the three APIs.
#[derive(Clone)]
pub struct TestAccount {
    /// The id.
    pub id: PublicAccountId,
    /// The name.
    pub name: String,
    /// The keys of the sessions API.
    pub keys: KeyPair,
    /// The key of the jobs API.
    pub account_key: String,
    /// The project.
    pub project: Project,
    /// One person for each role.
    pub users: Vec<TestUser>,
}

impl std::fmt::Debug for TestAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestAccount").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A person of a new account.
#[derive(Clone)]
pub struct TestUser {
    /// What the person is for, as `teacher`.
    pub role: &'static str,
    /// The id in the courses API.
    pub id: PrincipalId,
    /// The id in the sessions API.
    pub guid: UserGuid,
    /// The e-mail address, by which the jobs API names the person.
    pub email: String,
    /// The access token for the courses API.
    pub token: String,
}

impl std::fmt::Debug for TestUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestUser").field("role", &self.role).field("id", &self.id).finish_non_exhaustive()
    }
}

/// An account as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestAccountState {
    /// The id.
    pub id: PublicAccountId,
    /// The name.
    pub name: String,
}

/// The longest life of an account: ten years.
pub const MAX_TIME_TO_LIVE: Duration = Duration::from_secs(3_650 * 86_400);

/// What is in memory about accounts, and goes when they end.
pub trait AccountMemory: Send + Sync + std::fmt::Debug {
    /// Forgets an account that has ended.
    fn forget(&self, account: PublicAccountId);
}

/// Makes, lists, resets and ends accounts.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AccountControl: Send + Sync {
    /// Makes an account with keys, a project and a person for each role. No person has a password, since hashing
    /// one would take most of the time.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn create(&self, new: NewTestAccount) -> Result<TestAccount, ControlError>;

    /// All accounts that have not ended, ordered by their ids.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn list(&self) -> Result<Vec<TestAccountState>, ControlError>;

    /// The time zone of an account, if there is such an account.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::Store`].
    async fn zone_of(&self, account: PublicAccountId) -> Result<Zone, ControlError>;

    /// Ends an account: none of its credentials are accepted from now on, and its rows are removed later.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::Store`].
    async fn end(&self, account: PublicAccountId) -> Result<(), ControlError>;

    /// Brings an account back to the state in which it was made, with its first content, in one transaction. Its keys stay valid. What
    /// a running request or job still writes is not seen by later requests. A clock of its own that stands still shows the instant at which
    /// the account was made again; one that runs goes on.
    ///
    /// # Errors
    /// [`ControlError::NotFound`], [`ControlError::Store`].
    async fn reset(&self, account: PublicAccountId) -> Result<(), ControlError>;

    /// Resets all accounts, in one transaction.
    ///
    /// # Errors
    /// [`ControlError`].
    async fn reset_all(&self) -> Result<(), ControlError>;
}
