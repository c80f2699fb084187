//! The files of snapshots that tests take: backups of a database with one account.

use async_trait::async_trait;
use derslik_domain::clock::VirtualClock;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{SnapshotFile, SnapshotFileError, SnapshotFiles};
use derslik_storage::DatabaseUrl;
use derslik_storage::snapshot::AccountCollector;
use tokio::task::spawn_blocking;

use crate::backup::reader::{self, Packed};
use crate::backup::writer::ArchiveWriter;

/// The most bytes of rows in a file, which are in memory once it is read.
const MAX_CONTENT: u64 = 256 << 20;

/// Files for accounts of that database.
#[derive(Debug, Clone)]
pub struct AccountArchives {
    url: DatabaseUrl,
}

impl AccountArchives {
    /// Files for accounts of that database, whose schema must be up to date.
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url }
    }

    fn pack(&self, content: &SnapshotFile, at: Timestamp) -> anyhow::Result<Vec<u8>> {
        let mut writer = ArchiveWriter::new(Vec::new(), at)?;
        if content.drawn > 0 {
            writer.note_drawn(content.drawn);
        }
        writer.note_clock(content.clock);
        let snapshot = self.url.back_up_account(&content.rows, &mut writer)?;
        Ok(writer.finish(snapshot, self.url.installation()?, at)?.1)
    }

    fn unpack(&self, file: &[u8]) -> anyhow::Result<SnapshotFile> {
        let packed = Packed::Bytes(file, MAX_CONTENT);
        let manifest = reader::check(packed)?;
        let here = self.url.describe_snapshot()?;
        let (found, schema) = (&manifest.snapshot.schema, &here.schema);
        if (found, &manifest.snapshot.columns) != (schema, &here.columns) {
            anyhow::bail!("the file has the schema {found}, and this service {schema}: take the snapshot again");
        }
        let mut rows = AccountCollector::default();
        reader::feed(packed, &manifest, &mut rows)?;
        let rows = rows.finish().map_err(anyhow::Error::from_boxed)?;
        Ok(SnapshotFile { rows, drawn: manifest.drawn.unwrap_or_default(), clock: manifest.clock.map(VirtualClock::from) })
    }
}

#[async_trait]
impl SnapshotFiles for AccountArchives {
    async fn write(&self, content: SnapshotFile, at: Timestamp) -> Result<Vec<u8>, SnapshotFileError> {
        let archives = self.clone();
        let packed = spawn_blocking(move || archives.pack(&content, at).map_err(|error| format!("{error:#}")));
        packed.await.unwrap_or_else(|error| Err(error.to_string())).map_err(SnapshotFileError::Unwritable)
    }

    async fn read(&self, file: Vec<u8>) -> Result<SnapshotFile, SnapshotFileError> {
        let archives = self.clone();
        let content = spawn_blocking(move || archives.unpack(&file).map_err(|error| format!("{error:#}")));
        content.await.unwrap_or_else(|error| Err(error.to_string())).map_err(SnapshotFileError::Unusable)
    }
}
