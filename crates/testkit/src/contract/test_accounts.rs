//! Accounts of tests: their ends, and their rows in a fresh account.

use std::time::Duration;

use derslik_domain::id::{AccountId, Id};
use derslik_domain::identity::{Account, CredentialKind, SecretDigest};
use derslik_domain::job::{Action, LeaseTerm, LeaseToken, NewJob, ReferenceId, WorkerId};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_ports::outbound::{Claim, KnownTestAccount, NewCredential, StoreError, Stores, UnitOfWork};
use uuid::Uuid;

use super::{Case, Harness};
use crate::builders::{account, guid, now, other_account, project, service_principal, service_user, session};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "an_ended_account_gives_back_its_name_and_its_keys", run: ended },
        Case { name: "the_rows_of_an_account_come_back_in_a_fresh_one", run: round_trip },
        Case { name: "rows_of_ended_accounts_are_removed_and_no_others", run: pruned },
        Case { name: "an_account_of_tests_is_listed_until_it_ends", run: listed },
        Case { name: "an_account_of_tests_is_found_by_its_public_id_whichever_one_is_behind_it", run: current },
    ]
}

const FRESH: AccountId = Id::new(90_001);

fn key() -> NewCredential {
    NewCredential {
        kind: CredentialKind::AccountKey,
        public_id: "a-key".to_owned(),
        digest: SecretDigest::new([7; 32]),
        scopes: CredentialKind::AccountKey.scopes(),
        expires_at: None,
        project: None,
        access_key: None,
        at: now(),
    }
}

/// An account with a key, a project, a session and a job.
fn fill(stores: &mut dyn Stores, account: &Account) -> Result<(), StoreError> {
    stores.identity().add_account(account, now())?;
    stores.users().add(account.id, &service_user())?;
    stores.projects().add(account.id, &project())?;
    stores.sessions().insert_many(account.id, &[&session(guid(1)), &session(guid(2))])?;
    let user = ReferenceId::new("mehdi").map_err(|error| StoreError::Other(Box::new(error)))?;
    stores.jobs().enqueue(account.id, &NewJob::delete_user_data(project().id, user, now()))?;
    Ok(())
}

fn set_up<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        fill(stores, &account())?;
        fill(stores, &other_account())?;
        stores.identity().add_credential(account().id, service_principal(), &key()).map(drop)
    });
}

fn owner<U: UnitOfWork>(harness: &Harness<U>) -> Option<AccountId> {
    let found = harness.read(|stores| stores.identity().find_credential(CredentialKind::AccountKey, "a-key"));
    found.map(|owner| owner.account.id)
}

fn ended<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    assert_eq!(owner(harness), Some(account().id));
    assert!(harness.write(|stores| stores.test_accounts().end(account().id, 7, now())));
    assert_eq!(owner(harness), None);
    let fresh = Account { id: FRESH, ..account() };
    assert!(harness.write(move |stores| stores.identity().add_account(&fresh, now())));
    assert!(harness.read(|stores| stores.identity().account_state(account().id)).is_some_and(|state| state.is_disabled()));
    // A request that still reads the account sees its jobs, and no worker does.
    let jobs = harness.read(|stores| stores.jobs().list(account().id, None, PageRequest { size: 9, after: None }));
    assert_eq!(jobs.iter().map(|job| job.reference.as_str()).collect::<Vec<_>>(), ["mehdi"]);
    let (worker, token, at) =
        (WorkerId::new(Uuid::from_u128(1)), LeaseToken::new(Uuid::from_u128(2)), now().plus(Duration::from_secs(86_400)));
    let claim = Claim { worker, token, term: LeaseTerm::DEFAULT, at, actions: Action::ALL.into_iter().collect(), limit: 10 };
    assert!(harness.write(move |stores| stores.jobs().claim(account().id, &claim)).is_empty());
    assert!(!harness.write(|stores| stores.test_accounts().end(Id::new(99_999), 7, now())));
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    harness.write(|stores| {
        stores.test_accounts().see_one_state()?;
        let rows = stores.test_accounts().read_rows(account().id, None)?;
        stores.test_accounts().end(account().id, 7, now())?;
        stores.test_accounts().write_rows(FRESH, &rows)
    });
    assert_eq!(owner(harness), Some(FRESH));
    let state = harness.read(|stores| stores.identity().account_state(FRESH)).expect("the fresh account");
    assert_eq!(state.account, Account { id: FRESH, ..account() });
    for number in [1, 2] {
        assert_eq!(harness.read(move |stores| stores.sessions().find(FRESH, guid(number))), Some(session(guid(number))));
    }
    let jobs = harness.read(|stores| stores.jobs().list(FRESH, None, PageRequest { size: 9, after: None }));
    assert_eq!(jobs.iter().map(|job| job.reference.as_str()).collect::<Vec<_>>(), ["mehdi"]);
    // The next restore needs ids of these jobs in one database, and not those of other jobs.
    harness.write(|stores| {
        let user = ReferenceId::new("later").map_err(|error| StoreError::Other(Box::new(error)))?;
        stores.jobs().enqueue(FRESH, &NewJob::delete_user_data(project().id, user, now()))?;
        let rows = stores.test_accounts().read_rows(FRESH, Some(&["accounts", "principals", "projects"]))?;
        stores.test_accounts().end(FRESH, 7, now())?;
        stores.test_accounts().write_rows(Id::new(90_002), &rows)
    });
    let jobs = harness.read(|stores| stores.jobs().list(FRESH, None, PageRequest { size: 9, after: None }));
    assert_eq!(jobs.iter().map(|job| job.reference.as_str()).collect::<Vec<_>>(), ["mehdi", "later"]);
    // A part of the tables alone.
    let rows = harness.write(|stores| stores.test_accounts().read_rows(FRESH, Some(&["accounts", "projects"])));
    assert_eq!(rows.tables.iter().map(|table| table.table).collect::<Vec<_>>(), ["accounts", "projects"]);
}

fn pruned<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    assert_eq!(harness.write(|stores| stores.test_accounts().prune(BatchSize::DEFAULT)), RowCount::ZERO);
    harness.write(|stores| stores.test_accounts().end(account().id, 7, now()));
    let mut steps = 0;
    while harness.write(|stores| stores.test_accounts().prune(BatchSize::DEFAULT)) > RowCount::ZERO {
        steps += 1;
        assert!(steps < 100, "the removal does not end");
    }
    assert_eq!(harness.read(|stores| stores.identity().account_state(account().id)), None);
    assert_eq!(harness.read(|stores| stores.sessions().find(account().id, guid(1))), None);
    assert_eq!(harness.read(|stores| stores.sessions().find(other_account().id, guid(1))), Some(session(guid(1))));
    // The id is not given again.
    assert!(harness.read(|stores| stores.test_accounts().highest()) >= account().id.get());
}

fn listed<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let known = KnownTestAccount { account: account().id, public: 7, lives_until: Some(now()) };
    harness.write(move |stores| stores.test_accounts().put(&known));
    let changed = KnownTestAccount { lives_until: None, ..known };
    assert_eq!(harness.read(|stores| stores.test_accounts().list(None)), [known]);
    harness.write(move |stores| stores.test_accounts().put(&changed));
    assert_eq!(harness.read(|stores| stores.test_accounts().list(None)), [changed]);
    // Those that were put behind public ids since an account was seen.
    let later = KnownTestAccount { account: FRESH, public: 8, lives_until: None };
    harness.write(move |stores| stores.test_accounts().put(&later));
    assert_eq!(harness.read(|stores| stores.test_accounts().list(Some(account().id))), [later]);
    assert!(harness.read(|stores| stores.test_accounts().list(Some(FRESH))).is_empty());
    harness.write(|stores| stores.test_accounts().end(account().id, 7, now()));
    assert_eq!(harness.read(|stores| stores.test_accounts().list(None)), [later]);
}

fn current<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let public = account().id.get();
    let found = |public: i64, guess: AccountId| {
        [false, true].map(|is_locked| {
            let known = harness.write(move |stores| stores.test_accounts().current(public, guess, is_locked));
            assert!(known.is_none_or(|known| known.public == public), "{known:?}");
            known.map(|known| known.account)
        })
    };
    assert_eq!(found(public, account().id), [Some(account().id); 2]);
    assert_eq!(found(public, other_account().id), [Some(account().id); 2], "a wrong guess");
    assert_eq!(found(99_999, Id::new(99_999)), [None; 2]);
    harness.write(move |stores| {
        stores.test_accounts().end(account().id, public, now())?;
        stores.identity().add_account(&Account { id: FRESH, ..account() }, now())?;
        stores.test_accounts().put(&KnownTestAccount { account: FRESH, public, lives_until: Some(now()) })
    });
    let lives_until = |guess: AccountId| harness.read(move |stores| stores.test_accounts().current(public, guess, false));
    for guess in [account().id, FRESH] {
        assert_eq!(lives_until(guess).and_then(|known| known.lives_until), Some(now()));
    }
    assert_eq!(found(public, account().id), [Some(FRESH); 2], "a guess that is out of date");
    assert_eq!(found(public, FRESH), [Some(FRESH); 2]);
    assert_eq!(found(FRESH.get(), FRESH), [None; 2], "the id inside is not a public one");
    harness.write(move |stores| stores.test_accounts().end(FRESH, public, now()));
    assert_eq!(found(public, FRESH), [None; 2]);
    assert_eq!(found(public, account().id), [None; 2]);
}
