//! The actor behind an access token, or behind an assertion in place of one.

use derslik_domain::identity::{Actor, ClientNetwork, CredentialKind};
use derslik_ports::inbound::{AuthenticationError, PresentedCredential};

use crate::oauth::read_bearer;
use crate::state::HttpState;

/// The actor that an access token belongs to. The assertion of a service account stands in place of one.
///
/// # Errors
/// [`AuthenticationError`] if the token is not valid.
pub(super) async fn authenticate(state: &HttpState, client: Option<ClientNetwork>, token: &str) -> Result<Actor, AuthenticationError> {
    let presented = PresentedCredential { kind: CredentialKind::AccessToken, public_id: String::new(), secret: token.as_bytes().to_vec() };
    match read_bearer(token) {
        Some(assertion) => state.identity.authenticate_signed(presented, assertion, state.rate_limits().of_client(client)).await,
        None => state.identity.authenticate(presented).await,
    }
}

/// The actor that an `Authorization` header belongs to, if its credential is valid.
pub(super) async fn actor_of(state: &HttpState, client: Option<ClientNetwork>, authorization: Option<&str>) -> Option<Actor> {
    authenticate(state, client, bearer(authorization?)?).await.ok()
}

/// The token in a header `Bearer TOKEN`. The scheme is case-insensitive.
pub(super) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_token_follows_the_scheme_in_any_case() {
        assert_eq!([bearer("Bearer t"), bearer(" bEARER  t "), bearer("Bearer a b")], [Some("t"), Some("t"), Some("a b")]);
        for header in ["", "Bearer", "Bearer ", "t", "Basic t"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }
}
