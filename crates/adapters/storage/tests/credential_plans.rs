//! Checks how both databases find the tokens that end with an access key: by the index of their owner, not among all credentials.
#![cfg(test)]

mod plans;

use std::time::Duration;

use derslik_domain::id::{CredentialId, PrincipalId};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, now, user};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{PostgresServer, Template};
use derslik_testkit::statements::{record_statements, take_statements};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;

/// The index by which the tokens are found.
const BY_OWNER: &str = "credentials_by_principal";

/// The owners of the tokens have the numbers from 1000 to 1399.
const OWNERS: std::ops::Range<i64> = 1_000..1_400;

/// Each owner has 50 tokens. Every second one was got with the access key 1.
const TOKENS: &str = "
    INSERT INTO credentials (account_id, principal_id, kind, public_id, digest, scopes, created_at, access_key_id)
    SELECT 1329, 1000 + n % 400, 'access_token', 'token ' || n, {digest}, '', '2026-01-01T00:00:00.000000Z', NULLIF(n / 400 % 2, 0)
    FROM {numbers}";

fn connect(url: &DatabaseUrl) -> Harness<DieselUnitOfWork> {
    Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { connections: 1, statement_timeout: Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    })
}

fn add_owners(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        stores.identity().add_account(&account(), now())?;
        for number in OWNERS {
            stores.users().add(account().id, &user(number))?;
        }
        Ok(())
    });
}

/// Ends the tokens of an access key in both ways, and returns the two statements.
fn recorded(harness: &Harness<DieselUnitOfWork>) -> Vec<String> {
    take_statements();
    harness.write(|stores| {
        let (owner, key) = (PrincipalId::new(1_001), CredentialId::new(1));
        stores.identity().end_tokens_of_key(account().id, owner, key, now())?;
        stores.identity().revoke_tokens_of_key(account().id, owner, key, now())
    });
    let texts = take_statements().into_iter().map(|statement| statement.text);
    let statements: Vec<_> = texts.filter(|text| text.starts_with("UPDATE") && text.contains("access_key_id")).collect();
    assert_eq!(statements.len(), 2, "{statements:?}");
    statements
}

#[test]
fn postgres_finds_the_tokens_of_an_access_key_by_their_owner() {
    record_statements().unwrap();
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    conn.batch_execute("ALTER TABLE credentials SET (autovacuum_enabled = off)").unwrap();
    let harness = connect(&database.url().parse().unwrap());
    add_owners(&harness);
    let numbers = "generate_series(1, 20000) AS s (n)";
    conn.batch_execute(&TOKENS.replace("{digest}", "sha256(n::text::bytea)").replace("{numbers}", numbers)).unwrap();
    let statements = recorded(&harness);
    // A new database has no statistics. Both plans count: without them and with them.
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE credentials").unwrap();
        }
        for statement in &statements {
            let plan = plans::generic_plan(&mut conn, statement);
            assert!(plan.contains(BY_OWNER) && !plan.contains("Seq Scan"), "counted: {counted}\n{statement}\n{plan}");
        }
    }
}

#[test]
fn sqlite_finds_the_tokens_of_an_access_key_by_their_owner() {
    record_statements().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    let harness = connect(&url);
    add_owners(&harness);
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let numbers = "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000) SELECT n FROM s)";
    conn.batch_execute(&TOKENS.replace("{digest}", "randomblob(32)").replace("{numbers}", numbers)).unwrap();
    let statements = recorded(&harness);
    // SQLite runs without statistics; an operator may have run ANALYZE. Both plans count.
    for counted in [false, true] {
        if counted {
            conn.batch_execute("ANALYZE").unwrap();
        }
        for statement in &statements {
            let search = format!("SEARCH credentials USING INDEX {BY_OWNER} (account_id=? AND principal_id=?)");
            assert_eq!(plans::steps(&mut conn, statement), [search], "counted: {counted}\n{statement}");
        }
    }
}
