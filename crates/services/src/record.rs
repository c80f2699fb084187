//! Records changes in the audit log. A use case calls it inside of the transaction of the change, so that both are committed or
//! neither is.

use derslik_domain::audit::{AuditEvent, Change, NewAuditRecord, Object, Requester};
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{StoreError, Stores};

/// Records that `requester` changed `object` of the account. Changes of admins stand under
/// [`INSTALLATION`](derslik_domain::audit::INSTALLATION).
///
/// # Errors
/// [`StoreError`].
pub(crate) fn record(
    stores: &mut dyn Stores,
    account: AccountId,
    at: Timestamp,
    requester: Requester,
    change: Change,
    object: Object,
) -> Result<(), StoreError> {
    stores.audit().add(account, &NewAuditRecord { at, event: AuditEvent::Change(requester, change, object) })
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_ports::mocks::MockStores;
    use derslik_testkit::builders::{account, now};

    use super::*;

    #[test]
    fn a_change_is_added_to_the_log_of_the_account() {
        let mut stores = MockStores::default();
        stores.audit.expect_add().once().returning(|of, record| {
            let event = AuditEvent::Change(Requester::Operator, Change::Revoked, Object::Credential(Id::new(7)));
            assert_eq!((of, record), (account().id, &NewAuditRecord { at: now(), event }));
            Ok(())
        });
        record(&mut stores, account().id, now(), Requester::Operator, Change::Revoked, Object::Credential(Id::new(7))).unwrap();
    }
}
