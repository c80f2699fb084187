//! Everything that a database holds, for a search.

use std::path::{Path, PathBuf};

use derslik_domain::text::hex;
use derslik_storage::DatabaseUrl;
use libtest_mimic::Failed;

use crate::sql;

/// Everything that a database holds, as text. Bytes that are not text are hexadecimal digits.
pub(crate) fn dump(url: &DatabaseUrl) -> Result<String, Failed> {
    let DatabaseUrl::Sqlite(path) = url else { return dump_tables(url) };
    let mut bytes = std::fs::read(path)?;
    bytes.extend(std::fs::read(beside(path, "-wal")).unwrap_or_default());
    Ok(format!("{}\n{}", String::from_utf8_lossy(&bytes), hex(&bytes)))
}

/// The path of a file that `SQLite` keeps beside the database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn dump_tables(url: &DatabaseUrl) -> Result<String, Failed> {
    const TABLES: &str = "SELECT table_name::text AS line FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
    let mut lines = Vec::new();
    for table in sql::lines(url, TABLES)? {
        lines.extend(sql::lines(url, &format!("SELECT t::text AS line FROM \"{table}\" AS t"))?);
    }
    Ok(lines.join("\n"))
}
