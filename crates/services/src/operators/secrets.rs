//! Makes the secrets of credentials.

use derslik_ports::inbound::operators::{KeyPair, SecretMaking};
use derslik_ports::outbound::UnitOfWork;

use super::UseCases;
use crate::identity::secret::{key_pair, new_account_key, new_key_pair, new_token};

impl<U: UnitOfWork> SecretMaking for UseCases<U> {
    fn new_key_pair(&self) -> KeyPair {
        new_key_pair(self.ids.as_ref())
    }

    fn key_pair(&self, access_key: &str, secret_key: &str) -> KeyPair {
        key_pair(access_key, secret_key)
    }

    fn new_account_key(&self) -> String {
        new_account_key(self.ids.as_ref())
    }

    fn new_token(&self) -> String {
        new_token(self.ids.as_ref())
    }
}
