//! Signatures of service accounts.

use async_trait::async_trait;
use derslik_domain::identity::{PublicKey, SignatureAlgorithm};

use super::StoreError;

/// A new key pair. The private half is handed out once and never stored.
#[derive(Clone)]
pub struct SigningKey {
    /// The private half: PKCS #8 in PEM.
    pub private_pem: String,
    /// The public half.
    pub public: PublicKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// Verifies signatures, and makes the keys of them.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Signatures: Send + Sync + std::fmt::Debug {
    /// Whether the holder of the private half of `key` made `signature` over `message` by `algorithm`. A key of another algorithm has
    /// made none. No thread that answers requests is kept busy, and few signatures are verified at the same time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if too many wait already.
    async fn verify(&self, algorithm: SignatureAlgorithm, key: PublicKey, message: Vec<u8>, signature: Vec<u8>)
    -> Result<bool, StoreError>;

    /// A random key pair. One of RSA may take a second.
    ///
    /// # Errors
    /// [`StoreError::Other`] if the machine can't make one.
    fn new_key(&self, algorithm: SignatureAlgorithm) -> Result<SigningKey, StoreError>;
}
