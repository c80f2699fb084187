//! How long a new access token is accepted.

use crate::time::Timestamp;

/// The lifetime of a new access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum TokenLifetime {
    /// [`TokenLifetime::DEFAULT_DAYS`] days.
    #[default]
    Default,
    /// That many days.
    Days(u32),
    /// Without end.
    Never,
}

impl TokenLifetime {
    /// The lifetime in days if nothing else is asked for.
    pub const DEFAULT_DAYS: u32 = 90;

    /// The instant at which a token ends that begins at `begin`; `None` for never.
    #[must_use]
    pub fn end(self, begin: Timestamp) -> Option<Timestamp> {
        const MINUTES_OF_A_DAY: i64 = 24 * 60;
        let days = match self {
            Self::Default => Self::DEFAULT_DAYS,
            Self::Days(days) => days,
            Self::Never => return None,
        };
        Some(begin.minutes_before(-MINUTES_OF_A_DAY * i64::from(days)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ends_after_90_days_unless_told_otherwise() {
        const DAY: i64 = 24 * 60 * 60 * 1_000_000;
        let begin = Timestamp::from_micros(5);
        assert_eq!(TokenLifetime::default().end(begin), Some(Timestamp::from_micros(5 + 90 * DAY)));
        assert_eq!(TokenLifetime::Days(2).end(begin), Some(Timestamp::from_micros(5 + 2 * DAY)));
        assert_eq!(TokenLifetime::Days(0).end(begin), Some(begin));
        assert_eq!(TokenLifetime::Never.end(begin), None);
        // No lifetime makes the sum overflow.
        assert!(TokenLifetime::Days(u32::MAX).end(Timestamp::MAX) > Some(Timestamp::MAX));
    }
}
