//! The texts by which the database keeps the kinds of credentials and grants.

use derslik_domain::identity::{CredentialKind, GrantKind};

/// The text of a kind. It stays as it is when the domain renames a kind.
pub(crate) const fn kind_text(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::AccessKey => "perculus_key",
        CredentialKind::AccountKey => "organization_key",
        CredentialKind::AccessToken => "access_token",
    }
}

/// The kind of that text.
pub(super) fn kind_of_text(text: &str) -> Option<CredentialKind> {
    CredentialKind::ALL.into_iter().find(|kind| kind_text(*kind) == text)
}

/// The text of a kind of grant.
pub(super) const fn grant_text(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::Key => "service_key",
        GrantKind::Refresh => "refresh_token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found_by_the_text_under_which_it_was_stored() {
        let stored = [
            ("perculus_key", CredentialKind::AccessKey),
            ("organization_key", CredentialKind::AccountKey),
            ("access_token", CredentialKind::AccessToken),
        ];
        for (text, kind) in stored {
            assert_eq!((kind_text(kind), kind_of_text(text)), (text, Some(kind)));
        }
        assert_eq!(kind_of_text("access_key"), None);
    }
}
