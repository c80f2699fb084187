//! The secrets of credentials.

/// A pair of keys of the sessions API, as a client gets them.
#[derive(Clone)]
pub struct KeyPair {
    /// The part that may be shown and logged.
    pub access_key: String,
    /// The secret part.
    pub secret_key: String,
    /// The proof that a client knows both. Clients send it in place of the secret part.
    pub proof: [u8; 32],
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyPair").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// Makes the secrets of credentials. It stores nothing.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SecretMaking: Send + Sync {
    /// A random pair: 96 bits identify it, and 256 prove it.
    fn new_key_pair(&self) -> KeyPair;

    /// The pair of these two parts.
    fn key_pair(&self, access_key: &str, secret_key: &str) -> KeyPair;

    /// A random key of the jobs API, of 256 bits.
    fn new_account_key(&self) -> String;

    /// A random access token, of 256 bits.
    fn new_token(&self) -> String;
}
