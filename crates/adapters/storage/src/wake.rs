//! How whoever runs jobs learns that there is something to do: inside a process at once, between processes by LISTEN and
//! NOTIFY of PostgreSQL. It knows nothing of what there is to do.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::result::QueryResult;
use tokio::sync::Notify;

use crate::pool::ConnectError;
use crate::postgres::{DIAL_INTERVAL, PgConnection, Target, listen_on};

/// The channel on which workers are told of jobs that may start at once.
const CHANNEL: &str = "derslik_jobs";

/// How often the server has to show that it is there, and how long it may take for that, or to make the connection.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Tells the workers of all processes, once the transaction has ended well, that there is something to do.
pub(crate) fn notify(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(format!("NOTIFY {CHANNEL}")).execute(conn).map(drop)
}

/// Wakes `sleeper` whenever a process says that there is something to do, on a thread and a connection of its own, until
/// nobody else holds the sleeper. A server that keeps silent is given up and tried again.
pub(crate) fn listen(target: Target, sleeper: &Arc<Notify>) -> std::io::Result<()> {
    let sleeper = Arc::downgrade(sleeper);
    let listen = move || {
        while let Some(awake) = sleeper.upgrade() {
            // Nobody listens for now.
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
