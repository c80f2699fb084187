//! Wakes the workers when there are jobs: inside a process at once, and between processes by LISTEN and NOTIFY of PostgreSQL. It
//! knows nothing about the jobs.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::result::QueryResult;
use tokio::sync::Notify;

use super::connect_error::ConnectError;
use super::postgres::{PgConnection, RECONNECT_INTERVAL, Server, listen_on};

/// The channel of the notifications about jobs that may start at once.
const CHANNEL: &str = "derslik_jobs";

/// How often the server has to respond, and how long it may take for that, or for the connection.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);
const SERVER_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Notifies the workers of all processes once the transaction has committed.
pub(crate) fn notify(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(format!("NOTIFY {CHANNEL}")).execute(conn).map(drop)
}

/// Wakes `job_notify` for each notification of a process. It runs on a thread and a connection of its own, until `job_notify` has no
/// other owner. A server that is silent is given up, and the connection is made anew.
pub(crate) fn listen(server: Server, job_notify: &Arc<Notify>) -> std::io::Result<()> {
    let job_notify = Arc::downgrade(job_notify);
    let listen = move || {
        while let Some(worker) = job_notify.upgrade() {
            // Until the connection listens, notifications are lost, so wake the workers now.
            worker.notify_one();
            drop(worker);
            match listen_until_lost(&server, &job_notify) {
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

fn listen_until_lost(server: &Server, job_notify: &Weak<Notify>) -> Result<(), ConnectError> {
    let wake = {
        let job_notify = Weak::clone(job_notify);
        move || {
            if let Some(worker) = job_notify.upgrade() {
                worker.notify_one();
            }
        }
    };
    let is_wanted = || job_notify.strong_count() > 0;
    listen_on(server, CHANNEL, SERVER_TIMEOUT, CHECK_INTERVAL, wake, is_wanted)
}
