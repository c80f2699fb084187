//! `derslik backup`

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use derslik_domain::time::Timestamp;
use derslik_storage::DatabaseUrl;
use derslik_storage::snapshot::{SinkError, SnapshotError};
use serde_json::{Map, Value, json};

use super::database::current_database;
use super::{Context, Failure};
use crate::backup::digests::TableDigests;
use crate::backup::manifest::Manifest;
use crate::backup::new_file::NewFile;
use crate::backup::progress::Progress;
use crate::backup::reader;
use crate::backup::writer::ArchiveWriter;
use crate::temporary;
use crate::wiring::System;

#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    pub(super) command: Option<BackupCommand>,
    /// The file to write, such as okul.tar.zst. It must not exist.
    #[arg(value_name = "FILE", required = true)]
    file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum BackupCommand {
    /// Restores a backup into a temporary database, and compares all rows. It needs no database of the service.
    Verify {
        /// The backup.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl BackupArgs {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match (self.command, self.file) {
            (Some(BackupCommand::Verify { file }), _) => verify(context, &file),
            (None, Some(file)) => back_up(context, &file),
            (None, None) => Err(Failure::Usage(anyhow!("which file: name one that does not exist"))),
        }
    }
}

fn back_up(context: &Context<'_>, file: &Path) -> Result<(), Failure> {
    let url = current_database(context.config)?;
    let at = System::new(context.config).map_err(Failure::Usage)?.clock.now();
    let begin = Instant::now();
    let (new, out) = NewFile::create(file).map_err(Failure::Usage)?;
    let manifest = write(&url, &out, file, at)?;
    let bytes = new.keep(&out).map_err(Failure::Other)?;
    let seconds = begin.elapsed().as_secs_f64();
    let text = || format!("{} rows in {}, {bytes} bytes, {seconds:.1} s", manifest.rows(), file.display());
    context.output.print(text, || {
        let mut summary = summary(&manifest);
        summary.insert("file".to_owned(), file.display().to_string().into());
        summary.insert("bytes".to_owned(), bytes.into());
        summary.insert("seconds".to_owned(), seconds.into());
        Value::Object(summary)
    })
}

fn write(url: &DatabaseUrl, out: &File, file: &Path, at: Timestamp) -> Result<Manifest, Failure> {
    let lost = |error: std::io::Error| not_written(file, Box::new(error));
    let installation = url.installation().map_err(failed)?;
    let mut writer = ArchiveWriter::new(BufWriter::new(out), at).map_err(lost)?;
    let mut progress = Progress::of(&mut writer);
    let snapshot = url.read_snapshot(&mut progress).map_err(|error| match error {
        SnapshotError::Sink(error) => not_written(file, error),
        error => failed(error),
    })?;
    progress.finish();
    let (manifest, out) = writer.finish(snapshot, installation, at).map_err(lost)?;
    out.into_inner().map_err(|error| lost(error.into_error()))?;
    Ok(manifest)
}

fn not_written(file: &Path, error: SinkError) -> Failure {
    Failure::Other(anyhow::Error::from_boxed(error).context(format!("{} can't be written", file.display())))
}

fn verify(context: &Context<'_>, file: &Path) -> Result<(), Failure> {
    let begin = Instant::now();
    let manifest = checked(file)?;
    let made = temporary::create(|| -> std::io::Result<_> {
        let folder = tempfile::Builder::new().prefix("derslik-verify-").tempdir()?;
        Ok((folder.path().to_owned(), folder))
    });
    let (_temporary, folder) = made.context("a folder for the temporary database can't be made").map_err(Failure::Other)?;
    let scratch = DatabaseUrl::Sqlite(folder.path().join("scratch.sqlite"));
    let failed = |error| failed_in(folder.path(), error);
    restore_rows(&scratch, file, &manifest).map_err(failed)?;
    let mut digests = TableDigests::default();
    scratch.read_snapshot(&mut digests).map_err(failed)?;
    let different = digests.differences(&manifest);
    if !different.is_empty() {
        return Err(Failure::Other(anyhow!("the restored rows differ from those of the backup in {}", different.join(", "))));
    }
    // Also what comes after the rows: the migrations that the backup lacks, and the tables that it leaves out.
    scratch.upgrade_restored().map_err(failed)?;
    let seconds = begin.elapsed().as_secs_f64();
    let text = || format!("{} rows of {} were restored and are the same, {seconds:.1} s", manifest.rows(), manifest.taken_at);
    context.output.print(text, || {
        let mut summary = summary(&manifest);
        summary.insert("file".to_owned(), file.display().to_string().into());
        summary.insert("seconds".to_owned(), seconds.into());
        Value::Object(summary)
    })
}

/// The manifest of a backup that is as it was written. A file that can't be opened is a wrong argument; one that is damaged is not.
pub(super) fn checked(file: &Path) -> Result<Manifest, Failure> {
    File::open(file).with_context(|| format!("can't open {}", file.display())).map_err(Failure::Usage)?;
    reader::check(file).map_err(Failure::Other)
}

/// Writes all rows of a backup into an empty database, which has a mark from then on that its restore is not finished.
pub(super) fn restore_rows(url: &DatabaseUrl, file: &Path, manifest: &Manifest) -> Result<u64, SnapshotError> {
    url.begin_restore(&manifest.snapshot)?;
    let mut feed = |sink: &mut dyn derslik_storage::snapshot::RowSink| -> Result<(), SinkError> {
        let mut progress = Progress::of(sink);
        reader::feed(file, manifest, &mut progress)?;
        progress.finish();
        Ok(())
    };
    url.load_snapshot(&manifest.snapshot, &mut feed)
}

/// What a backup has, for programs.
pub(super) fn summary(manifest: &Manifest) -> Map<String, Value> {
    let tables: Map<String, Value> = manifest.tables.iter().map(|table| (table.name.clone(), table.rows.into())).collect();
    Map::from_iter([
        ("taken_at".to_owned(), manifest.taken_at.as_str().into()),
        ("program".to_owned(), manifest.program.as_str().into()),
        ("schema".to_owned(), manifest.snapshot.schema.as_str().into()),
        ("database".to_owned(), json!(manifest.snapshot.database)),
        ("rows".to_owned(), manifest.rows().into()),
        ("tables".to_owned(), Value::Object(tables)),
    ])
}

/// The failure of a backup or a restore: a wrong database or backup is for the operator to change, and all else is an outage.
pub(super) fn failed(error: SnapshotError) -> Failure {
    match error {
        SnapshotError::NotEmpty { .. } | SnapshotError::Newer { .. } => Failure::Usage(error.into()),
        SnapshotError::Sink(_) | SnapshotError::Misfit { .. } | SnapshotError::Row { .. } | SnapshotError::Load { .. } => {
            Failure::Other(error.into())
        }
        SnapshotError::Connect(_)
        | SnapshotError::Schema(_)
        | SnapshotError::Busy
        | SnapshotError::NotBegun
        | SnapshotError::Column { .. }
        | SnapshotError::Sequence { .. }
        | SnapshotError::DiskFull { .. }
        | SnapshotError::Statement(_) => Failure::Database(error.into()),
    }
}

/// The failure of a verification, whose database is temporary and in that folder.
fn failed_in(folder: &Path, error: SnapshotError) -> Failure {
    match error {
        SnapshotError::DiskFull { .. } => {
            let temporary = folder.parent().unwrap_or(folder).display();
            Failure::Usage(anyhow!(
                "the disk of the folder for temporary files, {temporary}, is full: name one on a larger disk with TMPDIR"
            ))
        }
        error => failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    fn arguments(of: &[&str]) -> BackupArgs {
        match parsed(of) {
            Command::Backup(arguments) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_full_disk_is_named_and_for_a_verification_it_is_that_of_temporary_files() {
        let full = || SnapshotError::DiskFull { path: "/tmp/derslik-verify-1/scratch.sqlite".into() };
        let (code, said) = failed_in(Path::new("/tmp/derslik-verify-1"), full()).parts();
        assert!(code == 2 && said.to_string().contains("temporary files, /tmp, is full"), "{said}");
        let (code, said) = failed(full()).parts();
        assert!(code == 3 && said.to_string().contains("/tmp/derslik-verify-1/scratch.sqlite is full"), "{said}");
        let (code, _) = failed_in(Path::new("/tmp"), SnapshotError::NotBegun).parts();
        assert_eq!(code, 3);
    }

    #[test]
    fn a_backup_on_a_full_disk_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("okul.sqlite"));
        url.migrate().unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let (code, error) = write(&url, &full, Path::new("okul.tar.zst"), Timestamp::from_micros(0)).unwrap_err().parts();
        let said = format!("{error:#}");
        assert!(code == 1 && said.starts_with("okul.tar.zst can't be written: No space left"), "{said}");
    }

    #[test]
    fn a_file_is_written_or_verified() {
        let made = arguments(&["backup", "okul.tar.zst"]);
        assert!(made.command.is_none() && made.file.is_some_and(|file| file == Path::new("okul.tar.zst")));
        let verified = arguments(&["backup", "verify", "okul.tar.zst", "--json"]);
        assert!(matches!(verified.command, Some(BackupCommand::Verify { file }) if file == Path::new("okul.tar.zst")));
    }
}
