//! Texts that name an account: the addresses of service accounts, the ids of clients, and the numbers of log-ins. Each has the public id
//! of its account, which a reset by a test keeps. Inside, the account has a fresh id then.

use std::sync::Arc;

use derslik_domain::id::AccountId;
use derslik_domain::identity::{ServiceAccount, ServiceAddress};
use derslik_ports::inbound::control::AccountIds;

/// Which account a text names. Without resets, it is the one of that id.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedAccounts(Arc<AccountIds>);

impl NamedAccounts {
    /// Those of these ids.
    pub(crate) const fn new(ids: Arc<AccountIds>) -> Self {
        Self(ids)
    }

    /// The account that a text names by this id.
    pub(crate) fn behind(&self, named: AccountId) -> AccountId {
        self.0.behind(named)
    }

    /// The address with the account that it names.
    pub(crate) fn stored(&self, address: ServiceAddress) -> ServiceAddress {
        ServiceAddress { account: self.behind(address.account), ..address }
    }

    /// The id by which texts name an account.
    pub(crate) fn name_of(&self, account: AccountId) -> AccountId {
        AccountId::new(self.0.public(account).get())
    }

    /// The service account with the address that its clients know.
    pub(crate) fn shown(&self, service: ServiceAccount) -> ServiceAccount {
        let ServiceAddress { account, name } = service.address;
        ServiceAccount { address: ServiceAddress { account: self.name_of(account), name }, ..service }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::identity::ServiceName;
    use derslik_ports::inbound::control::PublicAccountId;

    use super::*;

    #[test]
    fn a_text_names_the_same_account_after_its_reset() {
        let ids = Arc::new(AccountIds::default());
        let accounts = NamedAccounts::new(Arc::clone(&ids));
        let (public, fresh, other) = (AccountId::new(7), AccountId::new(12), AccountId::new(8));
        assert_eq!((accounts.behind(public), accounts.name_of(public)), (public, public));
        ids.replace(PublicAccountId::new(7), fresh);
        assert_eq!((accounts.behind(public), accounts.behind(fresh), accounts.name_of(fresh)), (fresh, fresh, public));
        assert_eq!((accounts.behind(other), accounts.name_of(other)), (other, other));
        let address = ServiceAddress { account: public, name: ServiceName::parse("timetable").unwrap() };
        assert_eq!(accounts.stored(address).to_string(), "timetable@12.iam.derslik.internal");
    }
}
