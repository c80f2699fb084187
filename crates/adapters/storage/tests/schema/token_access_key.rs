//! Tests tokens that were stored without their access key: by a program before the migration, and by one that still runs after it.

use std::fs;

use derslik_domain::id::CredentialId;
use derslik_domain::identity::{CredentialKind, SecretDigest};
use derslik_ports::outbound::NewCredential;
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, now, service_principal, service_user};
use derslik_testkit::contract::Harness;
use diesel::connection::SimpleConnection;

use super::{Connection, PgConnection, SqliteConnection, empty_postgres, empty_sqlite, migrations};

const FOLDER: &str = "2026-11-30-000065_token_access_key";
const VERSION: &str = "20261130000065";

fn connect(url: &DatabaseUrl) -> Harness<DieselUnitOfWork> {
    Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    })
}

/// The statement by which an older program stores a token of the service.
fn older(public_id: &str, digest: &str) -> String {
    format!(
        "INSERT INTO credentials (account_id, principal_id, kind, public_id, digest, scopes, created_at)
         VALUES (1329, 4490, 'access_token', '{public_id}', {digest}, '', '2026-01-01T00:00:00.000000Z')"
    )
}

fn add(harness: &Harness<DieselUnitOfWork>, kind: CredentialKind, public_id: &str, access_key: Option<CredentialId>) -> CredentialId {
    let new = NewCredential {
        kind,
        public_id: public_id.to_owned(),
        digest: SecretDigest::new([7; 32]),
        scopes: kind.scopes(),
        expires_at: None,
        project: None,
        access_key,
        at: now(),
    };
    harness.write(move |stores| stores.identity().add_credential(account().id, service_principal(), &new)).unwrap()
}

/// The tokens that are still valid.
fn valid_tokens(harness: &Harness<DieselUnitOfWork>) -> Vec<&'static str> {
    let is_valid = |public_id: &&'static str| {
        let public_id = *public_id;
        harness.read(move |stores| stores.identity().find_credential(CredentialKind::AccessToken, public_id)).is_some()
    };
    ["before", "beside", "of the key", "of the other"].into_iter().filter(is_valid).collect()
}

/// `execute` runs statements on the database, and `digest` is an expression of 32 bytes.
fn unknown_tokens_end_with_any_key(url: &DatabaseUrl, database: &str, digest: &str, execute: &mut dyn FnMut(&str)) {
    url.migrate().unwrap();
    let harness = connect(url);
    harness.write(|stores| {
        stores.identity().add_account(&account(), now())?;
        stores.users().add(account().id, &service_user())
    });
    drop(harness);
    execute(&fs::read_to_string(migrations(database).join(FOLDER).join("down.sql")).unwrap());
    execute(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{VERSION}'"));
    execute(&older("before", digest));
    assert_eq!(url.migrate().unwrap().applied, [VERSION]);
    execute(&older("beside", digest));

    let harness = connect(url);
    let [key, other] = ["key", "other"].map(|public_id| add(&harness, CredentialKind::AccessKey, public_id, None));
    for (public_id, access_key) in [("of the key", key), ("of the other", other)] {
        add(&harness, CredentialKind::AccessToken, public_id, Some(access_key));
    }
    assert_eq!(valid_tokens(&harness), ["before", "beside", "of the key", "of the other"]);
    harness.write(move |stores| stores.identity().revoke_tokens_of_key(account().id, service_principal().id, key, now()));
    assert_eq!(valid_tokens(&harness), ["of the other"]);
}

#[test]
fn a_token_of_an_older_program_ends_with_any_access_key_on_postgres() {
    let database = empty_postgres();
    let url = database.url().parse().unwrap();
    unknown_tokens_end_with_any_key(&url, "postgres", "sha256('')", &mut |sql| {
        PgConnection::establish(database.url()).unwrap().batch_execute(sql).unwrap();
    });
}

#[test]
fn a_token_of_an_older_program_ends_with_any_access_key_on_sqlite() {
    let (_folder, url, path) = empty_sqlite();
    unknown_tokens_end_with_any_key(&url, "sqlite", "zeroblob(32)", &mut |sql| {
        SqliteConnection::establish(&path).unwrap().batch_execute(sql).unwrap();
    });
}
