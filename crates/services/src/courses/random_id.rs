//! New ids of courses, grading periods and grade categories.

use derslik_domain::id::{AccountId, Id};
use derslik_ports::outbound::Ids;

/// A random id of twelve digits for an object of an account.
pub(crate) fn twelve_digits<Kind>(ids: &dyn Ids, account: AccountId) -> Id<Kind> {
    const FIRST: i64 = 100_000_000_000;
    const COUNT: u64 = 900_000_000_000;
    Id::new(FIRST + i64::try_from(ids.public_number_of(account) % COUNT).unwrap_or_default())
}
