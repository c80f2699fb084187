//! The statements of PostgreSQL about many jobs, and those that a worker sends all the time. They use few different texts, so
//! that the server parses and plans each once for a connection.

mod claim;
mod exchange;
mod held;
mod insert;
mod leases;

pub(super) use self::claim::claim;
pub(super) use self::exchange::exchange;
pub(super) use self::held::{complete_many, renew};
pub(super) use self::insert::insert_many;
pub(super) use self::leases::{accounts_with_expired, adopt_running, depth, lease_one, lock_expired, running};

#[cfg(test)]
pub(super) fn statements() -> Vec<crate::db::sql::printed::Printed> {
    use derslik_domain::id::Id;
    use derslik_domain::job::{Action, Lease, LeaseTerm, LeaseToken, WorkerId};
    use derslik_domain::time::Timestamp;
    use derslik_ports::outbound::{Claim, Completion, HeldJob};
    use uuid::Uuid;

    let (account, at, term) = (Id::new(1), Timestamp::MIN, LeaseTerm::DEFAULT);
    let (worker, token) = (WorkerId::new(Uuid::nil()), LeaseToken::new(Uuid::nil()));
    let claim = Claim { worker, token, term, at, actions: Action::ALL.into_iter().collect(), limit: 100 };
    let done = Completion { held: HeldJob { job: Id::new(1), token }, result: None };
    vec![
        insert::insertion(account, &[]).printed(),
        claim::claim_of(account, &claim).printed(),
        claim::claimed(account, &claim).printed(),
        leases::leased(account, &claim).printed(),
        leases::lease_of(account, 1, Lease { token, worker, until: at }).printed(),
        leases::running_of(account, claim.actions).printed(),
        leases::depth_up_to(1).printed(),
        leases::expired_accounts(at, term).printed(),
        leases::settlement(account, at, term).printed(),
        leases::expired(account, at, term, 1).printed(),
        leases::adoption().printed(),
        held::renewal(account, &[], at).printed(),
        held::completion(account, &[done], at).printed(),
        held::completion(account, &[], at).printed(),
        exchange::exchange_of(account, &[], &claim).printed(),
    ]
}
