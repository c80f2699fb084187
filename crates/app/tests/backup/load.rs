//! Backups while clients write, and the way of one through both databases.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::support::process::{Running, until};
use crate::support::{DEMO, Open};
use crate::{BATCH, SEARCH, archive, check, done, new_database, new_file, other, serve, text};

const CLIENTS: usize = 3;

/// What a client has written: session after session, each acknowledged before the next one.
#[derive(Default)]
struct Ledger {
    sent: AtomicUsize,
    acknowledged: AtomicUsize,
}

fn write(service: &Running, client: usize, ledger: &Ledger, stop: &AtomicBool) -> Result<(), Failed> {
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        ledger.sent.store(number + 1, Ordering::SeqCst);
        let name = format!("{client}-{number}");
        let session = json!([{ "name": name, "start_date": "2099-08-05T12:00:00Z", "duration": 80 }]);
        let answer = service.post(BATCH, DEMO, &session.to_string())?;
        check(answer.status == 200, &answer)?;
        ledger.acknowledged.store(number + 1, Ordering::SeqCst);
    }
    Ok(())
}

pub(crate) fn prefix(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (folder, _) = new_file()?;
    let service = Running::start(&url, &[])?;
    let ledgers: [Ledger; CLIENTS] = Default::default();
    let stop = AtomicBool::new(false);
    let acknowledged = |ledger: &Ledger| ledger.acknowledged.load(Ordering::SeqCst);
    thread::scope(|scope| {
        let writers: Vec<_> = ledgers
            .iter()
            .enumerate()
            .map(|(client, ledger)| {
                let (service, stop) = (&service, &stop);
                scope.spawn(move || write(service, client, ledger, stop))
            })
            .collect();
        let watched = || -> Result<(), Failed> {
            for round in 0..3 {
                let last: Vec<_> = ledgers.iter().map(acknowledged).collect();
                // More was written since the last round, and is being written during this one.
                until(|| Ok(ledgers.iter().zip(&last).all(|(ledger, last)| acknowledged(ledger) > *last)))?;
                let before: Vec<_> = ledgers.iter().map(acknowledged).collect();
                let file = folder.path().join(format!("{round}.tar.zst"));
                done(&url, &["backup", text(&file)])?;
                let after: Vec<_> = ledgers.iter().map(|ledger| ledger.sent.load(Ordering::SeqCst)).collect();
                let rows = archive::rows(&file, "sessions")?;
                let names: BTreeSet<_> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
                for client in 0..CLIENTS {
                    let own = (0..=names.len()).take_while(|number| names.contains(format!("{client}-{number}").as_str())).count();
                    let total = names.iter().filter(|name| name.starts_with(&format!("{client}-"))).count();
                    check(own == total, &("a gap", client, own, total))?;
                    check((before[client]..=after[client]).contains(&own), &(client, before[client], own, after[client]))?;
                }
            }
            Ok(())
        };
        let watched = watched();
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.join().map_err(|_| Failed::from("a client panicked"))??;
        }
        watched
    })
}

pub(crate) fn there_and_back(open: Open) -> Result<(), Failed> {
    let (url, _place) = new_database(open)?;
    let (folder, _) = new_file()?;
    let service = Running::start(&url, &[])?;
    let texts = ["İstanbul'da ders", "درس", "a \"b\" \\ \u{1f393}"];
    let sessions: Vec<_> = texts.iter().map(|name| json!({ "name": name, "start_date": "2099-08-05T12:00:00Z", "duration": 80 })).collect();
    check(service.post(BATCH, DEMO, &Value::from(sessions).to_string())?.status == 200, &"the sessions")?;
    let course = json!({ "name": "Biyoloji", "ownerId": "me", "courseState": "ACTIVE" }).to_string();
    check(service.post("/v1/courses", "demo-teacher-token", &course)?.status == 200, &"the course")?;
    let of = |service: &Running| -> Result<Value, Failed> {
        let answer = service.post(SEARCH, DEMO, "{}")?;
        let found = answer.json()?;
        check(answer.status == 200 && found.as_array().is_some_and(|found| found.len() == texts.len()), &found)?;
        Ok(found)
    };
    let first = of(&service)?;
    service.kill()?;

    let files = ["first", "second", "third"].map(|name| folder.path().join(format!("{name}.tar.zst")));
    done(&url, &["backup", text(&files[0])])?;
    done(&url, &["backup", "verify", text(&files[0])])?;
    let (there, _other_place) = new_database(other(open))?;
    let restored = done(&there, &["restore", text(&files[0]), "--keep-credentials"])?;
    check(restored["ended"].is_null() && restored["erasures_repeated"] == 0, &restored)?;
    done(&there, &["backup", text(&files[1])])?;
    let (back, _third_place) = new_database(open)?;
    done(&back, &["restore", text(&files[1]), "--keep-credentials"])?;
    done(&back, &["backup", text(&files[2])])?;
    let tables = archive::tables(&files[0])?;
    check(tables["sessions"].0 == 3 && tables["courses"].0 == 1 && tables["credentials"].0 > 3, &tables)?;
    check(archive::tables(&files[1])? == tables && archive::tables(&files[2])? == tables, &"the tables differ")?;

    for url in [&there, &back] {
        let service = serve(url)?;
        check(of(&service)? == first, &"the answers differ")?;
        check(service.get("/v1/courses", "demo-teacher-token")?.json()?["courses"][0]["name"] == "Biyoloji", &"the course")?;
        // A part of a name is found before the search index is made, and after that.
        let found = service.post(SEARCH, DEMO, r#"{"name":"stanbul"}"#)?;
        check(found.status == 200 && found.json()?.as_array().is_some_and(|found| found.len() == 1), &found)?;
    }
    Ok(())
}
