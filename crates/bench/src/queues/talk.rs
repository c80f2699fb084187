//! A process that gets commands and reports results, one line each. This module must not know the meaning of the lines.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::process::end_of;

const PATIENCE: Duration = Duration::from_secs(90);

/// A child process. It ends when this is dropped, and also by itself as soon as its standard input is closed.
#[derive(Debug)]
pub(crate) struct Talk {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

impl Talk {
    /// Starts a program and sends it the line `first`, which may be a secret.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) async fn start(mut command: Command, log: &Path, first: &str) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(log)?);
        // A separate process group: Ctrl-C reaches only this program, which ends its children itself.
        let mut child = command.process_group(0).kill_on_drop(true).spawn().with_context(|| format!("cannot start {command:?}"))?;
        let input = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?).lines();
        let mut talk = Self { child, input, output, log: log.to_owned() };
        talk.say(first).await?;
        Ok(talk)
    }

    /// The id of the process.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("the process has ended")
    }

    /// Sends a line.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) async fn say(&mut self, line: &str) -> Result<()> {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(())
    }

    /// Waits for the next line.
    ///
    /// # Errors
    /// When the process has ended or sends no line in time; the end of its log is part of the text.
    pub(crate) async fn hear(&mut self) -> Result<String> {
        match timeout(PATIENCE, self.output.next_line()).await {
            Ok(Ok(Some(line))) => Ok(line),
            Ok(_) => bail!("it ended:\n{}", end_of(&self.log)),
            Err(_) => bail!("it said nothing for {PATIENCE:?}:\n{}", end_of(&self.log)),
        }
    }

    /// Waits for the next line, which must be this one.
    ///
    /// # Errors
    /// As for [`Talk::hear`], and when it is another line.
    pub(crate) async fn expect(&mut self, line: &str) -> Result<()> {
        let heard = self.hear().await?;
        if heard != line {
            bail!("it said {heard:?} instead of {line:?}:\n{}", end_of(&self.log));
        }
        Ok(())
    }

    /// Ends the process, and waits for its end.
    ///
    /// # Errors
    /// When the process can't be ended.
    pub(crate) async fn end(mut self) -> Result<()> {
        drop(self.input);
        if timeout(Duration::from_secs(10), self.child.wait()).await.is_err() {
            self.child.kill().await?;
        }
        Ok(())
    }
}
