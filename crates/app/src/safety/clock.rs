//! Whether the clocks of the machine and of the database agree. Leases of jobs and ends of tokens are compared with both.

use std::time::Duration;

use derslik_storage::{ClockDifference, DatabaseUrl, MigrateError};

use super::{Finding, Severity, Violation};
use crate::config::Profile;
use crate::system::SystemClock;

/// The largest difference that does no harm.
pub(crate) const LARGEST: Duration = Duration::from_secs(5);

/// Compares the clocks. Profile `production` refuses a difference of more than five seconds, `dev` warns of it. It blocks the
/// thread.
///
/// # Errors
/// If the database does not answer.
pub fn check(url: &DatabaseUrl, profile: Profile) -> Result<Option<Finding>, MigrateError> {
    Ok(url.clock_difference(&SystemClock)?.and_then(|difference| finding(difference, profile)))
}

fn finding(difference: ClockDifference, profile: Profile) -> Option<Finding> {
    if difference.by <= LARGEST {
        return None;
    }
    let severity = match profile {
        Profile::Dev => Severity::Warning,
        Profile::Production => Severity::Refused,
    };
    let side = if difference.server_is_ahead { "ahead of" } else { "behind" };
    let problem = format!("the clock of the database is {} s {side} that of this machine", difference.by.as_secs());
    let fix = "let both machines take their time from the network (timedatectl set-ntp true)";
    Some(Violation::new("database_url", problem, fix).into_finding("clock", severity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_more_than_five_seconds_is_found_in_either_direction() {
        for server_is_ahead in [true, false] {
            let of = |millis, profile| finding(ClockDifference { by: Duration::from_millis(millis), server_is_ahead }, profile);
            assert_eq!(of(5_000, Profile::Production), None);
            let found = of(5_001, Profile::Production).unwrap();
            assert_eq!((found.name, found.severity, found.setting.as_str()), ("clock", Severity::Refused, "database_url"));
            assert_eq!(found.problem.contains("ahead"), server_is_ahead, "{found:?}");
            assert_eq!(of(5_001, Profile::Dev).unwrap().severity, Severity::Warning);
        }
    }

    #[test]
    fn sqlite_has_no_clock_to_differ() {
        assert_eq!(check(&DatabaseUrl::Sqlite("none".into()), Profile::Production).unwrap(), None);
    }
}
