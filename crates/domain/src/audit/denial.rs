//! The causes of denied requests.

/// Why requests were denied. Each cause of an account has at most one record a minute, with the number of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum DenialCause {
    /// The credential is unknown, malformed or revoked. Its account is not known.
    UnknownCredential,
    /// The secret of a known credential is wrong.
    WrongSecret,
    /// A log-in with a wrong name or password.
    WrongPassword,
    /// A log-in after too many wrong ones.
    TooManyAttempts,
    /// The credential has expired.
    Expired,
    /// The account is disabled.
    AccountDisabled,
    /// The principal is passive or deleted.
    Passive,
    /// The credential lacks the scope.
    MissingScope,
    /// The principal lacks the role.
    MissingRole,
    /// The principal may not do this to this object.
    NotAllowed,
}

impl DenialCause {
    /// Every cause.
    pub const ALL: [Self; 10] = [
        Self::UnknownCredential,
        Self::WrongSecret,
        Self::WrongPassword,
        Self::TooManyAttempts,
        Self::Expired,
        Self::AccountDisabled,
        Self::Passive,
        Self::MissingScope,
        Self::MissingRole,
        Self::NotAllowed,
    ];

    /// The second part of the name of an event.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownCredential => "unknown_credential",
            Self::WrongSecret => "wrong_secret",
            Self::WrongPassword => "wrong_password",
            Self::TooManyAttempts => "too_many_attempts",
            Self::Expired => "expired",
            Self::AccountDisabled => "account_disabled",
            Self::Passive => "passive",
            Self::MissingScope => "missing_scope",
            Self::MissingRole => "missing_role",
            Self::NotAllowed => "not_allowed",
        }
    }

    /// The cause of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_stored_by_name() {
        for cause in DenialCause::ALL {
            assert_eq!(DenialCause::by_name(cause.name()), Some(cause));
        }
        assert_eq!(DenialCause::by_name("denied"), None);
    }
}
