//! The key that page tokens are sealed with: one for the whole installation, so that any process reads the tokens of any other.

use derslik_ports::outbound::{StoreError, Tenant, UnitOfWork};

/// The key; `fresh` where none was made yet.
///
/// # Errors
/// [`StoreError`].
pub async fn page_token_key<U: UnitOfWork>(uow: &U, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
    uow.write(Tenant::Installation, move |stores| stores.keys().get_or_add("page_tokens", fresh)).await
}
