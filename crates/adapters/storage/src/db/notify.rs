//! Wakes the workers when there are jobs: inside a process at once, and between processes by LISTEN and NOTIFY of PostgreSQL. It
//! knows nothing about the jobs.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::result::QueryResult;
use tokio::sync::Notify;

use crate::db::pool::ConnectError;
use crate::db::postgres::{DIAL_INTERVAL, PgConnection, Target, listen_on};

/// The channel of the notifications about jobs that may start at once.
const CHANNEL: &str = "derslik_jobs";

/// How often the server has to respond, and how long it may take for that, or for the connection.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Notifies the workers of all processes once the transaction has committed.
pub(crate) fn notify(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(format!("NOTIFY {CHANNEL}")).execute(conn).map(drop)
}

/// Wakes `sleeper` for each notification of a process. It runs on a thread and a connection of its own, until `sleeper` has no
/// other owner. A server that is silent is given up, and the connection is made anew.
pub(crate) fn listen(target: Target, sleeper: &Arc<Notify>) -> std::io::Result<()> {
    let sleeper = Arc::downgrade(sleeper);
    let listen = move || {
        while let Some(awake) = sleeper.upgrade() {
            // Until the connection listens, notifications are lost, so wake the workers now.
            awake.notify_one();
            drop(awake);
            match listen_until_lost(&target, &sleeper) {
                Ok(()) => return,
                Err(error) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(cause, "lost the connection that listens for jobs");
                }
            }
            thread::sleep(DIAL_INTERVAL);
        }
    };
    thread::Builder::new().name("job-listener".to_owned()).spawn(listen).map(drop)
}

fn listen_until_lost(target: &Target, sleeper: &Weak<Notify>) -> Result<(), ConnectError> {
    let wake = {
        let sleeper = Weak::clone(sleeper);
        move || {
            if let Some(awake) = sleeper.upgrade() {
                awake.notify_one();
            }
        }
    };
    let is_wanted = || sleeper.strong_count() > 0;
    listen_on(target, CHANNEL, PATIENCE, LOOK_INTERVAL, wake, is_wanted)
}
