//! The progress of a job and its failed attempts as a row keeps them: JSON with the names of the domain.

use derslik_domain::job::{
    Attempts, ErasureCounts, ErasureKind, ErasureProgress, ErasureStep, FailedAttempt, Failure, FailureReason, Failures, Pass, Progress,
};
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use serde_json::{Map, Value, json};

const ROWS: &str = "rows";
const ERASURE: &str = "erasure";
const DONE: &str = "done";

/// The JSON to store for the progress of a job.
pub(super) fn progress_to_json(progress: Progress) -> String {
    let value = match progress {
        Progress::Rows(rows) => json!({ ROWS: rows.get() }),
        Progress::Erasure(erasure) => {
            let step = match erasure.step {
                ErasureStep::Erase(kind) => kind.name(),
                ErasureStep::Done => DONE,
            };
            let counts: Map<String, Value> =
                erasure.counts.iter().map(|(kind, rows)| (kind.name().to_owned(), rows.get().into())).collect();
            let searched = erasure.searched.map(Timestamp::micros);
            json!({ ERASURE: { "step": step, "dirty": erasure.pass == Pass::Dirty, "searched": searched, "counts": counts } })
        }
    };
    value.to_string()
}

/// Reads the progress of a job. `None` means JSON that [`progress_to_json`] never writes.
pub(super) fn progress_from_json(json: &str) -> Option<Progress> {
    let value: Value = serde_json::from_str(json).ok()?;
    if let Some(rows) = value.get(ROWS) {
        return rows.as_u64().map(|rows| Progress::Rows(RowCount::new(rows)));
    }
    let erasure = value.get(ERASURE)?;
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
    let count = |(name, rows): (&String, &Value)| Some((ErasureKind::by_name(name)?, RowCount::new(rows.as_u64()?)));
    let counts: Option<ErasureCounts> = erasure.get("counts")?.as_object()?.iter().map(count).collect();
    Some(Progress::Erasure(ErasureProgress { step, pass, searched, counts: counts? }))
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
        let all = erasures.into_iter().map(Progress::Erasure).chain([Progress::Rows(RowCount::new(u64::MAX))]);
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
        for json in ["", "{}", "[]", r#"{"rows":-1}"#, r#"{"erasure":{"step":"unknown","dirty":false,"counts":{}}}"#] {
            assert_eq!(progress_from_json(json), None, "{json}");
        }
        for json in ["", "{}", "[1]", r#"[{"attempt":1,"at":0,"reason":"unknown","text":""}]"#] {
            assert_eq!(failures_from_json(json), None, "{json}");
        }
    }
}
