//! The progress of a job and its failed attempts as a row keeps them: JSON with the names of the domain.

use derslik_domain::job::{
    Attempts, ErasureCounts, ErasureKind, ErasureProgress, ErasureStep, ErasuresProgress, FailedAttempt, Failure, FailureReason, Failures,
    Pass, Progress, UserPlace,
};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use serde_json::{Map, Value, json};

const ROWS: &str = "rows";
const ERASURE: &str = "erasure";
const ERASURES: &str = "erasures";
const DONE: &str = "done";

/// The JSON to store for the progress of a job.
pub(super) fn progress_to_json(progress: Progress) -> String {
    let value = match progress {
        Progress::Rows(rows) => json!({ ROWS: rows.get() }),
        Progress::Erasure(erasure) => json!({ ERASURE: erasure_to_json(erasure) }),
        Progress::Erasures(ErasuresProgress { place, current, counts }) => {
            json!({ ERASURES: { "place": place.get(), "current": erasure_to_json(current), "counts": counts_to_json(counts) } })
        }
    };
    value.to_string()
}

fn erasure_to_json(erasure: ErasureProgress) -> Value {
    let step = match erasure.step {
        ErasureStep::Erase(kind) => kind.name(),
        ErasureStep::Done => DONE,
    };
    let searched = erasure.searched.map(Timestamp::micros);
    json!({ "step": step, "dirty": erasure.pass == Pass::Dirty, "searched": searched, "counts": counts_to_json(erasure.counts) })
}

/// The JSON to store for counts.
pub(crate) fn counts_to_json(counts: ErasureCounts) -> Value {
    counts.iter().map(|(kind, rows)| (kind.name().to_owned(), Value::from(rows.get()))).collect::<Map<_, _>>().into()
}

/// Reads counts. `None` means JSON that [`counts_to_json`] never writes.
pub(crate) fn counts_from_json(counts: &Value) -> Option<ErasureCounts> {
    let count = |(name, rows): (&String, &Value)| Some((ErasureKind::by_name(name)?, RowCount::new(rows.as_u64()?)));
    counts.as_object()?.iter().map(count).collect()
}

/// Reads the progress of a job. `None` means JSON that [`progress_to_json`] never writes.
pub(super) fn progress_from_json(json: &str) -> Option<Progress> {
    let value: Value = serde_json::from_str(json).ok()?;
    if let Some(rows) = value.get(ROWS) {
        return rows.as_u64().map(|rows| Progress::Rows(RowCount::new(rows)));
    }
    if let Some(erasures) = value.get(ERASURES) {
        return Some(Progress::Erasures(ErasuresProgress {
            place: UserPlace::new(erasures.get("place")?.as_u64()?.try_into().ok()?),
            current: erasure_from_json(erasures.get("current")?)?,
            counts: counts_from_json(erasures.get("counts")?)?,
        }));
    }
    erasure_from_json(value.get(ERASURE)?).map(Progress::Erasure)
}

fn erasure_from_json(erasure: &Value) -> Option<ErasureProgress> {
    let step = match erasure.get("step")?.as_str()? {
        DONE => ErasureStep::Done,
        name => ErasureStep::Erase(ErasureKind::by_name(name)?),
    };
    let pass = if erasure.get("dirty")?.as_bool()? { Pass::Dirty } else { Pass::Clean };
    // Older programs do not write `searched`.
    let searched = match erasure.get("searched") {
        None | Some(Value::Null) => None,
        Some(micros) => Some(Timestamp::from_micros(micros.as_i64()?)),
    };
    Some(ErasureProgress { step, pass, searched, counts: counts_from_json(erasure.get("counts")?)? })
}

/// The JSON to store for the failed attempts.
pub(super) fn failures_to_json(failures: &Failures) -> String {
    if failures.last().is_none() {
        return "[]".to_owned();
    }
    let failed = |failed: &FailedAttempt| {
        json!({
            "attempt": failed.attempt.get(),
            "at": failed.at.micros(),
            "reason": failed.failure.reason.name(),
            "text": failed.failure.text.as_str(),
        })
    };
    Value::Array(failures.iter().map(failed).collect()).to_string()
}

/// Reads the failed attempts. `None` means JSON that [`failures_to_json`] never writes.
pub(super) fn failures_from_json(json: &str) -> Option<Failures> {
    if json == "[]" {
        return Some(Failures::default());
    }
    let failed = |value: &Value| {
        let reason = FailureReason::by_name(value.get("reason")?.as_str()?)?;
        Some(FailedAttempt {
            attempt: Attempts::new(value.get("attempt")?.as_u64()?.try_into().ok()?),
            at: Timestamp::from_micros(value.get("at")?.as_i64()?),
            failure: Failure::new(reason, value.get("text")?.as_str()?),
        })
    };
    serde_json::from_str::<Vec<Value>>(json).ok()?.iter().map(failed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back_as_it_was_stored() {
        let counts = [(ErasureKind::Sessions, RowCount::new(2_500)), (ErasureKind::Profile, RowCount::new(1))].into_iter().collect();
        let erasures = [
            ErasureProgress::default(),
            ErasureProgress { step: ErasureStep::Erase(ErasureKind::Sessions), pass: Pass::Dirty, searched: None, counts },
            ErasureProgress {
                step: ErasureStep::Erase(ErasureKind::Answers),
                pass: Pass::Clean,
                searched: Some(Timestamp::from_micros(1_738_847_255_488_565)),
                counts,
            },
            ErasureProgress { step: ErasureStep::Done, pass: Pass::Clean, searched: None, counts },
        ];
        let of_many = erasures.map(|current| Progress::Erasures(ErasuresProgress { place: UserPlace::new(999), current, counts }));
        let all = erasures.into_iter().map(Progress::Erasure).chain(of_many).chain([Progress::Rows(RowCount::new(u64::MAX))]);
        for progress in all {
            assert_eq!(progress_from_json(&progress_to_json(progress)), Some(progress));
        }
    }

    #[test]
    fn what_an_older_program_stored_is_read() {
        let older = r#"{"erasure":{"step":"sessions","dirty":true,"counts":{"credentials":1}}}"#;
        let counts = [(ErasureKind::Credentials, RowCount::new(1))].into_iter().collect();
        let step = ErasureStep::Erase(ErasureKind::Sessions);
        let progress = ErasureProgress { step, pass: Pass::Dirty, searched: None, counts };
        assert_eq!(progress_from_json(older), Some(Progress::Erasure(progress)));
    }

    #[test]
    fn failures_come_back_as_they_were_stored() {
        let failed = |attempt, reason, text| FailedAttempt {
            attempt: Attempts::new(attempt),
            at: Timestamp::from_micros(1_738_847_255_488_565),
            failure: Failure::new(reason, text),
        };
        let failures: Failures =
            [failed(1, FailureReason::Panicked, "\"quoted\" ğ\n"), failed(2, FailureReason::LeaseExpired, "")].into_iter().collect();
        assert_eq!(failures_from_json(&failures_to_json(&failures)), Some(failures));
        assert_eq!(failures_to_json(&Failures::default()), "[]");
    }

    #[test]
    fn what_was_never_stored_is_not_guessed_at() {
        let unknown = r#"{"erasure":{"step":"unknown","dirty":false,"counts":{}}}"#;
        let far = r#"{"erasures":{"place":65536,"current":{"step":"done","dirty":false,"counts":{}},"counts":{}}}"#;
        for json in ["", "{}", "[]", r#"{"rows":-1}"#, unknown, far, r#"{"erasures":{}}"#] {
            assert_eq!(progress_from_json(json), None, "{json}");
        }
        for json in ["", "{}", "[1]", r#"[{"attempt":1,"at":0,"reason":"unknown","text":""}]"#] {
            assert_eq!(failures_from_json(json), None, "{json}");
        }
    }
}
