//! The clocks of accounts, which tests move. Profile `dev` alone has them.
//!
//! | module | purpose |
//! |---|---|
//! | `account_clocks` | the time of each account in this process, in step with other processes |
//! | `control` | the use cases of test control |
//! | `synced` | use cases that read the clocks before they judge a credential |

mod account_clocks;
mod control;
mod synced;
#[cfg(test)]
mod tests;

pub use account_clocks::AccountClocks;
pub use control::ClockUseCases;
pub use synced::{SyncedGrants, SyncedIdentity, SyncedLogIns};
