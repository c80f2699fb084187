//! The status of a session on creation and after each change. The caller says how a change moves the end.

use super::SessionStatus;

/// How a change moves the end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndMove {
    /// The end was in the past and is in the future now.
    IntoFuture,
    /// The end stays in the past or in the future, or moves from the future to the past.
    Elsewhere,
}

impl SessionStatus {
    /// The status of a new session for which a client sent that number. No request creates a session that is locked, over or
    /// deleted.
    pub(super) const fn at_first(sent: Option<i64>) -> Self {
        match sent {
            Some(0) => Self::Passive,
            Some(_) | None => Self::Active,
        }
    }

    /// The status after a change for which a client sent `sent`. Sending the present status counts as not sending one. An
    /// expired session becomes active again if its end moves into the future.
    #[must_use]
    pub fn after(self, sent: Option<Self>, end: EndMove) -> Self {
        if let Some(sent) = sent.filter(|sent| *sent != self) {
            return sent;
        }
        match (self, end) {
            (Self::Expired, EndMove::IntoFuture) => Self::Active,
            (Self::Expired, EndMove::Elsewhere)
            | (Self::Deleted | Self::Passive | Self::Active | Self::Locked, EndMove::IntoFuture | EndMove::Elsewhere) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SessionStatus::{Active, Deleted, Expired, Locked, Passive};
    use super::*;

    const ENDS: [EndMove; 2] = [EndMove::Elsewhere, EndMove::IntoFuture];

    /// The whole table: the status before, and the status after a change that sends none, for each of [`ENDS`].
    const UNSENT: [(SessionStatus, [SessionStatus; 2]); 5] = [
        (Deleted, [Deleted, Deleted]),
        (Passive, [Passive, Passive]),
        (Active, [Active, Active]),
        (Locked, [Locked, Locked]),
        (Expired, [Expired, Active]),
    ];

    #[test]
    fn an_expired_session_whose_end_moves_into_the_future_is_active_again() {
        for (stored, becomes) in UNSENT {
            for (end, becomes) in ENDS.into_iter().zip(becomes) {
                assert_eq!(stored.after(None, end), becomes, "{stored:?} {end:?}");
                assert_eq!(stored.after(Some(stored), end), becomes, "{stored:?} is sent as it is, {end:?}");
                for sent in SessionStatus::ALL.into_iter().filter(|sent| *sent != stored) {
                    assert_eq!(stored.after(Some(sent), end), sent, "{stored:?} to {sent:?} {end:?}");
                }
            }
        }
    }

    #[test]
    fn a_new_session_is_passive_where_that_was_sent_and_active_otherwise() {
        assert_eq!(SessionStatus::at_first(Some(0)), Passive);
        for sent in [None, Some(1), Some(-1), Some(2), Some(3), Some(99)] {
            assert_eq!(SessionStatus::at_first(sent), Active, "{sent:?}");
        }
    }
}
