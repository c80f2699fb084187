//! The file with what has ended, which is kept apart from the backups.

use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use derslik_domain::time::Timestamp;
use derslik_storage::snapshot::Endings;
use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use super::new_file::NewFile;
use super::{PROGRAM, written};

/// The format of the file. A program refuses a list with another one.
const FORMAT: u32 = 1;

/// What has ended in an installation until some instant. The file is one JSON document, so one that was cut off can't be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EndingsList {
    format: u32,
    program: String,
    /// The instant before it was read, as RFC 3339.
    pub(crate) taken_at: String,
    installation: String,
    pub(crate) endings: Endings,
}

impl EndingsList {
    /// A list of that instant.
    pub(crate) fn new(endings: Endings, installation: String, at: Timestamp) -> Self {
        Self { format: FORMAT, program: PROGRAM.to_owned(), taken_at: written(at), installation, endings }
    }

    /// Writes the list into a new file, and returns its length in bytes.
    ///
    /// # Errors
    /// If the file exists or can't be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<u64> {
        let (new, file) = NewFile::create(path)?;
        let lost = || format!("can't write {}", path.display());
        let mut out = BufWriter::new(&file);
        serde_json::to_writer(&mut out, self).with_context(lost)?;
        out.write_all(b"\n").and_then(|()| out.flush()).with_context(lost)?;
        drop(out);
        new.keep(&file)
    }

    /// Reads a list that belongs to a backup.
    ///
    /// # Errors
    /// If it can't be read, is of another installation, or is older than the backup.
    pub(crate) fn read(path: &Path, manifest: &Manifest) -> anyhow::Result<Self> {
        let shown = path.display();
        let file = std::fs::File::open(path).with_context(|| format!("can't open {shown}"))?;
        let list: Self =
            serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{shown} is not a whole list of erasures"))?;
        if list.format != FORMAT {
            bail!("{shown} has the format {}, and this version of the program knows {FORMAT}", list.format);
        }
        if list.installation != manifest.installation {
            bail!("{shown} is the list of another installation");
        }
        let at = |text: &str| text.parse::<Timestamp>().with_context(|| format!("{shown} or the backup names the instant {text:?}"));
        if at(&list.taken_at)? < at(&manifest.taken_at)? {
            bail!("{shown} is older than the backup, so it can't tell what came after it; without a list every credential is revoked");
        }
        Ok(list)
    }
}
