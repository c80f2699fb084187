//! The causes of denied requests.

/// Why requests were denied. Each cause of an account has at most one record a minute, with the number of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum DenialCause {
    /// The credential is malformed, unknown or revoked, or its account or principal is disabled. It is looked up as if it did not exist,
    /// so its account is not known.
    UnknownCredential,
    /// The secret of a known credential is wrong.
    WrongSecret,
    /// A log-in with a wrong name or password.
    WrongPassword,
    /// A log-in after too many wrong ones.
    TooManyAttempts,
    /// The credential has expired.
    Expired,
    /// The credential lacks the scope, or its principal lacks the role or may not do this to this object.
    NotAllowed,
}

impl DenialCause {
    /// Every cause.
    pub const ALL: [Self; 6] =
        [Self::UnknownCredential, Self::WrongSecret, Self::WrongPassword, Self::TooManyAttempts, Self::Expired, Self::NotAllowed];

    /// The second part of the name of an event.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownCredential => "unknown_credential",
            Self::WrongSecret => "wrong_secret",
            Self::WrongPassword => "wrong_password",
            Self::TooManyAttempts => "too_many_attempts",
            Self::Expired => "expired",
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
