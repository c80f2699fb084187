//! Makes, lists, resets and ends accounts of tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use derslik_domain::audit::INSTALLATION;
use derslik_domain::id::AccountId;
use derslik_domain::identity::{Account, AccountName, new_account_name};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::control::{AccountControl, ControlError, NewTestAccount, PublicAccountId, TestAccount, TestAccountState};
use derslik_ports::inbound::operators::Credentials;
use derslik_ports::outbound::{Conflict, Ids, KnownTestAccount, StoreError, Stores, Tenant, UnitOfWork};

use super::plan::{draw_ids, plan};
use super::seed::{self, Seed};
use super::{Made, STEP, TestControl, find, fresh_id};
use crate::operators::set_up::set_up;

/// How many ids are tried: another transaction may take the one that was free a moment ago.
const TRIES: usize = 20;

/// How many accounts are read at a time.
const PAGE: u32 = 1_000;

/// The tables that stay when an account is reset that this process did not make: its people, with their keys, and its projects.
const KEPT: [&str; 8] =
    ["accounts", "principals", "passwords", "service_accounts", "service_account_people", "token_grants", "credentials", "projects"];

/// One account to make anew.
struct Renewal {
    public: PublicAccountId,
    account: AccountId,
    made: Option<Made>,
    /// The first content, unless the account was made here.
    seed: Option<String>,
}

#[async_trait]
impl<U: UnitOfWork> AccountControl for TestControl<U> {
    async fn create(&self, new: NewTestAccount) -> Result<TestAccount, ControlError> {
        let NewTestAccount { name, time_to_live, seed } = new;
        let refused = |error: &dyn std::fmt::Display| ControlError::invalid("name", error.to_string());
        let name = name.map(|name| new_account_name(&name)).transpose().map_err(|error| refused(&error))?;
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
            let work = move |stores: &mut dyn Stores| {
                let id = fresh_id(stores)?;
                plan.account.id = id;
                plan.account.name = match name {
                    Some(name) => name,
                    None => AccountName::new(format!("test-{id}")).map_err(|error| ControlError::invalid("name", error.to_string()))?,
                };
                draw_ids(&mut plan, ids.as_ref());
                let made = Made { plan, seed: None, drawn: ids.drawn_by(id) };
                if !make(stores, &made, parsed.as_deref(), ids.as_ref(), at)? {
                    return Err(StoreError::Conflict(Conflict::Account).into());
                }
                stores.test_accounts().put(&KnownTestAccount { account: id, public: id.get(), lives_until })?;
                Ok(made)
            };
            let made: Result<_, ControlError> = self.uow.write(Tenant::Installation, work).await;
            tries += 1;
            match made {
                Err(ControlError::Store(StoreError::Conflict(Conflict::Account))) if tries < TRIES => {}
                Err(ControlError::Store(StoreError::Conflict(Conflict::AccountName))) => {
                    return Err(ControlError::Conflict("another account has this name".to_owned()));
                }
                made => break made?,
            }
        };
        made.seed = seed;
        let account = planned.into_account(&made.plan)?;
        self.kept().made.insert(account.id, made);
        Ok(account)
    }

    async fn list(&self) -> Result<Vec<TestAccountState>, ControlError> {
        let accounts = self.accounts().await?;
        let state = |(public, account): (PublicAccountId, Account)| TestAccountState { id: public, name: account.name.as_str().to_owned() };
        Ok(accounts.into_iter().map(state).collect())
    }

    async fn zone_of(&self, account: PublicAccountId) -> Result<Zone, ControlError> {
        loop {
            let current = self.current(account);
            let zone = move |stores: &mut dyn Stores| Ok::<Zone, ControlError>(find(stores, current, account)?.settings.timezone);
            match self.uow.read(Tenant::Installation, zone).await {
                // Another account was put behind the id meanwhile.
                Err(ControlError::NotFound { .. }) if self.current(account) != current => {}
                found => return found,
            }
        }
    }

    async fn end(&self, account: PublicAccountId) -> Result<(), ControlError> {
        let (current, at) = (self.current(account), self.ports.clock.now());
        self.uow
            .write(Tenant::Installation, move |stores| {
                find(stores, current, account)?;
                stores.test_accounts().end(current, account.get(), at)?;
                Ok::<_, ControlError>(())
            })
            .await?;
        self.forget(account);
        Ok(())
    }

    async fn reset(&self, account: PublicAccountId) -> Result<(), ControlError> {
        self.renew(vec![self.renewal(account, self.current(account))]).await
    }

    async fn reset_all(&self) -> Result<(), ControlError> {
        let accounts = self.accounts().await?;
        self.renew(accounts.into_iter().map(|(public, account)| self.renewal(public, account.id)).collect()).await
    }
}

impl<U: UnitOfWork> TestControl<U> {
    /// The accounts that are in use, by their public ids.
    async fn accounts(&self) -> Result<BTreeMap<PublicAccountId, Account>, ControlError> {
        let (mut found, mut after) = (BTreeMap::new(), None);
        loop {
            let page = PageRequest { size: PAGE, after };
            let states = self.uow.read(Tenant::Installation, move |stores| stores.identity().account_states(page));
            let states: Vec<_> = states.await?;
            let Some(last) = states.last() else { return Ok(found) };
            after = Some(last.account.id);
            let in_use = states.into_iter().filter(|state| !state.is_disabled()).map(|state| state.account);
            found.extend(in_use.map(|account| (self.ports.account_ids.public(account.id), account)));
        }
    }

    /// What is known of an account that is to be made anew.
    fn renewal(&self, public: PublicAccountId, account: AccountId) -> Renewal {
        let kept = self.kept();
        Renewal { public, account, made: kept.made.get(&public).cloned(), seed: kept.seeds.get(&public).cloned() }
    }

    /// Makes accounts anew, in one transaction.
    async fn renew(&self, renewals: Vec<Renewal>) -> Result<(), ControlError> {
        let (ids, clock) = (Arc::clone(&self.ports.ids), Arc::clone(&self.ports.clock));
        let work = move |stores: &mut dyn Stores| {
            let lives: BTreeMap<_, _> =
                stores.test_accounts().list()?.into_iter().map(|known| (known.account, known.lives_until)).collect();
            let mut renewed = Vec::with_capacity(renewals.len());
            for Renewal { public, account, made, seed } in renewals {
                let at = clock.now_of(account);
                let mut renewed_account = find(stores, account, public)?;
                let kept = if made.is_none() { Some(stores.test_accounts().read_rows(account, Some(&KEPT))?) } else { None };
                stores.test_accounts().end(account, public.get(), at)?;
                let fresh = fresh_id(stores)?;
                match (made, kept) {
                    (Some(mut made), _) => {
                        let parsed = made.seed.as_deref().map(seed::parse).transpose()?;
                        made.plan.account.id = fresh;
                        ids.go_on_after(fresh, made.drawn);
                        make(stores, &made, parsed.as_ref(), ids.as_ref(), at)?;
                    }
                    (None, kept) => {
                        // What is kept has drawn some of them.
                        ids.go_on_after(fresh, ids.drawn_by(account));
                        stores.test_accounts().write_rows(fresh, &kept.unwrap_or_default())?;
                        if let Some(seed) = seed.as_deref().map(seed::parse).transpose()? {
                            renewed_account.id = fresh;
                            let target = seed::Target::of(stores, renewed_account)?;
                            seed::apply(stores, &target, &seed, ids.as_ref(), at)?;
                        }
                    }
                }
                let lives_until = lives.get(&account).copied().flatten();
                stores.test_accounts().put(&KnownTestAccount { account: fresh, public: public.get(), lives_until })?;
                renewed.push((public, fresh));
            }
            Ok::<_, ControlError>(renewed)
        };
        for (public, account) in self.uow.write(Tenant::Installation, work).await? {
            self.ports.account_ids.replace(public, account);
        }
        Ok(())
    }

    /// Ends the accounts whose time is over.
    pub(super) async fn end_overdue(&self) -> Result<(), StoreError> {
        let (at, now) = (self.ports.clock.now(), self.ports.real_clock.now());
        let known = self.uow.read(Tenant::Installation, |stores| stores.test_accounts().list()).await?;
        let is_over = |known: &KnownTestAccount| known.lives_until.is_some_and(|until| until <= now);
        for KnownTestAccount { account, public, .. } in known.into_iter().filter(is_over) {
            self.uow.write(Tenant::Installation, move |stores| stores.test_accounts().end(account, public, at)).await?;
            self.forget(PublicAccountId::new(public));
        }
        Ok(())
    }

    /// Removes rows of ended accounts. Returns whether there may be more.
    pub(super) async fn prune(&self) -> Result<bool, StoreError> {
        let removed = self.uow.write(Tenant::Installation, |stores| stores.test_accounts().prune(STEP)).await?;
        Ok(removed.get() > 0)
    }

    /// Forgets what was kept about an account that has ended.
    fn forget(&self, account: PublicAccountId) {
        let mut kept = self.kept();
        kept.made.remove(&account);
        kept.seeds.remove(&account);
        kept.snapshots.remove(&account);
        drop(kept);
        self.ports.account_ids.note_end();
    }
}

/// Writes the account of a plan, and its first content. Returns whether the account is new.
fn make(stores: &mut dyn Stores, made: &Made, seed: Option<&Seed>, ids: &dyn Ids, at: Timestamp) -> Result<bool, ControlError> {
    let plan = made.plan.clone();
    if !set_up(stores, plan, Credentials::OfNewAccount, at)?.is_new {
        return Ok(false);
    }
    if let Some(seed) = seed {
        let project = made.plan.projects.first().map(|project| project.id);
        seed::apply(stores, &seed::Target { account: made.plan.account.clone(), service: made.plan.service, project }, seed, ids, at)?;
    }
    Ok(true)
}
