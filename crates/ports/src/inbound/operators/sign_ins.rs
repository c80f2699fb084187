//! Sign-ins of admins: a name and a password for a token, which a browser shows from then on.

use std::time::Duration;

use async_trait::async_trait;
use derslik_domain::identity::{Admin, ClientNetwork, Password, Username};

use crate::StoreError;

/// How long a sign-in lasts: 12 hours.
pub const SIGN_IN_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// What an admin shows to sign in.
#[derive(Debug, Clone)]
pub struct AdminSignIn {
    /// The name of the admin.
    pub name: Username,
    /// The password.
    pub password: Password,
    /// The network of the browser; `None` if the connection has no address.
    pub network: Option<ClientNetwork>,
}

/// A sign-in that has begun.
#[derive(Clone)]
pub struct NewSignIn {
    /// The admin.
    pub admin: Admin,
    /// The token. Only its digest is stored, so it can't be shown again.
    pub token: String,
    /// How long it lasts, in seconds.
    pub seconds: u32,
}

impl std::fmt::Debug for NewSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSignIn").field("admin", &self.admin).field("seconds", &self.seconds).finish_non_exhaustive()
    }
}

/// Why a password of an admin was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The name or the password is wrong. Callers don't learn which, so that they can't probe for names.
    #[error("the name or the password is not valid")]
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

/// Signs in the admins of the installation.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AdminSignIns: Send + Sync {
    /// Signs in an admin for [`SIGN_IN_LIFE`]. An unknown name takes as long as a wrong password does.
    ///
    /// # Errors
    /// Any [`SignInError`].
    async fn sign_in(&self, shown: AdminSignIn) -> Result<NewSignIn, SignInError>;

    /// The admin of a token. `None` for an unknown one, for one that has ended, and after the admin was removed. It costs one read at
    /// the most.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn find(&self, token: &str) -> Result<Option<Admin>, StoreError>;

    /// Checks the password of an admin who is signed in, before a change that asks for it again. A wrong one counts as an attempt to
    /// sign in.
    ///
    /// # Errors
    /// Any [`SignInError`]. [`SignInError::Invalid`] also if the admin was removed.
    async fn confirm(&self, admin: &Admin, password: Password, network: Option<ClientNetwork>) -> Result<(), SignInError>;

    /// Ends a sign-in. An unknown token changes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sign_out(&self, token: &str) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::AdminId;
    use derslik_domain::identity::AdminRole;
    use derslik_domain::time::Timestamp;

    use super::*;

    #[test]
    fn a_sign_in_prints_without_its_token() {
        let name = Username::parse("ayse").unwrap();
        let admin = Admin { id: AdminId::new(3), name, role: AdminRole::Viewer, created_at: Timestamp::from_micros(0) };
        let printed = format!("{:?}", NewSignIn { admin, token: "derslik_si_1".to_owned(), seconds: 43_200 });
        assert!(printed.contains("43200") && !printed.contains("derslik_si_1"), "{printed}");
    }
}
