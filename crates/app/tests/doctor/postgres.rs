//! Faults of a PostgreSQL server.

use derslik_storage::DatabaseUrl;
use derslik_testkit::postgres::{Durability, PostgresServer};
use libtest_mimic::{Failed, Trial};

use crate::support::process::{Running, derslik};
use crate::{check, doctor, finds, none, only, sql};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("postgres::a_good_server_has_no_fault_and_each_seeded_fault_is_found", seeded_faults),
        Trial::test("postgres::a_server_that_does_not_wait_for_the_disk_is_found", fast_server),
        Trial::test("postgres::a_server_that_can_not_be_reached_is_found", unreachable),
        Trial::test("postgres::a_server_that_answers_nothing_is_found_in_time", frozen),
        Trial::test("postgres::publicly_known_keys_are_found_in_production", known_keys),
    ]
}

/// A server with a current schema in a database of its own, whose owner is the superuser, and a role that may read and write.
struct Server {
    server: PostgresServer,
    owner: DatabaseUrl,
}

impl Server {
    fn start(durability: Durability) -> Result<Self, Failed> {
        let server = PostgresServer::start(durability)?;
        let maintenance: DatabaseUrl = server.maintenance_url().parse()?;
        sql::execute(&maintenance, "CREATE DATABASE school")?;
        let owner: DatabaseUrl = server.url("school").parse()?;
        owner.migrate()?;
        sql::execute(
            &owner,
            "CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA public TO clerk;
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk;
             GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO clerk",
        )?;
        Ok(Self { server, owner })
    }

    /// The URL of a database for the role that may read and write.
    fn url_of(&self, database: &str) -> Result<String, Failed> {
        let owner = self.server.url(database);
        let (_, place) = owner.split_once('@').ok_or("no user in the URL")?;
        Ok(format!("postgres://clerk@{place}"))
    }
}

/// A fault: how it is made, how it is taken away, and how it is found.
struct Fault {
    check: &'static str,
    state: &'static str,
    make: &'static str,
    mend: &'static str,
}

const fn fault(check: &'static str, state: &'static str, make: &'static str, mend: &'static str) -> Fault {
    Fault { check, state, make, mend }
}

const FAULTS: [Fault; 11] = [
    fault("database_durability", "warning", "ALTER ROLE clerk SET synchronous_commit = off", "ALTER ROLE clerk RESET synchronous_commit"),
    fault(
        "database_settings",
        "problem",
        "ALTER ROLE clerk SET default_transaction_read_only = on",
        "ALTER ROLE clerk RESET default_transaction_read_only",
    ),
    fault(
        "database_settings",
        "warning",
        "ALTER ROLE clerk SET standard_conforming_strings = off",
        "ALTER ROLE clerk RESET standard_conforming_strings",
    ),
    fault("database_connections", "problem", "ALTER ROLE clerk CONNECTION LIMIT 12", "ALTER ROLE clerk CONNECTION LIMIT -1"),
    fault("database_connections", "warning", "ALTER DATABASE school CONNECTION LIMIT 20", "ALTER DATABASE school CONNECTION LIMIT -1"),
    fault("database_rights", "problem", "REVOKE DELETE ON sessions FROM clerk", "GRANT DELETE ON sessions TO clerk"),
    fault("database_rights", "problem", "REVOKE USAGE ON SEQUENCE project_ids FROM clerk", "GRANT USAGE ON SEQUENCE project_ids TO clerk"),
    fault(
        "database_schema",
        "problem",
        "CREATE TABLE kept AS SELECT * FROM __diesel_schema_migrations;
         DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
        "INSERT INTO __diesel_schema_migrations SELECT * FROM kept ON CONFLICT DO NOTHING; DROP TABLE kept",
    ),
    fault(
        "database_schema",
        "warning",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
        "DELETE FROM __diesel_schema_migrations WHERE version = '29990101000000'",
    ),
    fault(
        "database_schema",
        "problem",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000');
         UPDATE schema_compatibility SET needs = '29990101000000'",
        "DELETE FROM __diesel_schema_migrations WHERE version = '29990101000000';
         UPDATE schema_compatibility SET needs = '20261129000062'",
    ),
    fault(
        "names",
        "warning",
        r#"INSERT INTO accounts
           SELECT (jsonb_populate_record(a, '{"id": 900001, "name": "OKUL"}')).* FROM accounts a WHERE a.name = 'okul'"#,
        "DELETE FROM accounts WHERE id = 900001",
    ),
];

fn seeded_faults() -> Result<(), Failed> {
    let server = Server::start(Durability::Durable)?;
    let url = server.url_of("school")?;
    let created = derslik(&["account", "create", "okul", "--database-url", &url]).output()?;
    check(created.status.success(), &created)?;
    none(&mut doctor(&url))?;
    none(doctor(&url).args(["--profile", "production"]).env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7"))?;
    for Fault { check: name, state, make, mend } in FAULTS {
        sql::execute(&server.owner, make)?;
        only(name, state, &mut doctor(&url)).map_err(|error| format!("{make}: {error:?}"))?;
        sql::execute(&server.owner, mend)?;
    }
    none(&mut doctor(&url))?;

    // The clock of the service is years behind that of the server.
    finds("database_clock", "problem", doctor(&url).env("DERSLIK_DEV_CLOCK", "2020-02-06T16:07:35Z"))?;
    let maintenance: DatabaseUrl = server.server.maintenance_url().parse()?;
    sql::execute(&maintenance, "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")?;
    finds("database_encoding", "problem", &mut doctor(&server.url_of("bytes")?))?;
    finds("database", "problem", &mut doctor(&server.url_of("no_such_database")?))
}

fn fast_server() -> Result<(), Failed> {
    let server = Server::start(Durability::Fast)?;
    only("database_durability", "problem", &mut doctor(&server.url_of("school")?))
}

fn unreachable() -> Result<(), Failed> {
    let nowhere = "postgres://clerk@127.0.0.1:1/school";
    only("database", "problem", &mut doctor(nowhere))?;
    let output = derslik(&["migrate", "--database-url", nowhere]).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.code() == Some(3) && text.contains("; fix: start the server, or correct the host and the port"), &text)?;
    let server = Server::start(Durability::Fast)?;
    let url = server.url_of("school")?;
    server.server.stop_immediate()?;
    only("database", "problem", &mut doctor(&url))
}

/// The command ends by its own limit, however long the server is silent.
fn frozen() -> Result<(), Failed> {
    let server = Server::start(Durability::Fast)?;
    let url = server.url_of("school")?;
    let _frozen = server.server.freeze()?;
    let mut command = derslik(&["doctor", "--json", "--timeout", "2", "--database-url", &url]);
    finds("database", "problem", command.env("DERSLIK_LISTEN", "127.0.0.1:0"))
}

fn known_keys() -> Result<(), Failed> {
    let server = Server::start(Durability::Durable)?;
    let url = server.url_of("school")?;
    Running::start(&url, &["--no-worker"])?.kill()?;
    let mut in_production = doctor(&url);
    in_production.args(["--profile", "production"]).env("DERSLIK_TRUSTED_PROXIES", "10.0.0.7");
    only("known_keys", "problem", &mut in_production)
}
