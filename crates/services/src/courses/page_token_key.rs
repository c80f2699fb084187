//! The key that seals page tokens. The whole installation has one, so that each process reads the tokens of the others.

use derslik_ports::outbound::{StoreError, Tenant, UnitOfWork};

/// The stored key. If there is none yet, `fresh` is stored and returned.
///
/// # Errors
/// [`StoreError`].
pub async fn page_token_key<U: UnitOfWork>(uow: &U, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
    uow.write(Tenant::Installation, move |stores| stores.keys().get_or_add("page_tokens", fresh)).await
}
