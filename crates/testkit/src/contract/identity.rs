//! Accounts, principals and credentials.

use derslik_domain::identity::{Account, CredentialKind, Scope, SecretDigest};
use derslik_domain::time::{StartDateMode, Zone};
use derslik_ports::outbound::{Conflict, NewCredential, NewPrincipal, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, now, other_account, service_principal, settings};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_credential_is_found_with_its_account_and_principal", run: credential_is_found },
        Case { name: "adding_what_is_there_already_changes_nothing", run: adding_twice },
        Case { name: "two_accounts_can_not_have_one_name", run: name_is_unique },
        Case { name: "a_revoked_credential_is_not_found", run: revoked_is_gone },
    ]
}

fn credential(digest: u8) -> NewCredential {
    NewCredential {
        kind: CredentialKind::PerculusKey,
        public_id: "demo-access".to_owned(),
        digest: SecretDigest::new([digest; 32]),
        scopes: Scope::ALL.into_iter().collect(),
        expires_at: Some(now()),
        at: now(),
    }
}

fn set_up<U: UnitOfWork>(harness: &Harness<U>, account: Account) {
    harness.write(move |stores| {
        let identity = stores.identity();
        identity.add_account(&account, now())?;
        let principal = NewPrincipal { principal: service_principal(), name: "service".to_owned(), at: now() };
        identity.add_principal(account.id, &principal)?;
        identity.add_credential(account.id, service_principal(), &credential(7))
    });
}

fn credential_is_found<U: UnitOfWork>(harness: &Harness<U>) {
    let mut changed = account();
    changed.settings.timezone = Zone::parse("Asia/Riyadh").expect("a zone");
    changed.settings.start_date_mode = StartDateMode::Instant;
    set_up(harness, changed.clone());

    let found = harness.read(|stores| stores.identity().find_credential(CredentialKind::PerculusKey, "demo-access"));
    let found = found.expect("the credential is there");
    assert_eq!(found.account, changed);
    assert_eq!(found.credential.principal, service_principal());
    assert_eq!(found.credential.digest.bytes(), &[7; 32]);
    assert_eq!(found.credential.scopes, Scope::ALL.into_iter().collect());
    assert_eq!(found.credential.expires_at, Some(now()));

    let unknown = harness.read(|stores| stores.identity().find_credential(CredentialKind::PerculusKey, "DEMO-ACCESS"));
    assert!(unknown.is_none());
}

fn adding_twice<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    let added = harness.write(|stores| {
        let identity = stores.identity();
        let principal = NewPrincipal { principal: service_principal(), name: "again".to_owned(), at: now() };
        Ok([
            identity.add_account(&Account { name: "again".to_owned(), ..account() }, now())?,
            identity.add_principal(account().id, &principal)?,
            identity.add_credential(account().id, service_principal(), &credential(8))?,
        ])
    });
    assert_eq!(added, [false; 3]);
    let found = harness.read(|stores| stores.identity().find_credential(CredentialKind::PerculusKey, "demo-access"));
    let found = found.expect("the credential is there");
    assert_eq!((found.account.name.as_str(), found.credential.digest.bytes()), ("demo", &[7; 32]));
}

fn name_is_unique<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    let taken = Account { name: "demo".to_owned(), settings: settings(), ..other_account() };
    let refused = harness.try_write(move |stores| stores.identity().add_account(&taken, now()));
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::Account))), "{refused:?}");
}

fn revoked_is_gone<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness, account());
    let find = || harness.read(|stores| stores.identity().find_credential(CredentialKind::PerculusKey, "demo-access"));
    let id = find().expect("the credential is there").credential.id;

    let by_another = harness.write(move |stores| stores.identity().revoke_credential(other_account().id, id, now()));
    assert!(!by_another && find().is_some(), "another account revokes nothing");

    let revoked = harness.write(move |stores| stores.identity().revoke_credential(account().id, id, now()));
    assert!(revoked && find().is_none());
    assert!(!harness.write(move |stores| stores.identity().revoke_credential(account().id, id, now())), "once is enough");
}
