//! `derslik migrate`

use serde_json::json;

use super::database::bring_up_to_date;
use super::{Context, Failure};

pub(super) fn run(context: &Context<'_>) -> Result<(), Failure> {
    let migrated = bring_up_to_date(&context.config.database().map_err(Failure::Usage)?)?;
    let twins: Vec<_> = migrated.twins.iter().map(ToString::to_string).collect();
    let text = || {
        let up_to_date = migrated.applied.is_empty().then(|| "up to date".to_owned());
        let applied = up_to_date.into_iter().chain(migrated.applied.iter().cloned());
        applied.chain(twins.iter().map(|twin| format!("same name: {twin}"))).collect::<Vec<_>>().join("\n")
    };
    context.output.print(text, || json!({ "applied": migrated.applied, "same_names": twins }))
}
