//! New ids of courses, grading periods and grade categories.

use derslik_domain::id::Id;
use derslik_ports::outbound::Ids;

/// A random id of twelve digits.
pub(crate) fn twelve_digits<Kind>(ids: &dyn Ids) -> Id<Kind> {
    const FIRST: i64 = 100_000_000_000;
    const COUNT: u64 = 900_000_000_000;
    Id::new(FIRST + i64::try_from(ids.random_number() % COUNT).unwrap_or_default())
}
