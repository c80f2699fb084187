//! Test control: the use cases by which a test suite makes accounts of its own and sets their state. They are there in profile `dev`
//! alone, where the wiring builds them, and they have no actor: each program that reaches the operations listener may call them.

mod account_ids;
mod accounts;
mod clock;
mod error;
mod faults;
mod journal;
mod kept_requests;
mod replay;
mod seeds;
mod snapshots;

pub use account_ids::{AccountIds, Changing, PublicAccountId};
pub use accounts::{AccountControl, AccountMemory, MAX_TIME_TO_LIVE, NewTestAccount, TestAccount, TestAccountState, TestUser};
pub use clock::{Advance, Advanced, ClockControl, ClockScope, MAX_RAN, ShownClock};
pub use error::ControlError;
pub use faults::{FaultControl, FaultInjection, NewFault};
pub use journal::{
    JOURNAL_BODIES, JOURNAL_BODY_BYTES, JOURNAL_ENTRIES, JOURNAL_HEAD_BYTES, JournalEntry, JournalReading, JournalRecording, MaskBody,
    MaskHead, Masked, Recorded, RecordedRequest, RequestFacts, UNMATCHED_ENTRIES, UnmaskedRequest,
};
pub use kept_requests::KeptRequests;
pub use replay::{MAX_REPLAY, ReplayError, Replayed, RequestReplay};
pub use seeds::{SeedControl, SeedCounts};
pub use snapshots::{SnapshotControl, SnapshotName, StoredSnapshot};

#[cfg(any(test, feature = "mocks"))]
pub use {
    accounts::MockAccountControl, clock::MockClockControl, faults::MockFaultControl, journal::MockJournalReading,
    replay::MockRequestReplay, seeds::MockSeedControl, snapshots::MockSnapshotControl,
};
