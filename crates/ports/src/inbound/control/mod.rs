//! Test control: the use cases by which a test suite makes accounts of its own and sets their state. They are there in profile `dev`
//! alone, where the wiring builds them, and they have no actor: each program that reaches the operations listener may call them.

mod account_ids;
mod accounts;
mod error;
mod seeds;
mod snapshots;

pub use account_ids::{AccountIds, PublicAccountId};
pub use accounts::{AccountControl, NewTestAccount, TestAccount, TestAccountState, TestUser};
pub use error::ControlError;
pub use seeds::{SeedControl, SeedCounts};
pub use snapshots::{SnapshotControl, SnapshotName, StoredSnapshot};

#[cfg(any(test, feature = "mocks"))]
pub use {accounts::MockAccountControl, seeds::MockSeedControl, snapshots::MockSnapshotControl};
