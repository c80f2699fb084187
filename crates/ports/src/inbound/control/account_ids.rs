//! The ids by which tests name accounts.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use derslik_domain::id::AccountId;

/// The id of an account as tests know it. A reset gives the account a fresh [`AccountId`] inside, and keeps this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicAccountId(i64);

impl PublicAccountId {
    /// The id with that number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for PublicAccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PublicAccountId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Which account stands behind which public id, in this process. An account that was never reset has the number of its own id. What
/// is kept for one account between its resets, such as its clock, its faults and its journal, is found by the public id.
#[derive(Debug, Default)]
pub struct AccountIds {
    ids: RwLock<Both>,
    /// How often accounts were replaced.
    replacements: AtomicU64,
    /// How many replacements are on their way.
    changing: AtomicUsize,
    /// The id that answers show for each account.
    shown_for_all: Option<AccountId>,
}

#[derive(Debug, Default)]
struct Both {
    public: HashMap<AccountId, PublicAccountId>,
    current: HashMap<PublicAccountId, AccountId>,
    ended: HashSet<PublicAccountId>,
}

/// While it lives, accounts are being replaced: what was read a moment ago may be out of date.
#[derive(Debug)]
pub struct Changing<'i>(&'i AccountIds);

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.changing.fetch_sub(1, Ordering::AcqRel);
    }
}

impl AccountIds {
    /// Ids of which answers show `shown` for each account. Without it, they show the public id.
    pub fn showing(shown: Option<AccountId>) -> Self {
        Self { shown_for_all: shown, ..Self::default() }
    }

    /// The id under which answers of the APIs show an account.
    pub fn shown(&self, account: AccountId) -> AccountId {
        self.shown_for_all.unwrap_or_else(|| AccountId::new(self.public(account).get()))
    }

    /// The public id of an account.
    pub fn public(&self, account: AccountId) -> PublicAccountId {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        ids.public.get(&account).copied().unwrap_or_else(|| PublicAccountId::new(account.get()))
    }

    /// The account that has this public id now.
    pub fn current(&self, public: PublicAccountId) -> AccountId {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        ids.current.get(&public).copied().unwrap_or_else(|| AccountId::new(public.get()))
    }

    /// The account that a client names by a number: its public id, or an id that it has or had inside.
    pub fn behind(&self, named: AccountId) -> AccountId {
        self.current(self.public(named))
    }

    /// Notes that a replacement begins. It is committed, or has failed, before the value is dropped.
    pub fn begin_change(&self) -> Changing<'_> {
        self.changing.fetch_add(1, Ordering::AcqRel);
        Changing(self)
    }

    /// Whether an account is being replaced now.
    pub fn is_changing(&self) -> bool {
        self.changing.load(Ordering::Acquire) > 0
    }

    /// Notes that `account` will be behind that public id once its transaction is committed. A task that finds the account then, finds
    /// its clock too. An id belongs to one transaction from the moment at which its account was written.
    pub fn announce(&self, public: PublicAccountId, account: AccountId) {
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.public.insert(account, public);
    }

    /// Notes that a reset has put `account` behind that public id. The account before it keeps the public id as well, since requests
    /// that began earlier still act in it. Fresh accounts get higher ids, so notes that come in another order than the resets change
    /// nothing.
    pub fn replace(&self, public: PublicAccountId, account: AccountId) {
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.public.insert(account, public);
        let current = ids.current.entry(public).or_insert(account);
        *current = account.max(*current);
        self.note_end();
    }

    /// Notes that the account of that public id has ended. The id is never given again.
    pub fn end(&self, public: PublicAccountId) {
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.ended.insert(public);
        self.note_end();
    }

    /// The public id of an account, unless the account of that public id has ended, as far as this process knows.
    pub fn living(&self, account: AccountId) -> Option<PublicAccountId> {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        let public = ids.public.get(&account).copied().unwrap_or_else(|| PublicAccountId::new(account.get()));
        (!ids.ended.contains(&public)).then_some(public)
    }

    /// Whether the account of that public id has ended, as far as this process knows.
    pub fn has_ended(&self, public: PublicAccountId) -> bool {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).ended.contains(&public)
    }

    /// Notes that an account has ended, or was replaced, so that what was read of its credentials before is out of date.
    fn note_end(&self) {
        self.replacements.fetch_add(1, Ordering::Release);
    }

    /// How often an account has ended or was replaced.
    pub fn replacements(&self) -> u64 {
        self.replacements.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_keeps_its_public_id_when_it_is_replaced() {
        let ids = AccountIds::default();
        let (public, first) = (PublicAccountId::new(7), AccountId::new(7));
        assert_eq!((ids.public(first), ids.current(public)), (public, first));
        ids.replace(public, AccountId::new(12));
        ids.replace(public, AccountId::new(15));
        assert_eq!((ids.current(public), ids.replacements()), (AccountId::new(15), 2));
        for account in [7, 12, 15] {
            assert_eq!(ids.public(AccountId::new(account)), public, "{account}");
            assert_eq!(ids.behind(AccountId::new(account)), AccountId::new(15), "{account}");
            assert_eq!(ids.shown(AccountId::new(account)), first, "{account}");
        }
        assert_eq!(ids.behind(AccountId::new(8)), AccountId::new(8));
    }

    #[test]
    fn notes_of_resets_in_another_order_leave_the_latest_account() {
        let (ids, public) = (AccountIds::default(), PublicAccountId::new(7));
        ids.replace(public, AccountId::new(15));
        ids.replace(public, AccountId::new(12));
        assert_eq!((ids.current(public), ids.public(AccountId::new(12))), (AccountId::new(15), public));
    }

    #[test]
    fn an_account_that_is_on_its_way_is_known_by_its_public_id_alone() {
        let (ids, public) = (AccountIds::default(), PublicAccountId::new(7));
        let changing = ids.begin_change();
        ids.announce(public, AccountId::new(12));
        assert!(ids.is_changing());
        drop(changing);
        assert!(!ids.is_changing());
        assert_eq!((ids.public(AccountId::new(12)), ids.current(public), ids.replacements()), (public, AccountId::new(7), 0));
    }

    #[test]
    fn an_account_ends_once_and_for_all() {
        let (ids, public) = (AccountIds::default(), PublicAccountId::new(7));
        ids.replace(public, AccountId::new(12));
        assert!(!ids.has_ended(public));
        assert_eq!([7, 12].map(|account| ids.living(AccountId::new(account))), [Some(public); 2]);
        ids.end(public);
        assert!(ids.has_ended(public));
        assert_eq!([7, 12, 8].map(|account| ids.living(AccountId::new(account))), [None, None, Some(PublicAccountId::new(8))]);
        assert_eq!(ids.replacements(), 2);
    }

    #[test]
    fn answers_can_show_one_id_for_all_accounts() {
        let ids = AccountIds::showing(Some(AccountId::new(1)));
        ids.replace(PublicAccountId::new(7), AccountId::new(12));
        assert_eq!([7, 12, 15].map(|account| ids.shown(AccountId::new(account))), [AccountId::new(1); 3]);
        assert_eq!(ids.public(AccountId::new(12)), PublicAccountId::new(7));
    }
}
