//! How whoever runs jobs learns that there is something to do: inside a process at once, between processes by LISTEN and
//! NOTIFY of PostgreSQL. It knows nothing of what there is to do.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use tokio::sync::Notify;

use crate::pool::{ConnectError, PgConnector};

/// The channel on which workers are told of jobs that may start at once.
const CHANNEL: &str = "derslik_jobs";

/// How often the connection is asked whether something came: diesel offers no way to wait for it.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// How long to wait before a lost connection is made anew.
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);

/// Tells the workers of all processes, once the transaction has ended well, that there is something to do.
pub(crate) fn notify(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(format!("NOTIFY {CHANNEL}")).execute(conn).map(drop)
}

/// Wakes `sleeper` whenever a process says that there is something to do, on a thread and a connection of its own, until
/// nobody else holds the sleeper.
pub(crate) fn listen(connector: PgConnector, sleeper: &Arc<Notify>) -> std::io::Result<()> {
    let sleeper = Arc::downgrade(sleeper);
    let listen = move || {
        while let Some(awake) = sleeper.upgrade() {
            // Nobody listens for now.
            awake.notify_one();
            drop(awake);
            match listen_until_lost(&connector, &sleeper) {
                Ok(()) => return,
                Err(error) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(cause, "lost the connection that listens for jobs");
                }
            }
            thread::sleep(RECONNECT_INTERVAL);
        }
    };
    thread::Builder::new().name("job-listener".to_owned()).spawn(listen).map(drop)
}

fn listen_until_lost(connector: &PgConnector, sleeper: &Weak<Notify>) -> Result<(), ConnectError> {
    let mut conn = connector.connect_unbounded()?;
    diesel::sql_query(format!("LISTEN {CHANNEL}")).execute(&mut conn)?;
    // Whatever was said before this connection listened.
    sleeper.upgrade().inspect(|awake| awake.notify_one());
    while let Some(sleeper) = sleeper.upgrade() {
        for heard in conn.notifications_iter() {
            heard?;
            sleeper.notify_one();
        }
        drop(sleeper);
        thread::sleep(LOOK_INTERVAL);
    }
    Ok(())
}
