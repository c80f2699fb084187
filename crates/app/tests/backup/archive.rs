//! Reads backups as any other program can: with `zstd`, `tar` and JSON.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use libtest_mimic::Failed;
use serde_json::Value;

/// The files of a backup by their names.
pub(crate) fn files(path: &Path) -> Result<BTreeMap<String, String>, Failed> {
    let mut archive = tar::Archive::new(zstd::stream::read::Decoder::new(File::open(path)?)?);
    let mut files = BTreeMap::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text)?;
        files.insert(name, text);
    }
    Ok(files)
}

/// The rows of a table.
pub(crate) fn rows(path: &Path, table: &str) -> Result<Vec<Value>, Failed> {
    let prefix = format!("tables/{table}/");
    let files = files(path)?;
    let lines = files.iter().filter(|(name, _)| name.starts_with(&prefix)).flat_map(|(_, text)| text.lines());
    lines.map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The number of rows and the digest of each table.
pub(crate) fn tables(path: &Path) -> Result<BTreeMap<String, (u64, String)>, Failed> {
    let files = files(path)?;
    let manifest: Value = serde_json::from_str(files.get("manifest.json").ok_or("no manifest")?)?;
    let tables = manifest["tables"].as_array().ok_or("no tables")?;
    let table = |table: &Value| {
        let digest = table["sha256"].as_str().map(str::to_owned);
        Some((table["name"].as_str()?.to_owned(), (table["rows"].as_u64()?, digest?)))
    };
    tables.iter().map(|entry| table(entry).ok_or_else(|| Failed::from("no table"))).collect()
}
