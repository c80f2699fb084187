//! The sealed audit log, from one database to another.

use libtest_mimic::Failed;
use serde_json::Value;

use crate::support::Open;
use crate::support::process::{Running, derslik, until};
use crate::{check, done, new_database, new_file, other, text};

const SEAL_KEY: &str = "5e0a9b3c7d1f46828e5b0c9a3d7f1e247c19e0b4d5a8f2363b9e01c7d4f8a265";

/// Verifies the log of the account, and returns what the command prints, if the log is whole.
fn verified(url: &str, more: &[&str]) -> Result<Value, Failed> {
    let mut command = derslik(&["audit", "verify", "--account", "demo", "--json", "--database-url", url]);
    let output = command.args(more).env("DERSLIK_AUDIT__SEAL_KEY", SEAL_KEY).output()?;
    check(output.status.success(), &output)?;
    let reports: Value = serde_json::from_slice(&output.stdout)?;
    Ok(reports[0].clone())
}

fn verified_after(open: Open, target: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (_folder, backup) = new_file()?;
    let mut command = derslik(&["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--database-url", &url]);
    let service = Running::spawn({
        command.env("DERSLIK_AUDIT__SEAL_KEY", SEAL_KEY).env("DERSLIK_JOBS__SWEEP_SECONDS", "1");
        command
    })?;
    for _ in 0..3 {
        done(&url, &["key", "create", "--account", "demo"])?;
    }
    until(|| Ok(verified(&url, &[])?["checked"].as_u64().is_some_and(|sealed| sealed >= 3)))?;
    service.kill()?;
    let report = verified(&url, &[])?;
    let head = report["head"].as_str().ok_or("no head")?;
    done(&url, &["backup", text(&backup)])?;
    let (restored, _restored_place) = new_database(target)?;
    done(&restored, &["restore", text(&backup)])?;
    let again = verified(&restored, &["--head", head])?;
    check(again["head"] == head && again["checked"] == report["checked"] && again["fault_count"] == 0, &(&report, &again))
}

pub(crate) fn verified_after_restores(open: Open) -> Result<(), Failed> {
    verified_after(open, open)?;
    verified_after(open, other(open))
}
