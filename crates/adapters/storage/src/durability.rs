//! The settings of a server that weaken durability. It does not tell whether that is wanted.

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};

use crate::db::migrations::MigrateError;
use crate::db::postgres::PgConnector;
use crate::db::settings::PoolSettings;
use crate::db::url::DatabaseUrl;
use crate::upgrade::on_a_thread;

/// The settings that are off for the sessions of this role and database.
const OFF: &str = "
    SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name";

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
}

impl DatabaseUrl {
    /// The names of those of `fsync`, `full_page_writes` and `synchronous_commit` that are off. None for SQLite, whose settings are
    /// ours. It blocks the thread.
    ///
    /// # Errors
    /// [`MigrateError::Connect`] if the server does not answer.
    pub fn durability_off(&self) -> Result<Vec<String>, MigrateError> {
        let Self::Postgres(url) = self else { return Ok(Vec::new()) };
        let connector = PgConnector::new(url, PoolSettings::default())?;
        on_a_thread(|| {
            let mut conn = connector.connect_unbounded()?;
            let off: Vec<Setting> = sql_query(OFF).load(&mut conn).map_err(|error| MigrateError::Connect(Box::new(error)))?;
            Ok(off.into_iter().map(|setting| setting.name).collect())
        })
    }
}
