//! `derslik migrate`

use std::io::Write;

use super::{Failure, bring_up_to_date};
use crate::config::Config;

pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let applied = bring_up_to_date(&config.database().map_err(Failure::Usage)?)?;
    let text =
        if applied.is_empty() { "up to date\n".to_owned() } else { applied.iter().map(|version| format!("applied {version}\n")).collect() };
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::Other(error.into()))
}
