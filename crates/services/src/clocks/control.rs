//! Test control of clocks. An advance runs what falls due before it moves the clock: until then nothing of it is due for a worker, so
//! each thing runs once, at its own time, and in order. It has a bounded time for that, since clients may make due things all the time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use derslik_domain::audit::INSTALLATION;
use derslik_domain::clock::{RanItem, RanKind, VirtualClock};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{Advance, Advanced, ClockControl, ClockScope, ControlError, MAX_RAN, PublicAccountId, ShownClock};
use derslik_ports::outbound::{Clock, ClockSync, DueWork, NextDue, Projection, StoreError, Stores, Tenant, UnitOfWork};
use tokio::time::sleep;

use super::AccountClocks;
use crate::keyed_locks::KeyedLocks;

/// How often a change is tried while other requests change the same clock.
const TRIES: usize = 20;

/// How long an advance may take for what was not due at its start, in real time.
const LIMIT: Duration = Duration::from_secs(30);

/// The pause between two looks at jobs that a worker runs.
const PAUSE: Duration = Duration::from_millis(5);

/// How many accounts one read returns.
const ACCOUNTS: u32 = 1_000;

/// The most changes that one transaction applies.
const BATCH: u16 = 1_000;

/// The use cases of clocks over a unit of work.
pub struct ClockUseCases<U> {
    clocks: Arc<AccountClocks<U>>,
    due: Arc<dyn DueWork>,
    /// How long an advance may take for what was not due at its start.
    limit: Duration,
    /// One advance of each clock at a time in this process, by the ids under which clocks are stored.
    advancing: KeyedLocks<AccountId>,
}

impl<U> fmt::Debug for ClockUseCases<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockUseCases").finish_non_exhaustive()
    }
}

/// What ran so far, without the sweeps: which of them run, and when, depends on the time of the machine.
#[derive(Debug, Default)]
struct Ran {
    items: Vec<RanItem>,
    count: usize,
    /// How much ran, with the sweeps.
    all: u64,
}

impl Ran {
    fn add(&mut self, mut items: Vec<RanItem>) {
        self.all += u64::try_from(items.len()).unwrap_or(u64::MAX);
        items.retain(|item| !matches!(item.kind, RanKind::Job { action, .. } if action.is_sweep()));
        self.count += items.len();
        self.items.extend(items);
    }

    /// The first of them by the time at which they were due.
    fn into_first(mut self) -> (Vec<RanItem>, usize) {
        self.items.sort_by_key(|item| item.due);
        self.items.truncate(MAX_RAN);
        (self.items, self.count)
    }
}

impl<U: UnitOfWork + fmt::Debug> ClockUseCases<U> {
    /// The use cases over these clocks. `due` runs what falls due.
    pub fn new(clocks: Arc<AccountClocks<U>>, due: Arc<dyn DueWork>) -> Self {
        Self { clocks, due, limit: LIMIT, advancing: KeyedLocks::default() }
    }

    /// The same use cases, whose advances may take so long for what was not due at their start.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The account that is behind a public id now. This process may not know yet that another one has replaced it.
    async fn current(&self, public: PublicAccountId) -> Result<AccountId, ControlError> {
        let guess = self.clocks.ids().current(public);
        let found = self.clocks.uow().read(Tenant::Installation, move |stores| stores.test_accounts().current(public.get(), guess, false));
        let found: Result<_, StoreError> = found.await;
        let found =
            found?.filter(|_| public.get() != INSTALLATION.get()).ok_or_else(|| ControlError::not_found("account", &public))?.account;
        if found != guess {
            self.clocks.ids().replace(public, found);
        }
        Ok(found)
    }

    /// The id under which a clock is stored.
    async fn stored_id(&self, scope: ClockScope) -> Result<AccountId, ControlError> {
        let ClockScope::Account(public) = scope else { return Ok(INSTALLATION) };
        self.current(public).await?;
        Ok(AccountId::new(public.get()))
    }

    async fn shown(&self, scope: ClockScope) -> Result<ShownClock, ControlError> {
        let stored = self.stored_id(scope).await?;
        self.clocks.read_changes().await?;
        let next_due = match scope {
            ClockScope::All => None,
            ClockScope::Account(public) => self.next_due(self.clocks.ids().current(public)).await?.first(),
        };
        let clock = self.clocks.effective(stored);
        let is_own = self.clocks.own(stored).is_some();
        Ok(ShownClock { now: clock.shows(self.clocks.now()), is_frozen: clock.is_frozen(), is_own, next_due })
    }

    /// What falls due next in an account, apart from sweeps.
    async fn next_due(&self, account: AccountId) -> Result<NextDue, StoreError> {
        let (uow, actions) = (self.clocks.uow(), self.due.actions().iter().filter(|action| !action.is_sweep()).collect());
        // The ends of sessions that were written a moment ago may still be pending.
        loop {
            let catch_up = move |stores: &mut dyn Stores| stores.change_log().catch_up(account, Projection::SessionEnds, BATCH);
            let applied: Result<RowCount, StoreError> = uow.write(account, catch_up).await;
            if applied?.get() < u64::from(BATCH) {
                break;
            }
        }
        uow.read(account, move |stores| stores.clocks().next_due(account, actions)).await
    }

    /// Replaces a clock by what `decide` makes of the one that goes now, while the machine shows that instant.
    async fn change(
        &self,
        scope: ClockScope,
        decide: impl Fn(VirtualClock, Timestamp) -> Option<VirtualClock> + Send + Sync,
    ) -> Result<(), ControlError> {
        let stored = self.stored_id(scope).await?;
        for _ in 0..TRIES {
            self.clocks.read_changes().await?;
            let before = self.clocks.own(stored);
            let after = decide(before.unwrap_or_else(|| self.clocks.effective(stored)), self.clocks.now());
            if self.replace(stored, before, after).await? {
                return Ok(());
            }
        }
        Err(contended())
    }

    /// Replaces a stored clock if it is `before`.
    async fn replace(&self, stored: AccountId, before: Option<VirtualClock>, after: Option<VirtualClock>) -> Result<bool, ControlError> {
        self.replace_of(stored, None, before, after).await
    }

    /// The same, if that account is still behind its public id: in one that has replaced it, nothing of what fell due has run.
    async fn replace_of(
        &self,
        stored: AccountId,
        ran_in: Option<AccountId>,
        before: Option<VirtualClock>,
        after: Option<VirtualClock>,
    ) -> Result<bool, ControlError> {
        let replaced = self.clocks.uow().write(Tenant::Installation, move |stores| {
            if let Some(account) = ran_in
                && stores.test_accounts().current(stored.get(), account, true)?.map(|known| known.account) != Some(account)
            {
                return Ok(false);
            }
            stores.clocks().replace(stored, before, after)
        });
        let replaced: Result<bool, StoreError> = replaced.await;
        let is_replaced = replaced?;
        if is_replaced {
            self.clocks.settle().await?;
        } else {
            self.clocks.read_changes().await?;
        }
        Ok(is_replaced)
    }

    /// The accounts that go by a clock.
    async fn accounts(&self, scope: ClockScope) -> Result<Vec<AccountId>, ControlError> {
        if let ClockScope::Account(public) = scope {
            return Ok(vec![self.current(public).await?]);
        }
        // The installation has an audit log as each account has.
        let (mut found, mut after) = (vec![INSTALLATION], None);
        loop {
            let page = PageRequest { size: ACCOUNTS, after };
            let read = self.clocks.uow().read(Tenant::Installation, move |stores| stores.identity().accounts(page));
            let accounts: Result<_, StoreError> = read.await;
            let accounts = accounts?;
            let Some(last) = accounts.last() else { return Ok(found) };
            after = Some(last.id);
            let has_own = |account| self.clocks.own(AccountId::new(self.clocks.ids().public(account).get())).is_some();
            found.extend(accounts.iter().map(|account| account.id).filter(|account| !has_own(*account)));
        }
    }

    /// Runs what is due in an account until then, and waits for what a worker runs of it. What is due now may take any time: there is an
    /// end of it.
    async fn run_until(&self, account: AccountId, until: Timestamp, ran: &mut Ran) -> Result<(), ControlError> {
        let waiting = self.clocks.uow().read(account, move |stores| stores.clocks().waiting(account, until));
        let waiting: Result<RowCount, StoreError> = waiting.await;
        let due_now = ran.all.saturating_add(waiting?.get());
        let mut give_up_at = Instant::now() + self.limit;
        loop {
            let some = self.due.run_some(account, until).await?;
            let is_due = !some.is_empty();
            ran.add(some);
            if is_due && ran.all < due_now {
                give_up_at = Instant::now() + self.limit;
            }
            if !is_due {
                let running = self.clocks.uow().read(account, move |stores| stores.clocks().running(account, until));
                let running: Result<RowCount, StoreError> = running.await;
                if running? == RowCount::ZERO {
                    return Ok(());
                }
            }
            if Instant::now() >= give_up_at {
                return Err(self.unsettled(ran, is_due));
            }
            if !is_due {
                sleep(PAUSE).await;
            }
        }
    }

    /// What an advance answers whose time is over.
    fn unsettled(&self, ran: &Ran, is_due: bool) -> ControlError {
        let cause = if is_due { "there is always something else due: clients may make it" } else { "a job still runs" };
        let (count, limit) = (ran.count, self.limit.as_secs());
        ControlError::TimedOut(format!(
            "{cause}, also {limit} seconds after what was due at first; {count} things ran, and the clock stays"
        ))
    }

    /// Advances a clock to what `target` makes of the instant that it shows.
    async fn advance_to(
        &self,
        scope: ClockScope,
        target: impl Fn(Timestamp) -> Result<Timestamp, ControlError> + Send + Sync,
    ) -> Result<Advanced, ControlError> {
        let stored = self.stored_id(scope).await?;
        let _alone = self.advancing.lock(stored).await;
        let mut ran = Ran::default();
        for _ in 0..TRIES {
            self.clocks.read_changes().await?;
            let before = self.clocks.own(stored);
            let clock = before.unwrap_or_else(|| self.clocks.effective(stored));
            let until = target(clock.shows(self.clocks.now()))?;
            let accounts = self.accounts(scope).await?;
            for account in &accounts {
                self.run_until(*account, until, &mut ran).await?;
            }
            let ran_in = accounts.first().copied().filter(|_| scope != ClockScope::All);
            if self.replace_of(stored, ran_in, before, Some(clock.set(until, self.clocks.now()))).await? {
                let (items, count) = ran.into_first();
                return Ok(Advanced { clock: self.shown(scope).await?, ran: items, count });
            }
        }
        Err(contended())
    }
}

fn contended() -> ControlError {
    ControlError::Conflict("other requests move the same clock all the time".to_owned())
}

/// An instant that every part of the service can show.
fn in_range(field: &str, instant: Timestamp) -> Result<Timestamp, ControlError> {
    if (Timestamp::MIN..=Timestamp::MAX).contains(&instant) {
        Ok(instant)
    } else {
        Err(ControlError::invalid(field, "a clock shows the years 1 to 9999"))
    }
}

#[async_trait]
impl<U: UnitOfWork + fmt::Debug> ClockControl for ClockUseCases<U> {
    async fn show(&self, scope: ClockScope) -> Result<ShownClock, ControlError> {
        self.shown(scope).await
    }

    async fn freeze(&self, scope: ClockScope, at: Option<Timestamp>) -> Result<ShownClock, ControlError> {
        let at = at.map(|at| in_range("at", at)).transpose()?;
        self.change(scope, move |clock, machine| Some(at.map_or_else(|| clock.frozen(machine), VirtualClock::Frozen))).await?;
        self.shown(scope).await
    }

    async fn resume(&self, scope: ClockScope) -> Result<ShownClock, ControlError> {
        self.change(scope, |clock, machine| Some(clock.resumed(machine))).await?;
        self.shown(scope).await
    }

    async fn set(&self, scope: ClockScope, to: Timestamp) -> Result<ShownClock, ControlError> {
        let to = in_range("to", to)?;
        self.change(scope, move |clock, machine| Some(clock.set(to, machine))).await?;
        self.shown(scope).await
    }

    async fn advance(&self, scope: ClockScope, advance: Advance) -> Result<Advanced, ControlError> {
        let target = move |now: Timestamp| match advance {
            Advance::By(span) => in_range("by", now.plus(span)),
            Advance::To(instant) if instant < now => {
                Err(ControlError::invalid("to", "it has passed already: a clock is set backwards by set"))
            }
            Advance::To(instant) => in_range("to", instant),
        };
        self.advance_to(scope, target).await
    }

    async fn run_to_next_due(&self, scope: ClockScope) -> Result<Advanced, ControlError> {
        self.stored_id(scope).await?;
        self.clocks.read_changes().await?;
        let mut first: Option<Timestamp> = None;
        for account in self.accounts(scope).await? {
            let next = self.next_due(account).await?.first();
            first = first.into_iter().chain(next).min();
        }
        match first {
            // A running clock may have passed it in the meantime.
            Some(next) => self.advance_to(scope, move |now| in_range("to", next.max(now))).await,
            None => Ok(Advanced { clock: self.shown(scope).await?, ran: Vec::new(), count: 0 }),
        }
    }

    async fn release(&self, scope: ClockScope) -> Result<(), ControlError> {
        self.change(scope, |_, _| None).await
    }
}
