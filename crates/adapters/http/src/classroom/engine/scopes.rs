//! The names of scopes in the courses API: URLs.

use derslik_domain::identity::Scope;

/// The prefix of scope names.
pub(crate) const SCOPE_PREFIX: &str = "https://www.googleapis.com/auth/";

/// The URL that names a scope.
pub(crate) fn scope_url(scope: Scope) -> String {
    url_of(scope.name())
}

/// The URL that names the scope of that name.
pub(super) fn url_of(name: &str) -> String {
    format!("{SCOPE_PREFIX}{name}")
}
