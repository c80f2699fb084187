//! `derslik migrate`

use std::io::Write;

use super::Failure;
use super::database::bring_up_to_date;
use crate::config::Config;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let migrated = bring_up_to_date(&config.database().map_err(Failure::Usage)?)?;
    let mut lines = if migrated.applied.is_empty() { vec!["up to date".to_owned()] } else { migrated.applied };
    lines.extend(migrated.twins.iter().map(|twin| format!("same name: {twin}")));
    writeln!(std::io::stdout(), "{}", lines.join("\n")).map_err(|error| Failure::Other(error.into()))
}
