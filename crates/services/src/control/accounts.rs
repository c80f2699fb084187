//! Makes, lists, resets and ends accounts of tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::INSTALLATION;
use derslik_domain::clock::VirtualClock;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{Account, AccountName, new_account_name};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::control::{
    AccountControl, AccountIds, ControlError, MAX_TIME_TO_LIVE, NewTestAccount, PublicAccountId, TestAccount, TestAccountState,
};
use derslik_ports::inbound::operators::Credentials;
use derslik_ports::outbound::{AccountRows, Clock, Conflict, Ids, KnownTestAccount, StoreError, Stores, Tenant, UnitOfWork};
use tokio::time::sleep;

use super::kept::{KEPT, last_draw};
use super::memory::Made;
use super::plan::{draw_ids, plan};
use super::seed::{self, Seed};
use super::{Found, PAUSE_OF_TRIES, Replaced, STEP, TRIES, TestControl, clock_id, find, fresh_id, is_passing, lock, set_clock, to_its_end};
use crate::operators::set_up::set_up;

/// How many accounts are read at a time.
const PAGE: u32 = 1_000;

/// One account to make anew.
#[derive(Clone)]
struct Renewal {
    public: PublicAccountId,
    guess: AccountId,
    made: Option<Made>,
    /// The first content, unless the account was made here.
    seed: Option<String>,
}

/// Which accounts are made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    One,
    /// All that are still there.
    All,
}

#[async_trait]
impl<U: UnitOfWork + Clone> AccountControl for TestControl<U> {
    async fn create(&self, new: NewTestAccount) -> Result<TestAccount, ControlError> {
        let control = self.clone();
        to_its_end(async move {
            let _beside_others = control.turns.of_all.read().await;
            control.make_new(new).await
        })
        .await
    }

    async fn list(&self) -> Result<Vec<TestAccountState>, ControlError> {
        let accounts = self.accounts().await?;
        let state = |(public, account): (PublicAccountId, Account)| TestAccountState { id: public, name: account.name.as_str().to_owned() };
        Ok(accounts.into_iter().map(state).collect())
    }

    async fn zone_of(&self, account: PublicAccountId) -> Result<Zone, ControlError> {
        let guess = self.guess(account);
        let zone = move |stores: &mut dyn Stores| Ok::<Zone, ControlError>(find(stores, account, guess)?.settings.timezone);
        self.uow.read(Tenant::Installation, zone).await
    }

    async fn end(&self, account: PublicAccountId) -> Result<(), ControlError> {
        let control = self.clone();
        to_its_end(async move { control.end_one(account).await }).await
    }

    async fn reset(&self, account: PublicAccountId) -> Result<(), ControlError> {
        let control = self.clone();
        to_its_end(async move {
            let _turn = control.turn(account).await;
            control.renew(vec![control.renewal(account, control.guess(account))], Which::One).await
        })
        .await
    }

    async fn reset_all(&self) -> Result<(), ControlError> {
        let control = self.clone();
        to_its_end(async move {
            let _alone = control.turns.of_all.write().await;
            let accounts = control.accounts().await?;
            let renewals = accounts.into_iter().map(|(public, account)| control.renewal(public, account.id)).collect();
            control.renew(renewals, Which::All).await
        })
        .await
    }
}

impl<U: UnitOfWork> TestControl<U> {
    async fn make_new(&self, new: NewTestAccount) -> Result<TestAccount, ControlError> {
        let NewTestAccount { name, time_to_live, seed } = new;
        let refused = |error: &dyn std::fmt::Display| ControlError::invalid("name", error.to_string());
        let name = name.map(|name| new_account_name(&name)).transpose().map_err(|error| refused(&error))?;
        if time_to_live.is_some_and(|life| life > MAX_TIME_TO_LIVE) {
            let most = MAX_TIME_TO_LIVE.as_secs();
            return Err(ControlError::invalid("time_to_live_seconds", format!("an account lives for {most} seconds at most, ten years")));
        }
        seed.as_deref().map_or(Ok(()), |seed| self.require_room(None, seed))?;
        let parsed = match seed.clone() {
            Some(document) => Some(Arc::new(seed::parse_apart(document).await?)),
            None => None,
        };
        // The clock for all accounts, since the account has none of its own yet.
        let at = self.ports.clock.now_of(INSTALLATION);
        let planned = plan(&self.ports, at)?;
        let lives_until = time_to_live.map(|life| self.ports.real_clock.now().plus(life));
        let mut tries = 0;
        let mut made = loop {
            let (mut plan, name, ids, parsed) = (planned.plan.clone(), name.clone(), Arc::clone(&self.ports.ids), parsed.clone());
            let account_ids = Arc::clone(&self.ports.account_ids);
            let work = move |stores: &mut dyn Stores| {
                let id = fresh_id(stores)?;
                plan.account.id = id;
                plan.account.name = match name {
                    Some(name) => name,
                    None => AccountName::new(format!("test-{id}")).map_err(|error| ControlError::invalid("name", error.to_string()))?,
                };
                draw_ids(&mut plan, ids.as_ref());
                let made = Made { plan, seed: None, drawn: ids.drawn_by(id), at };
                make(stores, &made, parsed.as_deref(), ids.as_ref(), at)?;
                // A replacement that failed may have announced the id.
                account_ids.announce(PublicAccountId::new(id.get()), id);
                stores.test_accounts().put(&KnownTestAccount { account: id, public: id.get(), lives_until })?;
                Ok(made)
            };
            let made: Result<_, ControlError> = self.uow.write(Tenant::Installation, work).await;
            tries += 1;
            match made {
                Err(error) if tries < TRIES && is_passing(&error) => sleep(PAUSE_OF_TRIES).await,
                Err(ControlError::Store(StoreError::Conflict(Conflict::AccountName))) => {
                    return Err(ControlError::Conflict("another account has this name".to_owned()));
                }
                made => break made?,
            }
        };
        made.seed = seed;
        let account = planned.into_account(&made.plan)?;
        self.memory().add_made(account.id, made);
        Ok(account)
    }

    /// The accounts that are in use, by their public ids.
    async fn accounts(&self) -> Result<BTreeMap<PublicAccountId, Account>, ControlError> {
        let known = self.uow.read(Tenant::Installation, |stores| stores.test_accounts().list(None)).await;
        let known: Result<Vec<KnownTestAccount>, StoreError> = known;
        let known: BTreeMap<_, _> = known?.into_iter().map(|known| (known.account, PublicAccountId::new(known.public))).collect();
        let (mut found, mut after) = (BTreeMap::new(), None);
        loop {
            let page = PageRequest { size: PAGE, after };
            let states = self.uow.read(Tenant::Installation, move |stores| stores.identity().account_states(page));
            let states: Vec<_> = states.await?;
            let Some(last) = states.last() else { return Ok(found) };
            after = Some(last.account.id);
            let in_use = states.into_iter().filter(|state| !state.is_disabled()).map(|state| state.account);
            let public = |account: AccountId| known.get(&account).copied().unwrap_or_else(|| self.ports.account_ids.public(account));
            found.extend(in_use.map(|account| (public(account.id), account)));
        }
    }

    /// What is known of an account that is to be made anew.
    fn renewal(&self, public: PublicAccountId, guess: AccountId) -> Renewal {
        let memory = self.memory();
        Renewal { public, guess, made: memory.made(public).cloned(), seed: memory.seed(public).cloned() }
    }

    /// Makes accounts anew, in one transaction.
    async fn renew(&self, renewals: Vec<Renewal>, which: Which) -> Result<(), ControlError> {
        let _changing = self.ports.account_ids.begin_change();
        let mut tries = 0;
        let replaced = loop {
            let (renewals, renewer) = (renewals.clone(), self.renewer());
            let work = move |stores: &mut dyn Stores| renewer.renew_all(stores, renewals, which);
            let replaced = self.uow.write(Tenant::Installation, work).await;
            tries += 1;
            match replaced {
                Err(error) if tries < TRIES && is_passing(&error) => sleep(PAUSE_OF_TRIES).await,
                replaced => break replaced?,
            }
        };
        Ok(self.note(replaced).await?)
    }

    fn renewer(&self) -> Renewer {
        Renewer { ids: Arc::clone(&self.ports.ids), clock: Arc::clone(&self.ports.clock), account_ids: Arc::clone(&self.ports.account_ids) }
    }

    /// Ends an account, and forgets what is in memory about it.
    async fn end_one(&self, account: PublicAccountId) -> Result<(), ControlError> {
        let _turn = self.turn(account).await;
        let (guess, at) = (self.guess(account), self.ports.clock.now());
        self.uow
            .write(Tenant::Installation, move |stores| {
                let current = lock(stores, account, guess)?.account.id;
                stores.test_accounts().end(current, account.get(), at)?;
                set_clock(stores, account, None)?;
                Ok::<_, ControlError>(())
            })
            .await?;
        self.forget(account);
        Ok(())
    }

    /// Ends the accounts whose time is over.
    pub(super) async fn end_overdue(&self) -> Result<(), StoreError> {
        let now = self.ports.real_clock.now();
        let known = self.uow.read(Tenant::Installation, |stores| stores.test_accounts().list(None)).await;
        let known: Result<Vec<KnownTestAccount>, StoreError> = known;
        let is_over = |known: &KnownTestAccount| known.lives_until.is_some_and(|until| until <= now);
        for KnownTestAccount { account, public, .. } in known?.into_iter().filter(is_over) {
            match self.end_one(PublicAccountId::new(public)).await {
                Ok(()) => {}
                // It was ended meanwhile, or an operator has disabled it.
                Err(ControlError::NotFound { .. }) => {
                    let at = self.ports.clock.now();
                    self.uow.write(Tenant::Installation, move |stores| stores.test_accounts().end(account, public, at)).await?;
                    self.forget(PublicAccountId::new(public));
                }
                Err(ControlError::Store(error)) => return Err(error),
                Err(error) => return Err(StoreError::Other(Box::new(error))),
            }
        }
        Ok(())
    }

    /// Removes rows of ended accounts. Returns whether there may be more.
    pub(super) async fn prune(&self) -> Result<bool, StoreError> {
        let removed = self.uow.write(Tenant::Installation, |stores| stores.test_accounts().prune(STEP)).await?;
        Ok(removed.get() > 0)
    }

    /// Forgets what was kept about an account that has ended. What a late request would add is refused from the first step on.
    fn forget(&self, account: PublicAccountId) {
        self.ports.account_ids.end(account);
        self.memory().forget(account);
        for memory in &self.ports.memories {
            memory.forget(account);
        }
    }
}

/// Makes accounts anew within a transaction.
struct Renewer {
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    account_ids: Arc<AccountIds>,
}

impl Renewer {
    /// All accounts are locked before the first one gets its fresh id, in one order. So two transactions never wait for each other.
    fn renew_all(&self, stores: &mut dyn Stores, renewals: Vec<Renewal>, which: Which) -> Result<Replaced, ControlError> {
        let mut locked = Vec::with_capacity(renewals.len());
        for renewal in renewals {
            match lock(stores, renewal.public, renewal.guess) {
                Ok(found) => locked.push((renewal, found)),
                // Another process has ended it since they were listed.
                Err(ControlError::NotFound { .. }) if which == Which::All => {}
                Err(error) => return Err(error),
            }
        }
        let (mut replaced, mut clocks) = (Replaced::default(), Vec::new());
        for (renewal, Found { account, lives_until }) in locked {
            let public = renewal.public;
            let own = stores.clocks().find(clock_id(public))?;
            // The first content is that of the instant at which the account was made.
            let first = renewal.made.as_ref().map(|made| made.at).filter(|_| own.is_some_and(VirtualClock::is_frozen));
            let at = first.unwrap_or_else(|| self.clock.now_of(clock_id(public)));
            let fresh = self.renew(stores, renewal, account, at)?;
            self.account_ids.announce(public, fresh);
            stores.test_accounts().put(&KnownTestAccount { account: fresh, public: public.get(), lives_until })?;
            replaced.accounts.push((public, fresh));
            clocks.extend(first.map(|first| (public, VirtualClock::Frozen(first))));
        }
        for (public, clock) in clocks {
            replaced.has_set_clocks |= set_clock(stores, public, Some(clock))?;
        }
        Ok(replaced)
    }

    /// Ends the account, and makes it anew under a fresh id.
    fn renew(&self, stores: &mut dyn Stores, renewal: Renewal, mut account: Account, at: Timestamp) -> Result<AccountId, ControlError> {
        let Renewal { public, guess: _, made, seed } = renewal;
        let (ids, before) = (self.ids.as_ref(), account.id);
        let kept = if made.is_none() { stores.test_accounts().read_rows(before, Some(&KEPT))? } else { AccountRows::default() };
        stores.test_accounts().end(before, public.get(), at)?;
        let fresh = fresh_id(stores)?;
        if let Some(mut made) = made {
            let parsed = made.seed.as_deref().map(seed::parse).transpose()?;
            made.plan.account.id = fresh;
            ids.go_on_after(fresh, made.drawn);
            make(stores, &made, parsed.as_ref(), ids, at)?;
            return Ok(fresh);
        }
        // It begins anew, but for what people and projects that stay have drawn.
        ids.go_on_after(fresh, last_draw(&kept, ids)?);
        stores.test_accounts().write_rows(fresh, &kept)?;
        if let Some(seed) = seed.as_deref().map(seed::parse).transpose()? {
            account.id = fresh;
            let target = seed::Target::of(stores, account)?;
            seed::apply(stores, &target, &seed, ids, at)?;
        }
        Ok(fresh)
    }
}

/// Writes the account of a plan, and its first content.
///
/// # Errors
/// [`Conflict::Account`] if another transaction has taken the id of the plan a moment ago.
fn make(stores: &mut dyn Stores, made: &Made, seed: Option<&Seed>, ids: &dyn Ids, at: Timestamp) -> Result<(), ControlError> {
    let plan = made.plan.clone();
    if !set_up(stores, plan, Credentials::OfNewAccount, at)?.is_new {
        return Err(StoreError::Conflict(Conflict::Account).into());
    }
    if let Some(seed) = seed {
        let project = made.plan.projects.first().map(|project| project.id);
        seed::apply(stores, &seed::Target { account: made.plan.account.clone(), service: made.plan.service, project }, seed, ids, at)?;
    }
    Ok(())
}
