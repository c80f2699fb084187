//! `derslik completions`

use clap::Args;
use clap_complete::aot::{Shell, generate};
use serde_json::json;

use super::{Failure, Output, command_tree};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell that reads the script.
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script. It is made into a text first, since the generator would panic where standard output is closed.
pub(super) fn run(args: &CompletionsArgs, output: Output) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    generate(args.shell, &mut command_tree(), "derslik", &mut bytes);
    let script = String::from_utf8(bytes).map_err(|error| Failure::Other(error.into()))?;
    output.print(|| script.trim_end().to_owned(), || json!({ "shell": args.shell.to_string(), "script": script }))
}
