//! Argon2id, two hashes at a time: each takes a processor and 19 MiB, and a flood of guesses would take all of both.

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use async_trait::async_trait;
use derslik_domain::identity::{Password, PasswordHash};
use derslik_ports::outbound::{Passwords, StoreError};

use crate::bounded::BoundedThreads;

/// The number of passwords that are hashed at the same time, each on its own thread.
pub const MAX_CONCURRENT: usize = 2;
/// How long a password waits for a free thread.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// Argon2id with the costs that OWASP recommends: 19 MiB, two passes.
#[derive(Debug, Clone)]
pub struct Argon2Passwords {
    threads: BoundedThreads,
}

impl Default for Argon2Passwords {
    fn default() -> Self {
        Self { threads: BoundedThreads::new(MAX_CONCURRENT, QUEUE_TIMEOUT) }
    }
}

impl Argon2Passwords {
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, StoreError> {
        self.threads.run(work).await?
    }
}

fn hash(password: &[u8]) -> Result<PasswordHash, StoreError> {
    let hash = Argon2::default().hash_password(password).map_err(|error| StoreError::Other(Box::new(error)))?;
    Ok(PasswordHash::new(hash.to_string()))
}

#[async_trait]
impl Passwords for Argon2Passwords {
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError> {
        self.run(move || hash(password.reveal().as_bytes())).await
    }

    async fn verify(&self, password: Password, known: Option<PasswordHash>) -> Result<bool, StoreError> {
        self.run(move || {
            let password = password.reveal().as_bytes();
            let Some(known) = known else { return hash(password).map(|_| false) };
            let corrupt = StoreError::Corrupt { table: "passwords", column: "hash" };
            let known = phc::PasswordHash::new(known.as_str()).map_err(|_| corrupt)?;
            Ok(Argon2::default().verify_password(password, &known).is_ok())
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.as_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_verified_by_a_salted_hash() {
        let passwords = Argon2Passwords::default();
        let hash = passwords.hash(password("right")).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert_ne!(passwords.hash(password("right")).await.unwrap().as_str(), hash.as_str());
        assert!(passwords.verify(password("right"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(password("wrong"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(password("right"), None).await.unwrap());
    }
}
