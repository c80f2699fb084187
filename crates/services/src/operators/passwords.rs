//! Passwords that an operator chooses, or has chosen at random.

use derslik_domain::identity::{Password, PasswordHash};
use derslik_domain::text::hex;
use derslik_ports::inbound::operators::{AdminError, UserError};
use derslik_ports::outbound::{StoreError, UnitOfWork};

use super::UseCases;

/// The fewest characters of a random password: 128 bits in hexadecimal digits.
const RANDOM_CHARS: usize = 32;
/// The most characters of any password.
const MOST_CHARS: usize = 200;

/// The hash of a new password, and the password itself if it was made at random.
pub(super) struct NewPassword {
    pub(super) hash: PasswordHash,
    pub(super) random: Option<String>,
}

/// Why a password was not hashed.
pub(super) enum PasswordError {
    /// It has fewer characters than the rules demand.
    TooShort { min: usize },
    /// The hasher failed.
    Store(StoreError),
}

impl<U: UnitOfWork> UseCases<U> {
    /// Hashes the given password if it meets the rules, or a random one.
    pub(super) async fn hash(&self, password: Option<Password>) -> Result<NewPassword, PasswordError> {
        let min = self.rules.min_chars;
        let (password, random) = match password {
            Some(password) if !self.rules.accept(&password) => return Err(PasswordError::TooShort { min }),
            Some(password) => (password, None),
            None => {
                // The rules may demand more than one source of bits gives.
                let mut text = String::new();
                while text.len() < min.clamp(RANDOM_CHARS, MOST_CHARS) {
                    text += &hex(&self.ids.random());
                }
                text.truncate(min.clamp(RANDOM_CHARS, MOST_CHARS));
                let password = Password::new(text.clone().into_bytes());
                (password.map_err(|error| PasswordError::Store(StoreError::Other(Box::new(error))))?, Some(text))
            }
        };
        let hash = self.passwords.hash(password).await.map_err(PasswordError::Store)?;
        Ok(NewPassword { hash, random })
    }
}

impl From<PasswordError> for UserError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort { min } => Self::PasswordTooShort { min },
            PasswordError::Store(error) => Self::Store(error),
        }
    }
}

impl From<PasswordError> for AdminError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort { min } => Self::PasswordTooShort { min },
            PasswordError::Store(error) => Self::Store(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::PasswordRules;
    use derslik_ports::mocks::{FakeUnitOfWork, MockStores};

    use super::*;
    use crate::operators::testing::{one_hash, operators_with};

    async fn random(min_chars: usize) -> String {
        let mut operators = operators_with(FakeUnitOfWork::new(MockStores::default()), one_hash());
        operators.rules = PasswordRules { min_chars };
        let Ok(NewPassword { hash, random: Some(password) }) = operators.hash(None).await else { panic!("it is made") };
        assert_eq!(hash.as_str(), format!("hash of {password}"));
        password
    }

    #[tokio::test]
    async fn a_random_password_is_as_long_as_the_rules_demand_and_never_short() {
        for (min, length) in [(1, 32), (32, 32), (33, 33), (100, 100), (200, 200)] {
            assert_eq!(random(min).await.len(), length);
        }
    }
}
