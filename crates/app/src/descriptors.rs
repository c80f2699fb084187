//! The limit of open files and connections of the process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit of descriptors to the hard one, and returns the limit. `None` means unlimited.
pub fn raise_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of descriptors can't be raised");
            limit.current
        }
    }
}

/// The number of client connections that the descriptors allow: at most `wanted`, after `reserved` ones for everything else.
pub fn connections_within(wanted: usize, descriptors: Option<u64>, reserved: u64) -> usize {
    let room = descriptors.map_or(u64::MAX, |descriptors| descriptors.saturating_sub(reserved).max(1));
    wanted.min(usize::try_from(room).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        assert_eq!(connections_within(8_192, Some(1_024), 200), 824);
        assert_eq!(connections_within(8_192, Some(1_048_576), 200), 8_192);
        assert_eq!(connections_within(8_192, None, 200), 8_192);
        assert_eq!(connections_within(8_192, Some(100), 200), 1);
    }

    #[test]
    fn the_soft_limit_is_the_hard_one() {
        let raised = raise_limit();
        assert_eq!(raised, getrlimit(Resource::Nofile).maximum);
        assert_eq!(getrlimit(Resource::Nofile).current, raised);
    }
}
