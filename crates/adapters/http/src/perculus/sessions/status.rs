//! The numbers by which clients name the status of a session and of its recording.

use derslik_domain::form::Field;
use derslik_domain::session::{ReplayStatus, SessionStatus};

/// The number of a status.
pub(super) const fn number(status: SessionStatus) -> i8 {
    match status {
        SessionStatus::Deleted => -1,
        SessionStatus::Passive => 0,
        SessionStatus::Active => 1,
        SessionStatus::Locked => 2,
        SessionStatus::Expired => 3,
    }
}

/// The number of the status of a recording.
pub(super) const fn recording_number(status: ReplayStatus) -> i8 {
    match status {
        ReplayStatus::NotAllowed => 0,
        ReplayStatus::NotPacked => 1,
        ReplayStatus::Packed => 2,
        ReplayStatus::NoContent => 3,
    }
}

/// The status that a client sent by its number; the inner `None` is a number without a status.
pub(super) fn read(sent: Field<i64>) -> Field<Option<SessionStatus>> {
    sent.map(|sent| SessionStatus::ALL.into_iter().find(|status| i64::from(number(*status)) == sent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_sent_by_its_number_and_no_other_number_is_one() {
        let statuses =
            [SessionStatus::Deleted, SessionStatus::Passive, SessionStatus::Active, SessionStatus::Locked, SessionStatus::Expired];
        for (sent, status) in (-1..).zip(statuses) {
            assert_eq!((read(Field::Given(sent)), i64::from(number(status))), (Field::Given(Some(status)), sent));
        }
        // The last number is 1 in its lower bits.
        for sent in [i64::MIN, -2, 4, 65_537] {
            assert_eq!(read(Field::Given(sent)), Field::Given(None), "{sent}");
        }
        assert_eq!(read(Field::Null), Field::Null);
    }

    #[test]
    fn the_statuses_of_a_recording_are_numbered_from_0() {
        let statuses = [ReplayStatus::NotAllowed, ReplayStatus::NotPacked, ReplayStatus::Packed, ReplayStatus::NoContent];
        assert_eq!(statuses.map(recording_number), [0, 1, 2, 3]);
    }
}
