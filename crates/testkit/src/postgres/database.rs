//! Databases that belong to one test each, copied from a template. This module must not know how the server was started.

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::fmt;
use std::fs;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{Connection, PgConnection, RunQueryDsl};

use super::url::ServerUrl;
use super::{PostgresError, TEST_DATABASE_RESET, TEST_TEMPLATE_SQL, variable};

/// PostgreSQL cuts names at 63 bytes; the prefix, the hash and its separator take 26.
const LONGEST_TEMPLATE_NAME: usize = 37;

/// The lock of the one database on which tests take turns.
const TURN: i64 = 0x6472_736c_7465_7374;

/// A copy does not get the settings of the database that it is a copy of.
const COPY_SETTINGS: &str = "
    DO $$
    DECLARE
        setting text;
    BEGIN
        FOR setting IN
            SELECT unnest(setconfig) FROM pg_db_role_setting JOIN pg_database ON oid = setdatabase
            WHERE datname = ':template' AND setrole = 0
        LOOP
            EXECUTE format(
                'ALTER DATABASE :copy SET %I = %L', split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)
            );
        END LOOP;
    END
    $$";

type Migrate = dyn Fn(&str) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync;

/// The content of a fresh database: made once per server and revision, then copied.
pub struct Template {
    database: String,
    key: i64,
    migrate: Box<Migrate>,
    scripts: Vec<Script>,
}

/// SQL that a template runs after its migration.
enum Script {
    Text(&'static str),
    File(PathBuf),
}

impl Script {
    fn text(&self) -> io::Result<String> {
        match self {
            Self::Text(text) => Ok((*text).to_owned()),
            Self::File(path) => fs::read_to_string(path),
        }
    }
}

impl Template {
    /// Describes a template. `revision` is any text that changes with the schema, such as all migrations in a row: a
    /// server that stays between runs then never hands out an old schema. `migrate` gets the URL of an empty database
    /// and MUST have closed its connections when it returns.
    pub fn new<M>(name: &str, revision: &str, migrate: M) -> Self
    where
        M: Fn(&str) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    {
        let files = variable(TEST_TEMPLATE_SQL).unwrap_or_default();
        let files = files.split(':').filter(|path| !path.is_empty());
        Self::finished_by(name, revision, files.map(|path| Script::File(path.into())).collect(), migrate)
    }

    /// As [`new`](Self::new), with these scripts of SQL, and not those that `TEST_TEMPLATE_SQL` names.
    pub fn with_scripts<M>(name: &str, revision: &str, scripts: &[&'static str], migrate: M) -> Self
    where
        M: Fn(&str) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    {
        Self::finished_by(name, revision, scripts.iter().copied().map(Script::Text).collect(), migrate)
    }

    fn finished_by<M>(name: &str, revision: &str, scripts: Vec<Script>, migrate: M) -> Self
    where
        M: Fn(&str) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    {
        let mut hasher = DefaultHasher::new();
        (name, revision).hash(&mut hasher);
        for script in &scripts {
            // A file that can't be read fails when the template is made.
            script.text().unwrap_or_default().hash(&mut hasher);
        }
        let hash = hasher.finish();
        let readable: String = name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' })
            .take(LONGEST_TEMPLATE_NAME)
            .collect();
        Self { database: format!("template_{readable}_{hash:016x}"), key: hash.cast_signed(), migrate: Box::new(migrate), scripts }
    }

    /// The name of the database that holds the template.
    pub fn database(&self) -> &str {
        &self.database
    }

    fn ensure(&self, server: &ServerUrl, connection: &mut PgConnection) -> Result<(), PostgresError> {
        if self.is_finished(connection)? == Some(true) {
            return Ok(());
        }
        diesel::sql_query("SELECT pg_advisory_lock($1)").bind::<BigInt, _>(self.key).execute(connection)?;
        let made = self.make(server, connection);
        let unlocked = diesel::sql_query("SELECT pg_advisory_unlock($1)").bind::<BigInt, _>(self.key).execute(connection);
        made?;
        unlocked?;
        Ok(())
    }

    /// Makes the template unless it is finished. The caller must hold the lock.
    fn make(&self, server: &ServerUrl, connection: &mut PgConnection) -> Result<(), PostgresError> {
        match self.is_finished(connection)? {
            Some(true) => return Ok(()),
            // The process that began to make it has ended before it was done.
            Some(false) => drop_database(connection, &self.database)?,
            None => {}
        }
        let name = &self.database;
        connection.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        let url = server.with_database(name);
        (self.migrate)(&url).map_err(PostgresError::Migration)?;
        self.run_scripts(&url)?;
        // Further connections are forbidden: PostgreSQL can't copy a template that is in use.
        connection.batch_execute(&format!("ALTER DATABASE {name} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false"))?;
        Ok(())
    }

    fn run_scripts(&self, url: &str) -> Result<(), PostgresError> {
        if self.scripts.is_empty() {
            return Ok(());
        }
        let mut connection = PgConnection::establish(url)?;
        for script in &self.scripts {
            connection.batch_execute(&script.text().map_err(PostgresError::io("read the SQL of a template"))?)?;
        }
        Ok(())
    }

    /// `None` when there is no such database, `false` while it is being made.
    fn is_finished(&self, connection: &mut PgConnection) -> Result<Option<bool>, PostgresError> {
        let query =
            sql::<Nullable<Bool>>("(SELECT datistemplate FROM pg_database WHERE datname = ").bind::<Text, _>(&self.database).sql(")");
        Ok(diesel::select(query).get_result(connection)?)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Template").field("database", &self.database).finish_non_exhaustive()
    }
}

/// A database of one test, dropped together with this value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    maintenance: String,
    turn: Option<Turn>,
}

/// The turn of a test on the one database, which ends together with the connection.
struct Turn(Mutex<PgConnection>);

impl fmt::Debug for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Turn").field(&self.0.is_poisoned()).finish()
    }
}

impl TestDatabase {
    pub(super) fn create(server: &ServerUrl, template: &Template) -> Result<Self, PostgresError> {
        if let Some(reset) = variable(TEST_DATABASE_RESET) {
            return Self::take_turn(server, Path::new(&reset));
        }
        let maintenance = server.maintenance();
        let mut connection = PgConnection::establish(&maintenance)?;
        template.ensure(server, &mut connection)?;

        let name = format!("test_{}_{:016x}", std::process::id(), RandomState::new().hash_one(template.key));
        connection.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {}", template.database))?;
        connection.batch_execute(&COPY_SETTINGS.replace(":template", &template.database).replace(":copy", &name))?;
        let url = server.with_database(&name);
        Ok(Self { name, url, maintenance, turn: None })
    }

    /// The database of the server's URL itself, emptied by that script. Other tests wait until this value is dropped.
    fn take_turn(server: &ServerUrl, reset: &Path) -> Result<Self, PostgresError> {
        let url = server.maintenance();
        let mut connection = PgConnection::establish(&url)?;
        diesel::sql_query("SELECT pg_advisory_lock($1)").bind::<BigInt, _>(TURN).execute(&mut connection)?;
        let reset = fs::read_to_string(reset).map_err(PostgresError::io("read the SQL that empties the database"))?;
        connection.batch_execute(&reset)?;
        let turn = Some(Turn(Mutex::new(connection)));
        Ok(Self { name: server.database().to_owned(), maintenance: url.clone(), url, turn })
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL to connect to it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.turn.is_some() {
            return;
        }
        // If a test has stopped the server, there is nothing to drop.
        if let Ok(mut connection) = PgConnection::establish(&self.maintenance) {
            let _dropped = drop_database(&mut connection, &self.name);
        }
    }
}

fn drop_database(connection: &mut PgConnection, name: &str) -> Result<(), PostgresError> {
    Ok(connection.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_another_database_for_every_name_and_revision() {
        let named = |name: &str, revision: &str| Template::new(name, revision, |_| Ok(())).database;

        assert_eq!(named("a", "1"), named("a", "1"));
        assert_ne!(named("a", "1"), named("a", "2"));
        assert_ne!(named("a-b", "1"), named("a_b", "1"));
    }

    #[test]
    fn a_template_has_another_database_for_every_script() {
        let scripted = |scripts: &[&'static str]| Template::with_scripts("a", "1", scripts, |_| Ok(())).database;

        assert_eq!(scripted(&["SELECT 1"]), scripted(&["SELECT 1"]));
        assert_ne!(scripted(&["SELECT 1"]), scripted(&["SELECT 2"]));
        assert_ne!(scripted(&["SELECT 1"]), scripted(&[]));
    }

    #[test]
    fn a_template_name_is_a_plain_sql_name_within_the_limit() {
        let template = Template::new(&"Öz \"; DROP".repeat(20), "1", |_| Ok(()));

        assert!(template.database().len() <= 63);
        assert!(template.database().chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'));
    }
}
