//! Whether the database was chosen, and not met by chance.

use derslik_storage::DatabaseUrl;

use super::{Purpose, Violation};
use crate::config::Loaded;

/// Without a name, a file in the data folder would be taken: a missing variable would start an empty installation.
pub(super) fn unnamed(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    if loaded.config.database_url.is_some() {
        return Vec::new();
    }
    vec![Violation::new(
        "database_url",
        "profile production needs a database by name",
        "set DATABASE_URL, or name a file with it in DATABASE_URL_FILE, or use --database-url",
    )]
}

/// SQLite is one file on one machine, so an operator has to say that this is meant.
pub(super) fn sqlite(loaded: &Loaded, _: Purpose) -> Vec<Violation> {
    let config = &loaded.config;
    let is_sqlite = config.database_url.is_some() && matches!(config.database(), Ok(DatabaseUrl::Sqlite(_)));
    if config.allow_sqlite || !is_sqlite {
        return Vec::new();
    }
    vec![Violation::new(
        "database_url",
        "it names an SQLite file, which serves one machine only",
        "name a PostgreSQL server as postgres://..., or set allow_sqlite = true",
    )]
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    fn count(name: &str, settings: &str) -> usize {
        found(name, &format!("profile = \"production\"\n{settings}"), Purpose::Work).len()
    }

    #[test]
    fn production_names_its_database() {
        assert_eq!(count("database_unnamed", ""), 1);
        assert_eq!(count("database_unnamed", "database_url = \"sqlite://x\"\n"), 0);
        assert_eq!(found("database_unnamed", "", Purpose::Work).len(), 0);
    }

    #[test]
    fn production_takes_sqlite_only_where_the_operator_says_so() {
        assert_eq!(count("sqlite", "database_url = \"sqlite://x\"\n"), 1);
        assert_eq!(count("sqlite", "database_url = \"sqlite://x\"\nallow_sqlite = true\n"), 0);
        assert_eq!(count("sqlite", "database_url = \"postgres://127.0.0.1/d\"\n"), 0);
        // The missing name is reported, and not its consequence as well.
        assert_eq!(count("sqlite", ""), 0);
        assert_eq!(found("sqlite", "database_url = \"sqlite://x\"\n", Purpose::Serve).len(), 0);
        let operate = found("sqlite", "profile = \"production\"\ndatabase_url = \"sqlite://x\"\n", Purpose::Operate);
        assert_eq!(operate.len(), 0, "an operator may work on any database");
    }
}
