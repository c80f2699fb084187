//! The verification of the seals of a log, and its report.

use actix_web::HttpResponse;
use askama::Template;
use derslik_domain::audit::AuditHead;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::{AuditFault, AuditReport};

use super::query::{is_of_installation, owner};
use crate::failure::Failure;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

/// For how long a record may wait for its seal, in minutes: a worker seals far more often.
const UNSEALED_MINUTES: i64 = 60;

#[derive(Template)]
#[template(path = "audit/report.html")]
struct ReportPage {
    shell: Shell,
    t: Texts,
    /// The address of the log.
    back: String,
    /// The log.
    log: String,
    is_sound: bool,
    verdict: String,
    checked: String,
    /// What waits for a seal.
    unsealed: Option<String>,
    is_late: bool,
    head: String,
    faults: Vec<String>,
    /// How many faults are not listed.
    more: Option<String>,
}

/// Verifies the whole log. A form answers with the report, since nothing is changed.
pub(super) async fn verify(visit: Visit) -> Result<HttpResponse, Failure> {
    let (t, form) = (visit.t, visit.form());
    let known = match form.get("head").map(str::parse::<AuditHead>) {
        None => None,
        Some(Ok(head)) => Some(head),
        Some(Err(_)) => return Err(Failure::Refused(t.audit_problem_head())),
    };
    let Some(verification) = visit.ports()?.verification.clone() else { return Err(Failure::Refused(t.audit_no_key())) };
    let report = verification.verify(owner(&form, visit.account.id), known).await?;
    let of_installation = is_of_installation(&form);
    let since = report.unsealed_since.map(|since| visit.moment(since));
    let template = ReportPage {
        shell: Shell::of(&visit, Section::Audit, t.audit_report()).await?,
        t,
        back: if of_installation { visit.url("audit?of=installation") } else { visit.url("audit") },
        log: if of_installation { t.audit_of_installation() } else { t.audit_of_account() },
        is_sound: report.fault_count == 0,
        verdict: verdict(t, &report),
        checked: t.audit_checked(report.checked),
        unsealed: since.map(|since| t.audit_unsealed(report.unsealed, since)),
        is_late: is_late(&report, visit.now),
        head: report.head.to_string(),
        faults: report.faults.iter().map(|found| fault(t, found)).collect(),
        more: unlisted(&report).map(|count| t.audit_more_faults(count)),
    };
    visit.page(&template)
}

/// Whether a record has waited too long for its seal.
fn is_late(report: &AuditReport, now: Timestamp) -> bool {
    report.unsealed_since.is_some_and(|since| since < now.minutes_before(UNSEALED_MINUTES))
}

/// The number of faults that a report does not list.
fn unlisted(report: &AuditReport) -> Option<u64> {
    let listed = u64::try_from(report.faults.len()).unwrap_or(u64::MAX);
    report.fault_count.checked_sub(listed).filter(|count| *count > 0)
}

/// Seals of unknown keys alone are not a proof of a change.
fn verdict(t: Texts, report: &AuditReport) -> String {
    let of_keys_alone = report.faults.iter().all(|fault| matches!(fault, AuditFault::UnknownKey { .. }));
    match report.fault_count {
        0 => t.audit_sound(),
        _ if of_keys_alone && unlisted(report).is_none() => t.audit_unknown_keys("audit.old_seal_key"),
        count => t.audit_unsound(count),
    }
}

fn fault(t: Texts, fault: &AuditFault) -> String {
    match fault {
        AuditFault::Altered { sequence, record } => t.audit_fault_altered(record.to_string(), sequence.to_string()),
        AuditFault::MissingRecord { sequence, record } => t.audit_fault_missing_record(record.to_string(), sequence.to_string()),
        AuditFault::MissingSeals { first, last } => t.audit_fault_missing_seals(first.to_string(), last.to_string()),
        AuditFault::Inserted { record } => t.audit_fault_inserted(record.to_string()),
        AuditFault::InsertedSeal { sequence, record } => t.audit_fault_inserted_seal(record.to_string(), sequence.to_string()),
        AuditFault::Unmarked { sequence, record } => t.audit_fault_unmarked(record.to_string(), sequence.to_string()),
        AuditFault::UnknownKey { sequence, record, key } => {
            t.audit_fault_unknown_key(key.to_string(), record.to_string(), sequence.to_string())
        }
        AuditFault::Checkpoint { sequence } => t.audit_fault_checkpoint(sequence.to_string()),
        AuditFault::CutOff { known } => t.audit_fault_cut_off(known.to_string()),
        AuditFault::OtherHead { sequence } => t.audit_fault_other_head(sequence.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{Seal, SealKeyId, SealSequence};
    use derslik_domain::id::Id;
    use derslik_testkit::builders::now;

    use super::*;
    use crate::locale::Language;
    use crate::people::form::testing::shell;

    fn report(faults: Vec<AuditFault>, fault_count: u64) -> AuditReport {
        AuditReport {
            head: AuditHead { sequence: SealSequence::new(7), seal: Seal::new([0xab; 32]) },
            pruned: SealSequence::START,
            checked: 7,
            faults,
            fault_count,
            unsealed: 2,
            unsealed_since: Some(now()),
        }
    }

    const ALTERED: AuditFault = AuditFault::Inserted { record: Id::new(3) };
    const OF_UNKNOWN_KEY: AuditFault =
        AuditFault::UnknownKey { sequence: SealSequence::new(2), record: Id::new(3), key: SealKeyId::new([1; 8]) };

    #[test]
    fn a_verdict_tells_a_changed_log_from_one_with_unknown_keys() {
        let t = Texts::of(Language::English);
        assert_eq!(verdict(t, &report(Vec::new(), 0)), t.audit_sound());
        assert_eq!(verdict(t, &report(vec![ALTERED], 1)), t.audit_unsound(1_u64));
        assert_eq!(verdict(t, &report(vec![OF_UNKNOWN_KEY], 1)), t.audit_unknown_keys("audit.old_seal_key"));
        assert_eq!(verdict(t, &report(vec![OF_UNKNOWN_KEY], 5)), t.audit_unsound(5_u64), "faults that are not listed may be others");
        assert_eq!((unlisted(&report(vec![ALTERED], 1)), unlisted(&report(vec![ALTERED], 5))), (None, Some(4)));
    }

    #[test]
    fn a_record_may_wait_an_hour_for_its_seal() {
        let report = report(Vec::new(), 0);
        assert!(!is_late(&report, now().minutes_before(-60)) && is_late(&report, now().minutes_before(-61)));
    }

    #[test]
    fn a_fault_names_its_record_in_each_language() {
        for language in Language::ALL {
            let t = Texts::of(language);
            assert!(fault(t, &ALTERED).contains('3') && fault(t, &OF_UNKNOWN_KEY).contains("0101010101010101"));
            let page = ReportPage {
                shell: shell(language),
                t,
                back: "/console/1/audit".to_owned(),
                log: "<script>alert(1)</script>".to_owned(),
                is_sound: false,
                verdict: "<script>alert(1)</script>".to_owned(),
                checked: t.audit_checked(7_u64),
                unsealed: Some(t.audit_unsealed(2_u64, "now")),
                is_late: true,
                head: "7:ab".to_owned(),
                faults: vec![fault(t, &ALTERED)],
                more: None,
            };
            let html = page.render().unwrap();
            assert!(html.contains("7:ab") && !html.contains("<script>alert"), "{html}");
        }
    }
}
