//! One session after the other over HTTP, while other clients guess passwords. Each guess comes from an address that is still
//! below its limit, so the service checks it, and each costs a slow hash.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use async_trait::async_trait;
use tokio::task::JoinSet;

use super::get_session::GetSession;
use crate::http::{self, Connection};
use crate::load::{Load, Rig, drive};
use crate::meter::{Measured, Meter, Size};
use crate::report::{Figures, Goal};

/// The number of clients that guess at the same time.
const GUESSERS: usize = 50;
/// The maximum number of guesses of one client: more than fit into the time.
const MOST_GUESSES: u32 = 2_000;
/// The number of guesses from one address: fewer than the service's limit.
const GUESSES_FROM_AN_ADDRESS: u32 = 40;
/// The first of the addresses to guess from. All addresses that begin with 127 belong to this machine.
const FIRST_ADDRESS: u32 = 0x7f01_0000;
/// No account has this id or a larger one.
const FIRST_ACCOUNT: u64 = 1_000_000_000;
/// The length of the unmeasured warm-up, as a part of the measured time. In it all guessers come to wait for a hash.
const RAMP: f64 = 0.5;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Guessing {
    /// The number of accounts for which a guess was sent.
    accounts: Arc<AtomicU64>,
}

/// The tasks that guess. They end by themselves, at the latest when this is dropped.
struct Guessers {
    guessing: JoinSet<Result<u32>>,
    may_end: Arc<AtomicBool>,
}

impl Guessers {
    fn start(address: SocketAddr, accounts: &Arc<AtomicU64>) -> Self {
        let may_end = Arc::new(AtomicBool::new(false));
        let mut guessing = JoinSet::new();
        for _ in 0..GUESSERS {
            guessing.spawn(guess(address, Arc::clone(accounts), Arc::clone(&may_end)));
        }
        Self { guessing, may_end }
    }

    /// Checks that all of them are still guessing.
    fn check(&mut self) -> Result<()> {
        match self.guessing.try_join_next() {
            None => Ok(()),
            Some(ended) => Err(ended?.err().unwrap_or_else(|| anyhow!("a guesser ran out of guesses"))),
        }
    }

    /// Lets them end, and waits for their last answers, so that no hash is left for the next measurement. Returns the number of
    /// guesses.
    async fn end(mut self) -> Result<u32> {
        self.may_end.store(true, Ordering::Relaxed);
        let mut guesses = 0;
        while let Some(ended) = self.guessing.join_next().await {
            guesses += ended??;
        }
        Ok(guesses)
    }
}

/// Sends guesses until `may_end` is set, and returns their number.
async fn guess(address: SocketAddr, accounts: Arc<AtomicU64>, may_end: Arc<AtomicBool>) -> Result<u32> {
    let mut connection = open(address, &accounts).await?;
    let mut guesses = 0;
    while guesses < MOST_GUESSES && !may_end.load(Ordering::Relaxed) {
        if guesses > 0 && guesses % GUESSES_FROM_AN_ADDRESS == 0 {
            connection = open(address, &accounts).await?;
        }
        let account = FIRST_ACCOUNT + accounts.fetch_add(1, Ordering::Relaxed);
        let form = format!("grant_type=password&client_id=api&username=admin&password=guess{account}&account_id={account}");
        let status = connection.exchange(&http::form("/auth/connect/token", form.as_bytes())).await?.status;
        // The guess was hashed and wrong (400), or it waited too long for a hash (503).
        ensure!(status == 400 || status == 503, "a guess was answered {status}");
        guesses += 1;
    }
    Ok(guesses)
}

/// A connection from an address that has not been used for guesses yet.
async fn open(address: SocketAddr, accounts: &AtomicU64) -> Result<Connection> {
    let number = u32::try_from(accounts.fetch_add(1, Ordering::Relaxed))?;
    Connection::open_from(Ipv4Addr::from_bits(FIRST_ADDRESS + number), address).await
}

#[async_trait]
impl Measured for Guessing {
    fn name(&self) -> &'static str {
        "get_session_while_guessed"
    }

    fn title(&self) -> &'static str {
        "GET /session/{guid} while 50 guess passwords"
    }

    fn parallel(&self) -> usize {
        GetSession.connections()
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::P99(250.0))
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        GetSession.prepare(rig).await?;
        let mut clients = Vec::with_capacity(self.parallel());
        for _ in 0..self.parallel() {
            clients.push(GetSession.connect(rig).await?);
        }
        let mut guessers = Guessers::start(rig.service.address(), &self.accounts);
        let (clients, _) = drive(clients, Duration::from_secs_f64(size.seconds * RAMP)).await?;
        let meter = Meter::start(Some(rig.service.pid()), &rig.database)?;
        let (_clients, latencies) = drive(clients, Duration::from_secs_f64(size.seconds)).await?;
        let figures = meter.finish(&rig.database, u32::try_from(latencies.len())?, 1, latencies)?;
        guessers.check()?;
        ensure!(guessers.end().await? > 0, "no guess was answered");
        Ok(figures)
    }
}
