//! `derslik erasures`

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::backup::failed;
use super::database::current_database;
use super::{Context, Failure};
use crate::backup::list::EndingsList;
use crate::wiring::System;

#[derive(Debug, Subcommand)]
pub(super) enum ErasuresCommand {
    /// Writes which erasures and revocations there were, for `derslik restore --erasures`.
    Export {
        /// The file to write, such as okul.erasures.json. It must not exist.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl ErasuresCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::Export { file } => export(context, &file),
        }
    }
}

fn export(context: &Context<'_>, file: &Path) -> Result<(), Failure> {
    let url = current_database(context.config)?;
    let at = System::new(context.config).map_err(Failure::Usage)?.clock.now();
    let endings = url.read_endings().map_err(failed)?;
    let list = EndingsList::new(endings, url.installation().map_err(failed)?, at);
    let bytes = list.write(file).map_err(Failure::Usage)?;
    let erasures = list.endings.erasures.len();
    let credentials = list.endings.credentials.len() + list.endings.grants.as_ref().map_or(0, Vec::len);
    context.output.print(
        || format!("{erasures} erasures, {credentials} keys and tokens in {}, {bytes} bytes", file.display()),
        || {
            json!({
                "file": file.display().to_string(),
                "taken_at": list.taken_at,
                "erasures": erasures,
                "erased_people": list.endings.erased_people.len(),
                "credentials": credentials,
                "passwords": list.endings.passwords.len(),
                "bytes": bytes,
            })
        },
    )
}
