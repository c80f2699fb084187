//! Judges the schema and the content of either database.

use derslik_domain::time::Timestamp;
use derslik_storage::{ContentFacts, Fact, SchemaState, WaitingJob};

use super::report::Finding;
use super::server::unread;

/// How long a job may wait after it became due before that is worth a word, in seconds. A worker polls far more often.
const WAITING_SECONDS: u64 = 10 * 60;

pub(super) fn judge_content(content: &ContentFacts, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![judge_schema(&content.schema)];
    if matches!(content.schema, Ok(SchemaState::Current | SchemaState::Newer(_))) {
        findings.push(judge_names(content));
        findings.push(judge_jobs(&content.oldest_due, now));
    }
    findings
}

pub(super) fn judge_schema(schema: &Fact<SchemaState>) -> Finding {
    const CHECK: &str = "database_schema";
    let migrate = "run `derslik migrate`";
    match schema {
        Ok(SchemaState::Current) => Finding::ok(CHECK, "the schema is up to date"),
        Ok(SchemaState::Newer(unknown)) => Finding::warning(
            CHECK,
            format!("a newer version applied {} migrations that this one does not know, and still works with it", unknown.len()),
            "end the upgrade: replace this version by the newer one",
        ),
        Ok(SchemaState::Behind(missing)) => {
            Finding::problem(CHECK, format!("the database lacks {} of the migrations", missing.len()), migrate)
        }
        Ok(SchemaState::OldKeys) => Finding::problem(CHECK, "names are not found by their new keys yet", migrate),
        Ok(SchemaState::NoDatabase) => {
            Finding::problem(CHECK, "there is no database", format!("{migrate}, or name another database with database_url"))
        }
        Err(reason) => Finding::problem(
            CHECK,
            format!("the schema can't be used: {reason}"),
            "name the database of this release in database_url, and grant its role the rights to read it",
        ),
    }
}

fn judge_names(content: &ContentFacts) -> Finding {
    const CHECK: &str = "names";
    let similar = match &content.similar_accounts {
        Ok(similar) => similar,
        Err(reason) => return unread(CHECK, &reason.to_string()),
    };
    if let Some(twin) = content.twins.first() {
        let more = content.twins.len() - 1;
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        return Finding::warning(CHECK, format!("same name: {twin}{more}"), "rename one of the two; `derslik migrate` lists all of them");
    }
    if !similar.is_empty() {
        return Finding::warning(
            CHECK,
            format!("accounts have names that differ by capitals only: {}", similar.join(", ")),
            "name such accounts by their ids in commands",
        );
    }
    Finding::ok(CHECK, "all names are told apart")
}

fn judge_jobs(oldest_due: &Fact<Option<WaitingJob>>, now: Timestamp) -> Finding {
    const CHECK: &str = "jobs";
    match oldest_due {
        Err(reason) => unread(CHECK, &reason.to_string()),
        Ok(None) => Finding::ok(CHECK, "no job waits for a worker"),
        Ok(Some(WaitingJob { account, id, action, due })) => {
            let seconds = now.since(*due).as_secs();
            let found = format!("job {id} of account {account}, {action}, has waited for a worker for {seconds} s");
            if seconds > WAITING_SECONDS {
                Finding::warning(CHECK, found, "start `derslik worker`, or `derslik serve` without --no-worker, and look into its log")
            } else {
                Finding::ok(CHECK, found)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_storage::Unread;
    use derslik_testkit::builders::now;

    use super::*;
    use crate::doctor::report::State;

    fn content() -> ContentFacts {
        ContentFacts { schema: Ok(SchemaState::Current), twins: Vec::new(), similar_accounts: Ok(Vec::new()), oldest_due: Ok(None) }
    }

    /// The facts when a job has been due for that long.
    fn late(minutes: i64) -> ContentFacts {
        let job = WaitingJob { account: Id::new(3), id: Id::new(41), action: "prune".to_owned(), due: now().minutes_before(minutes) };
        ContentFacts { oldest_due: Ok(Some(job)), ..content() }
    }

    fn bad(content: &ContentFacts) -> Vec<(&'static str, State)> {
        let findings = judge_content(content, now());
        findings.into_iter().filter(|finding| finding.state != State::Ok).map(|finding| (finding.check, finding.state)).collect()
    }

    #[test]
    fn a_current_schema_without_faults_is_good() {
        assert_eq!(bad(&content()), []);
        assert_eq!(bad(&late(9)), []);
    }

    #[test]
    fn a_schema_that_is_not_current_is_a_problem_and_hides_what_depends_on_it() {
        for schema in [
            Ok(SchemaState::Behind(vec!["20261129000057".to_owned()])),
            Ok(SchemaState::OldKeys),
            Ok(SchemaState::NoDatabase),
            Err(Unread::new("the database holds tables of another program")),
        ] {
            let content = ContentFacts { schema, ..late(60) };
            assert_eq!(bad(&content), [("database_schema", State::Problem)]);
        }
    }

    #[test]
    fn a_schema_of_a_newer_version_that_still_works_is_a_warning_and_hides_nothing() {
        let newer = Ok(SchemaState::Newer(vec!["20261129000099".to_owned()]));
        let content = ContentFacts { schema: newer, ..late(60) };
        assert_eq!(bad(&content), [("database_schema", State::Warning), ("jobs", State::Warning)]);
    }

    #[test]
    fn similar_names_and_waiting_jobs_are_warnings() {
        let similar = ContentFacts { similar_accounts: Ok(vec!["okul".to_owned()]), ..content() };
        assert_eq!(bad(&similar), [("names", State::Warning)]);
        assert_eq!(bad(&late(11)), [("jobs", State::Warning)]);
        let told = judge_jobs(&late(11).oldest_due, now()).found;
        assert_eq!(told, "job 41 of account 3, prune, has waited for a worker for 660 s");
    }
}
