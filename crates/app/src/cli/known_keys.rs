//! The publicly known keys of the dev profile: a start with that profile may set them up, and a start in production refuses a
//! database that accepts them.

use derslik_domain::time::Timestamp;
use derslik_ports::StoreError;
use derslik_ports::inbound::operators::{Credentials, KnownSecrets};

use super::{Failure, database};
use crate::config::Config;
use crate::dev_accounts::{DevAccount, dev_accounts, name_people_by_seed};
use crate::known_person::known_person;
use crate::wiring::Operators;

/// Sets up the dev accounts and returns those whose keys the banner prints: new accounts, and accounts with known keys. A database
/// that already holds accounts is served as it is: the start adds nothing to accounts that another start or command created.
pub(super) async fn set_up_dev_accounts(config: &Config, operators: &Operators, now: Timestamp) -> Result<Vec<DevAccount>, Failure> {
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let mut accounts = dev_accounts(operators.secrets.as_ref(), &settings, config.fixed_dev_keys, now).map_err(Failure::Other)?;
    if let Some(seed) = config.id_seed {
        name_people_by_seed(&mut accounts, seed);
    }
    // An existing account must not get a new random key that the operator did not ask for.
    let which = if config.fixed_dev_keys { Credentials::Always } else { Credentials::OfNewAccount };
    let plans: Vec<_> = accounts.iter().map(|account| account.plan.clone()).collect();
    let Some(is_new) = retry_while_busy(|| operators.accounts.set_up(plans.clone(), which)).await? else {
        if config.fixed_dev_keys {
            let database = config.database().map_err(Failure::Usage)?;
            return Err(Failure::Usage(anyhow::anyhow!(
                "the database {database} holds accounts that were not made by --fixed-dev-keys, which would add publicly known keys: \
                 serve it without --fixed-dev-keys, or name an empty database with --database-url or --data-dir"
            )));
        }
        tracing::info!("the database holds accounts already: no account was added");
        return Ok(Vec::new());
    };
    Ok(accounts.into_iter().zip(is_new).filter(|(_, is_new)| *is_new || config.fixed_dev_keys).map(|(account, _)| account).collect())
}

/// Refuses a database that was once served with known keys, since it still accepts them.
pub(super) async fn refuse_known_keys(config: &Config, operators: &Operators, now: Timestamp) -> Result<(), Failure> {
    let known = known_secrets(config, operators, now)?;
    let used = retry_while_busy(|| operators.known_secrets.in_use(known.clone())).await?;
    if used.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(anyhow::anyhow!(
        "this database takes publicly known keys ({}), since it was served with --fixed-dev-keys: `derslik account remove-dev-keys` \
         takes them away and leaves everything else, or name another database with --database-url",
        used.join(", ")
    )))
}

/// The publicly known secrets of the accounts that `--fixed-dev-keys` makes.
pub(super) fn known_secrets(config: &Config, operators: &Operators, now: Timestamp) -> Result<Vec<KnownSecrets>, Failure> {
    let settings = config.account_settings().map_err(Failure::Usage)?;
    let accounts = dev_accounts(operators.secrets.as_ref(), &settings, true, now).map_err(Failure::Other)?;
    let person = known_person().map_err(Failure::Other)?;
    let secrets = accounts.into_iter().enumerate().map(|(number, account)| KnownSecrets {
        account: account.plan.account.id,
        // The known person belongs to the first account.
        person: (number == 0).then(|| person.clone()),
        credentials: account.plan.all_credentials(),
    });
    Ok(secrets.collect())
}

/// Repeats a call while the database is busy, up to a limit: a start has more time than a request.
pub(super) async fn retry_while_busy<T, F: Future<Output = Result<T, StoreError>>>(call: impl Fn() -> F) -> Result<T, Failure> {
    const TRIES: usize = 5;
    let mut tries = 1;
    loop {
        match call().await {
            Err(StoreError::Unavailable(_)) if tries < TRIES => tries += 1,
            done => return done.map_err(database),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use derslik_domain::id::Id;
    use derslik_ports::Reason;
    use derslik_ports::inbound::operators::{KeyPair, MockAccountAdministration, MockKnownSecretRevocation, MockSecretMaking};
    use derslik_testkit::builders::now;

    use super::*;
    use crate::cli::operator::testing::{code_and_text, operators};
    use crate::config::Flags;

    fn config(fixed_dev_keys: bool) -> Config {
        Config::load(None, &Flags { fixed_dev_keys, ..Flags::default() }).unwrap()
    }

    fn secrets() -> Arc<MockSecretMaking> {
        let pair = |access_key: &str, secret_key: &str| KeyPair {
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
            proof: [7; 32],
        };
        let mut secrets = MockSecretMaking::new();
        secrets.expect_key_pair().returning(pair);
        secrets.expect_new_key_pair().returning(move || pair("random", "secret"));
        secrets.expect_new_account_key().returning(|| "organization".to_owned());
        secrets.expect_new_token().returning(|| "token".to_owned());
        Arc::new(secrets)
    }

    async fn set_up(fixed: bool, is_new: Option<Vec<bool>>) -> Result<Vec<DevAccount>, (u8, String)> {
        let mut accounts = MockAccountAdministration::new();
        accounts.expect_set_up().once().returning(move |plans, which| {
            assert_eq!((plans.len(), which == Credentials::Always), if fixed { (2, true) } else { (1, false) });
            Ok(is_new.clone())
        });
        let operators = Operators { accounts: Arc::new(accounts), secrets: secrets(), ..operators() };
        set_up_dev_accounts(&config(fixed), &operators, now()).await.map_err(code_and_text)
    }

    #[tokio::test]
    async fn random_keys_are_shown_for_a_new_account_alone() {
        assert_eq!(set_up(false, Some(vec![true])).await.unwrap()[0].keys.access_key, "random");
        assert!(set_up(false, Some(vec![false])).await.unwrap().is_empty());
        assert!(set_up(false, None).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn known_keys_are_shown_each_time_and_not_added_to_other_accounts() {
        for is_new in [true, false] {
            let shown = set_up(true, Some(vec![is_new, is_new])).await.unwrap();
            let keys: Vec<_> = shown.iter().map(|account| account.keys.access_key.as_str()).collect();
            assert_eq!(keys, ["demo-access", "other-access"]);
        }
        let (code, text) = set_up(true, None).await.unwrap_err();
        assert!(code == 2 && text.contains("holds accounts that were not made by --fixed-dev-keys"), "{code}: {text}");
    }

    #[tokio::test]
    async fn production_refuses_a_database_that_takes_known_keys() {
        let refuse = |used: &'static [&str]| async move {
            let mut known = MockKnownSecretRevocation::new();
            known.expect_in_use().once().returning(move |known| {
                let accounts: Vec<_> = known.iter().map(|secrets| (secrets.account, secrets.person.is_some())).collect();
                assert_eq!(accounts, [(Id::new(1329), true), (Id::new(1330), false)]);
                Ok(used.iter().map(|name| (*name).to_owned()).collect())
            });
            let operators = Operators { known_secrets: Arc::new(known), secrets: secrets(), ..operators() };
            refuse_known_keys(&config(false), &operators, now()).await.map_err(code_and_text)
        };
        assert_eq!(refuse(&[]).await, Ok(()));
        let (code, text) = refuse(&["demo-access"]).await.unwrap_err();
        assert!(code == 2 && text.contains("publicly known keys (demo-access)"), "{code}: {text}");
    }

    #[tokio::test]
    async fn a_call_of_a_busy_store_is_tried_five_times_at_most() {
        let calls = AtomicUsize::new(0);
        let busy_until = |last: usize| {
            let number = calls.fetch_add(1, Ordering::Relaxed) + 1;
            async move { if number < last { Err(StoreError::from(Reason::Locked)) } else { Ok(number) } }
        };
        assert_eq!(retry_while_busy(|| busy_until(5)).await.map_err(code_and_text), Ok(5));
        calls.store(0, Ordering::Relaxed);
        assert_eq!(retry_while_busy(|| busy_until(6)).await.map_err(code_and_text).unwrap_err().0, 3);
        assert_eq!(calls.load(Ordering::Relaxed), 5);
    }
}
