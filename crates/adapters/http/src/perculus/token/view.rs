//! Tokens and refusals as OAuth 2.0 shows them.

use serde::Serialize;

/// An issued token.
#[derive(Serialize)]
pub(super) struct TokenView<'a> {
    pub(super) access_token: &'a str,
    pub(super) expires_in: u32,
    pub(super) token_type: &'static str,
    pub(super) scope: &'static str,
}

/// The reason why no token was issued.
#[derive(Serialize)]
pub(super) struct Refusal {
    pub(super) error: &'static str,
    pub(super) error_description: &'static str,
}
