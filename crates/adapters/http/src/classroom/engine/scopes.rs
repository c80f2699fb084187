//! The names of scopes in the courses API: URLs.

use derslik_domain::identity::Scope;

/// The prefix of scope names.
pub(crate) const SCOPE_PREFIX: &str = "https://www.googleapis.com/auth/";

/// The URL that names a scope.
pub(crate) fn scope_url(scope: Scope) -> String {
    format!("{SCOPE_PREFIX}{}", scope.name())
}
