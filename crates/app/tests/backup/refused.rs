//! What the commands refuse, and that nothing is changed by it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use derslik_storage::DatabaseUrl;
use derslik_storage::snapshot::{RowSink, SinkError};
use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::support::process::{Killed, Running, derslik, end_of, send_signal, sqlite_url, until};
use crate::support::{DATABASES, Open};
use crate::{archive, check, command, done, new_database, new_file, refusal, text};

pub(crate) fn existing_file(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (folder, backup) = new_file()?;
    Running::start(&url, &[])?.kill()?;
    let list = folder.path().join("list.json");
    let (whole, export) = (["backup", text(&backup)], ["erasures", "export", text(&list)]);
    for (arguments, file) in [(whole.as_slice(), &backup), (export.as_slice(), &list)] {
        fs::write(file, "of the operator")?;
        let said = refusal(&url, 2, arguments)?;
        check(said.contains("is not overwritten") && fs::read_to_string(file)? == "of the operator", &said)?;
        fs::remove_file(file)?;
        done(&url, arguments)?;
        check(fs::metadata(file)?.permissions().mode() & 0o777 == 0o600, file)?;
    }
    let commands: [&[&str]; 2] = [&["backup", "-"], &["erasures", "export", "-"]];
    for arguments in commands {
        let said = refusal(&url, 2, arguments)?;
        check(said.contains("`-` is not a file"), &said)?;
    }
    let mut names: Vec<_> = fs::read_dir(folder.path())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_, std::io::Error>>()?;
    names.sort();
    check(names == ["list.json", "okul.tar.zst"], &names)
}

pub(crate) fn in_use(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (_folder, backup) = new_file()?;
    Running::start(&url, &[])?.kill()?;
    done(&url, &["backup", text(&backup)])?;
    let before = done(&url, &["account", "list"])?;
    let said = refusal(&url, 2, &["restore", text(&backup)])?;
    check(said.contains("the database is not empty") && said.contains("accounts"), &said)?;
    check(done(&url, &["account", "list"])? == before, &"the accounts")
}

/// Counts rows up to one, and then fails as a disk would.
struct OneRow<'s>(&'s mut dyn RowSink, u32);

impl RowSink for OneRow<'_> {
    fn row(&mut self, table: &str, row: &str) -> Result<(), SinkError> {
        self.1 += 1;
        if self.1 > 1 { Err("cut off".into()) } else { self.0.row(table, row) }
    }
}

pub(crate) fn interrupted(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (_folder, backup) = new_file()?;
    Running::start(&url, &[])?.kill()?;
    done(&url, &["backup", text(&backup)])?;
    let files = archive::files(&backup)?;
    let manifest: Value = serde_json::from_str(files.get("manifest.json").ok_or("no manifest")?)?;
    let snapshot = serde_json::from_value(manifest["snapshot"].clone())?;
    let accounts = archive::rows(&backup, "accounts")?;

    // The restore ends after its first row, as if its process had been killed.
    let (target, _target_place) = new_database(open)?;
    let restoring: DatabaseUrl = target.parse()?;
    restoring.begin_restore(&snapshot)?;
    let cut = restoring.load_snapshot(&snapshot, &mut |sink| {
        let mut sink = OneRow(sink, 0);
        accounts.iter().try_for_each(|row| sink.row("accounts", &row.to_string()))
    });
    check(cut.is_err(), &cut)?;
    let commands: [&[&str]; 5] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["migrate"],
        &["account", "list"],
        &["backup", "never.tar.zst"],
        &["restore", text(&backup)],
    ];
    for arguments in commands {
        let said = refusal(&target, 3, arguments)?;
        check(said.contains("a restore into the database was not finished"), &said)?;
    }
    let doctor = command(&target, &["doctor"])?;
    let said = String::from_utf8(doctor.stdout)?;
    check(doctor.status.code() == Some(2) && said.contains("was not finished"), &said)
}

pub(crate) fn damaged() -> Result<(), Failed> {
    let (url, _place) = new_database(DATABASES[0].1)?;
    let (folder, backup) = new_file()?;
    Running::start(&url, &[])?.kill()?;
    done(&url, &["backup", text(&backup)])?;
    let whole = fs::read(&backup)?;
    let data = folder.path().join("restored");
    let target = sqlite_url(&data);
    let damage: [(&str, Vec<u8>); 4] = [
        ("another kind of file", b"SQLite format 3\0".to_vec()),
        ("the end is missing", whole.iter().take(whole.len() - 20).copied().collect()),
        ("a byte was changed", {
            let mut bytes = whole.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }),
        ("nothing", Vec::new()),
    ];
    for (what, bytes) in damage {
        let file = folder.path().join("damaged.tar.zst");
        fs::write(&file, bytes)?;
        let commands: [&[&str]; 2] = [&["restore", text(&file)], &["backup", "verify", text(&file)]];
        for arguments in commands {
            let said = refusal(&target, 1, arguments)?;
            check(said.contains("damaged") && said.contains("damaged.tar.zst") && said.lines().count() == 1, &(what, &said))?;
        }
        check(!data.exists(), &(what, "something was created"))?;
    }
    let none = folder.path().join("none.tar.zst");
    let commands: [&[&str]; 2] = [&["restore", text(&none)], &["backup", "verify", text(&none)]];
    for arguments in commands {
        let missing = refusal(&target, 2, arguments)?;
        check(missing.contains("can't open") && !data.exists(), &missing)?;
    }
    // The folder of a restore is made by it, and its file is for its owner alone.
    done(&target, &["restore", text(&backup)])?;
    check(fs::metadata(data.join("derslik.sqlite"))?.permissions().mode() & 0o777 == 0o600, &"the mode of the file")
}

pub(crate) fn by_a_signal() -> Result<(), Failed> {
    let (url, _place) = new_database(DATABASES[1].1)?;
    let (folder, backup) = new_file()?;
    Running::start(&url, &[])?.kill()?;
    // The backup waits for this table.
    let mut holder = PgConnection::establish(&url)?;
    holder.batch_execute("BEGIN; LOCK TABLE course_members IN ACCESS EXCLUSIVE MODE")?;
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let mut child = Killed(derslik(&["backup", text(&backup), "--database-url", &url]).spawn()?);
        until(|| Ok(folder.path().join("okul.tar.zst.partial").exists()))?;
        send_signal(child.id(), signal)?;
        let status = end_of(&mut child, Duration::from_secs(60))?;
        check(status.code() == Some(code), &(signal, status))?;
        check(fs::read_dir(folder.path())?.next().is_none(), &(signal, "a file is left"))?;
    }
    Ok(())
}

pub(crate) fn lists() -> Result<(), Failed> {
    let (url, _place) = new_database(DATABASES[0].1)?;
    let (strange, _strange_place) = new_database(DATABASES[0].1)?;
    let (folder, backup) = new_file()?;
    for database in [&url, &strange] {
        Running::start(database, &[])?.kill()?;
    }
    let path = |name: &str| folder.path().join(name);
    let (early, foreign, cut) = (path("early.json"), path("foreign.json"), path("cut.json"));
    done(&url, &["erasures", "export", text(&early)])?;
    done(&url, &["backup", text(&backup)])?;
    done(&strange, &["erasures", "export", text(&foreign)])?;
    let list = fs::read_to_string(&early)?;
    fs::write(&cut, list.get(..list.len() / 2).unwrap_or_default())?;
    let target = sqlite_url(&path("restored"));
    for (list, expected) in [(&early, "is older than the backup"), (&foreign, "of another installation"), (&cut, "not a whole list")] {
        let said = refusal(&target, 2, &["restore", text(&backup), "--erasures", text(list)])?;
        check(said.contains(expected) && !path("restored").exists(), &said)?;
    }
    let both = derslik(&["restore", text(&backup), "--erasures", text(&early), "--keep-credentials"]).output()?;
    check(both.status.code() == Some(2), &both)
}
