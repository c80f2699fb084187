#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod account;
mod clock;
mod control;
mod error;
mod faults;
mod http;
mod journal;
mod live;
mod process;
mod server;

pub use account::Account;
pub use clock::Clock;
pub use error::Error;
pub use faults::Faults;
pub use http::Answer;
pub use journal::{Count, Journal};
pub use live::Live;
pub use server::Server;

use tokio::sync::OnceCell;

static SHARED: OnceCell<Server> = OnceCell::const_new();

/// A new account, whose clock stands still, on the service of this process. The first call starts the service.
///
/// # Errors
/// If the program is missing or does not start, or if it refuses the account.
pub async fn start() -> Result<Account, Error> {
    SHARED.get_or_try_init(Server::launch).await?.account().await
}
