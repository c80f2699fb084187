//! A revocation beside an exchange on PostgreSQL, where both run at the same time. One of them is held open until the other waits for it,
//! so each test sees one order of events, however busy the machine is. On SQLite the second one begins after the first.
#![cfg(test)]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use derslik_domain::id::{CredentialId, GrantId, Id};
use derslik_domain::identity::{CredentialKind, GrantProof, Principal, PublicKey, Scopes, SecretDigest, SignatureAlgorithm};
use derslik_ports::outbound::{NewCredential, NewGrant, StoreError, Stores, TokenSource, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, now, service_principal, service_user, user};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{PostgresServer, Template, TestDatabase};
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

/// More than a statement waits on any machine that is not stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// The service account whose grant got tokens for a person.
const SERVICE: i64 = 200;
/// The token that each exchange adds.
const NEW: &str = "new";

type Work = Box<dyn FnOnce(&mut dyn Stores) -> Result<(), StoreError> + Send>;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

struct World {
    /// It ends before its database.
    harness: Harness<DieselUnitOfWork>,
    database: TestDatabase,
}

/// The rows that the tests begin with: a grant of the service account with tokens for a person, exchanged one for the other, and the token
/// of a log-in with an access key.
#[derive(Clone, Copy)]
struct Rows {
    grant: GrantId,
    first: CredentialId,
    second: CredentialId,
    third: CredentialId,
    access_key: CredentialId,
    logged_in: CredentialId,
}

fn person() -> Principal {
    user(100).principal()
}

fn credential(kind: CredentialKind, name: &str, access_key: Option<CredentialId>) -> NewCredential {
    NewCredential {
        kind,
        public_id: name.to_owned(),
        digest: SecretDigest::new([7; 32]),
        scopes: Scopes::default(),
        expires_at: None,
        project: None,
        access_key,
        at: now(),
    }
}

fn token(name: &str, access_key: Option<CredentialId>) -> NewCredential {
    credential(CredentialKind::AccessToken, name, access_key)
}

impl World {
    fn new() -> (Self, Rows) {
        let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
        let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
        let settings = PoolSettings { connections: 4, statement_timeout: 2 * PATIENCE, ..PoolSettings::default() };
        let url: DatabaseUrl = database.url().parse().unwrap();
        let harness = Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime));
        let rows = harness.write(|stores| {
            let account = account();
            stores.identity().add_account(&account, now())?;
            stores.users().add(account.id, &service_user())?;
            for number in [100, SERVICE] {
                stores.users().add(account.id, &user(number))?;
            }
            let grant = NewGrant {
                principal: Id::new(SERVICE),
                public_id: "0a".to_owned(),
                proof: GrantProof::Key { algorithm: SignatureAlgorithm::Es256, key: PublicKey::new([1]) },
                scopes: Scopes::default(),
                project: None,
                expires_at: None,
                at: now(),
            };
            let grant = stores.grants().add(account.id, &grant)?.unwrap();
            let mut issue = |name: &str, source| {
                let issued = stores.grants().add_token(account.id, person(), &token(name, None), source)?;
                Ok::<_, StoreError>(issued.unwrap())
            };
            let first = issue("first", TokenSource::Grant(grant))?;
            let second = issue("second", TokenSource::Token(first))?;
            let third = issue("third", TokenSource::Token(second))?;
            let key = credential(CredentialKind::AccessKey, "a key", None);
            let access_key = stores.identity().add_credential(account.id, service_principal(), &key)?.unwrap();
            let logged_in = token("logged in", Some(access_key));
            let logged_in = stores.identity().add_credential(account.id, service_principal(), &logged_in)?.unwrap();
            Ok(Rows { grant, first, second, third, access_key, logged_in })
        });
        (Self { harness, database }, rows)
    }

    /// Waits until a statement waits for a lock of another transaction.
    fn wait_for_a_wait(&self) {
        const WAITING: &str = "
            SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut conn = PgConnection::establish(self.database.url()).unwrap();
        let begin = Instant::now();
        while sql_query(WAITING).get_result::<Count>(&mut conn).unwrap().count == 0 {
            assert!(begin.elapsed() < PATIENCE, "the second transaction does not wait for the first");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Does the work of a transaction, and commits it when another transaction waits for it.
    fn one_before_the_other(&self, one: Work, other: Work) {
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (uow, runtime) = (self.harness.unit_of_work(), self.harness.runtime());
        let first = uow.clone();
        let first = runtime.spawn(async move {
            let work = first.write(account().id, move |stores| {
                one(stores)?;
                begun.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok::<_, StoreError>(())
            });
            work.await
        });
        has_begun.recv().unwrap();
        let second = uow.clone();
        let second = runtime.spawn(async move { second.write(account().id, other).await });
        self.wait_for_a_wait();
        go_on.send(()).unwrap();
        runtime.block_on(first).unwrap().unwrap();
        runtime.block_on(second).unwrap().unwrap();
    }

    fn is_accepted(&self, name: &'static str) -> bool {
        self.harness.read(move |stores| stores.identity().find_credential(CredentialKind::AccessToken, name)).is_some()
    }
}

/// Exchanges a token as the use case does, if it is valid by the time that it is held.
fn exchange(token_id: CredentialId, access_key: Option<CredentialId>) -> Work {
    Box::new(move |stores| {
        let held = stores.grants().hold_token(account().id, token_id)?.filter(|held| held.token.revoked_at.is_none());
        if let Some(held) = held {
            let owner = Principal { id: held.token.principal, ..person() };
            stores.grants().add_token(account().id, owner, &token(NEW, access_key), TokenSource::Token(token_id))?;
        }
        Ok(())
    })
}

/// Replaces a token as `key rotate` does.
fn rotate(token_id: CredentialId, access_key: CredentialId) -> Work {
    Box::new(move |stores| {
        let locked = stores.identity().lock_credential(account().id, token_id)?.filter(|stored| stored.revoked_at.is_none());
        if locked.is_some() {
            stores.identity().add_credential(account().id, service_principal(), &token(NEW, Some(access_key)))?;
        }
        Ok(())
    })
}

fn revoke_grant(grant: GrantId) -> Work {
    Box::new(move |stores| {
        stores.grants().lock(account().id, grant)?;
        stores.grants().revoke(account().id, grant, now()).map(drop)
    })
}

fn revoke_token(token: CredentialId) -> Work {
    Box::new(move |stores| {
        stores.identity().lock_credential(account().id, token)?;
        stores.identity().revoke_credential(account().id, token, now()).map(drop)
    })
}

fn revoke_access_key(key: CredentialId) -> Work {
    Box::new(move |stores| {
        stores.identity().lock_credential(account().id, key)?;
        stores.identity().revoke_credential(account().id, key, now())?;
        stores.identity().revoke_tokens_of_key(account().id, service_principal().id, key, now())
    })
}

fn revoke_service_account() -> Work {
    Box::new(|stores| {
        stores.users().lock(account().id, Id::new(SERVICE))?;
        stores.identity().revoke_credentials_of(account().id, Id::new(SERVICE), now())
    })
}

type Race = fn(Rows) -> (Work, Work);

/// What issues a token, and what revokes what it is issued for.
const RACES: [(&str, Race); 7] = [
    ("the grant of an exchanged token", |rows| (exchange(rows.third, None), revoke_grant(rows.grant))),
    ("the service account of a token for a person", |rows| (exchange(rows.first, None), revoke_service_account())),
    ("the token that is exchanged", |rows| (exchange(rows.second, None), revoke_token(rows.second))),
    ("the first of some exchanges", |rows| (exchange(rows.third, None), revoke_token(rows.first))),
    ("one in the middle of exchanges", |rows| (exchange(rows.third, None), revoke_token(rows.second))),
    ("the access key of an exchanged token", |rows| (exchange(rows.logged_in, Some(rows.access_key)), revoke_access_key(rows.access_key))),
    ("the access key of a token that is rotated", |rows| (rotate(rows.logged_in, rows.access_key), revoke_access_key(rows.access_key))),
];

#[test]
fn a_revocation_that_waits_for_an_exchange_finds_its_token() {
    for (name, race) in RACES {
        let (world, rows) = World::new();
        let (issue, revoke) = race(rows);
        world.one_before_the_other(issue, revoke);
        assert!(!world.is_accepted(NEW), "{name}");
    }
}

#[test]
fn an_exchange_that_waits_for_a_revocation_gets_no_token() {
    for (name, race) in RACES {
        let (world, rows) = World::new();
        let (issue, revoke) = race(rows);
        world.one_before_the_other(revoke, issue);
        assert!(!world.is_accepted(NEW), "{name}");
    }
}

/// Two exchanges of one token hold the same rows, and neither waits for the other.
#[test]
fn two_exchanges_of_one_token_do_not_wait_for_each_other() {
    let (world, rows) = World::new();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let uow = world.harness.unit_of_work().clone();
    let first = world.harness.runtime().spawn(async move {
        let work = uow.write(account().id, move |stores| {
            stores.grants().hold_token(account().id, rows.third)?;
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok::<_, StoreError>(())
        });
        work.await
    });
    has_begun.recv().unwrap();
    world.harness.write(exchange(rows.third, None));
    assert!(world.is_accepted(NEW));
    go_on.send(()).unwrap();
    world.harness.runtime().block_on(first).unwrap().unwrap();
}
