//! `derslik audit`

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use derslik_domain::audit::{AuditEvent, AuditFilter, AuditHead, AuditRecord, EventKind, INSTALLATION, Requester, SealSequence};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::job::{ErasureCounts, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::operators::{AuditFault, AuditReport};
use serde_json::{Map, Value, json};

use super::database::open_database;
use super::output::second;
use super::{Context, Failure, Operator, database, runtime};
use crate::config::Secret;

/// How many records of an export one read returns.
const PAGE: u32 = 1_000;
/// For how long a record may wait for its seal, in minutes: a worker seals far more often.
const UNSEALED_MINUTES: i64 = 60;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Lists who changed what, signed in or was denied, and what was erased, without names of people.
    List(ListArgs),
    /// Writes all records as JSON Lines, of one log or of all.
    Export(Owner),
    /// Verifies the seals of one log or of all, and prints the end of each.
    Verify(VerifyArgs),
}

/// Whose log it is.
#[derive(Debug, Args)]
pub(super) struct Owner {
    /// The account, by its name or its id.
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "installation")]
    account: Option<String>,
    /// The log of the installation: admins, and requests whose account is not known.
    #[arg(long)]
    installation: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    owner: Owner,
    /// Only records about this user, named as the request for the job named them.
    #[arg(long, value_name = "USER")]
    about: Option<String>,
    /// Only records of this job.
    #[arg(long, value_name = "JOB")]
    job: Option<i64>,
    /// Only records of this event, such as `credential_revoked`.
    #[arg(long, value_name = "EVENT", value_parser = event_by_name)]
    event: Option<EventKind>,
    /// Only records from this RFC 3339 instant on.
    #[arg(long, value_name = "INSTANT")]
    from: Option<Timestamp>,
    /// Only records before this RFC 3339 instant.
    #[arg(long, value_name = "INSTANT")]
    before: Option<Timestamp>,
    /// List records after this id.
    #[arg(long, value_name = "RECORD")]
    after: Option<i64>,
    /// The maximum number of records.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    owner: Owner,
    /// The end of the log that an earlier verification printed. The log must still contain it.
    #[arg(long, value_name = "SEQUENCE:SEAL")]
    head: Option<AuditHead>,
    /// A file with a key that made older seals; may be given several times.
    #[arg(long, value_name = "FILE")]
    old_key_file: Vec<PathBuf>,
}

fn event_by_name(name: &str) -> Result<EventKind, String> {
    EventKind::by_name(name).ok_or_else(|| {
        "no event has that name: `derslik audit list` shows the names, such as credential_revoked or denied_expired".to_owned()
    })
}

impl AuditCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        match self {
            Self::List(arguments) => list(context, arguments),
            Self::Export(owner) => export(context, &owner),
            Self::Verify(arguments) => verify(context, &arguments),
        }
    }
}

impl Owner {
    /// The one whose log was asked for; `None` for all.
    fn named(&self, operator: &Operator) -> Result<Option<AccountId>, Failure> {
        match &self.account {
            Some(account) => operator.account(account).map(Some),
            None => Ok(self.installation.then_some(INSTALLATION)),
        }
    }

    /// All whose logs were asked for.
    fn all(&self, operator: &Operator) -> Result<Vec<AccountId>, Failure> {
        if let Some(owner) = self.named(operator)? {
            return Ok(vec![owner]);
        }
        let mut owners = Vec::new();
        loop {
            let page = operator.wait_for(operator.ports.audit.owners(owners.last().copied())).map_err(database)?;
            if page.is_empty() {
                return Ok(owners);
            }
            owners.extend(page);
        }
    }
}

fn list(context: &Context<'_>, arguments: ListArgs) -> Result<(), Failure> {
    let ListArgs { owner, about, job, event, from, before, after, limit } = arguments;
    let about = about.map(ReferenceId::new).transpose().map_err(|error| Failure::Usage(error.into()))?;
    let filter = AuditFilter { about, job: job.map(Id::new), event, from, before };
    let page = PageRequest { size: limit, after: after.map(Id::new) };
    let operator = Operator::open(context.config)?;
    let account = owner.named(&operator)?.ok_or_else(|| Failure::Usage(anyhow!("whose log: name --account, or --installation")))?;
    let records = operator.wait_for(operator.ports.audit.list(account, filter, page)).map_err(database)?;
    context.output.print_list(&records, as_line, as_json)?;
    if let Some(last) = records.last().filter(|_| u32::try_from(records.len()).is_ok_and(|count| count == limit)) {
        // Standard output holds the records alone. A lost hint does no harm.
        writeln!(std::io::stderr(), "there may be more records: list them with --after {}", last.id).ok();
    }
    Ok(())
}

fn export(context: &Context<'_>, owner: &Owner) -> Result<(), Failure> {
    let operator = Operator::open(context.config)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let on_output = |error: std::io::Error| Failure::Other(anyhow::Error::new(error).context("standard output"));
    for log in owner.all(&operator)? {
        let mut after = None;
        loop {
            let page = PageRequest { size: PAGE, after };
            let records = operator.wait_for(operator.ports.audit.list(log, AuditFilter::default(), page)).map_err(database)?;
            let Some(last) = records.last() else { break };
            after = Some(last.id);
            for record in &records {
                let mut line = as_json(record);
                if let Value::Object(members) = &mut line {
                    members.insert("account".to_owned(), log.get().into());
                }
                writeln!(out, "{line}").map_err(on_output)?;
            }
        }
    }
    out.flush().map_err(on_output)
}

fn verify(context: &Context<'_>, arguments: &VerifyArgs) -> Result<(), Failure> {
    let VerifyArgs { owner, head, old_key_file } = arguments;
    if head.is_some() && owner.account.is_none() && !owner.installation {
        return Err(Failure::Usage(anyhow!("--head is of one log: name --account, or --installation")));
    }
    let old: anyhow::Result<Vec<_>> = old_key_file.iter().map(|file| read_key(file)).collect();
    let keys = context.config.audit.seal_keys(&old.map_err(Failure::Usage)?).map_err(Failure::Usage)?;
    let keys = keys.ok_or_else(|| {
        Failure::Usage(anyhow!("without audit.seal_key nothing is sealed, and nothing can be verified: set it as the workers have it"))
    })?;
    let operator = Operator::open(context.config)?;
    let runtime = runtime(context.config)?;
    let verification = open_database(context.config, &runtime)?.audit_verification(keys);
    let mut reports = Vec::new();
    for account in owner.all(&operator)? {
        reports.push((account, runtime.block_on(verification.verify(account, *head)).map_err(database)?));
    }
    let late = |(account, _): &(AccountId, AuditReport)| operator.now_of(*account).minutes_before(UNSEALED_MINUTES);
    context.output.print_list(&reports, |report| report_as_text(report, late(report)), |report| report_as_json(report, late(report)))?;
    let faults: u64 = reports.iter().map(|(_, report)| report.fault_count).sum();
    match faults {
        0 => Ok(()),
        faults if reports.iter().all(|(_, report)| has_unknown_keys_alone(report)) => Err(Failure::Other(anyhow!(
            "{faults} seals can't be verified, because their keys are not known here: name the files of these keys with --old-key-file, or \
             set audit.old_seal_key"
        ))),
        faults => Err(Failure::Other(anyhow!("the audit log was changed: {faults} faults"))),
    }
}

/// Whether all faults are seals of unknown keys. It is not known of faults that the report does not list.
fn has_unknown_keys_alone(report: &AuditReport) -> bool {
    let is_whole = u64::try_from(report.faults.len()).is_ok_and(|listed| listed == report.fault_count);
    is_whole && report.faults.iter().all(|fault| matches!(fault, AuditFault::UnknownKey { .. }))
}

/// Each fault as a line; those of seals with one unknown key are one line.
fn fault_lines(report: &AuditReport) -> Vec<String> {
    let (mut lines, mut of_keys) = (Vec::new(), BTreeMap::<String, Vec<SealSequence>>::new());
    for fault in &report.faults {
        match fault {
            AuditFault::UnknownKey { sequence, key, .. } => of_keys.entry(key.to_string()).or_default().push(*sequence),
            fault => lines.push(fault.to_string()),
        }
    }
    for (key, seals) in of_keys {
        if let (Some(first), Some(last)) = (seals.first(), seals.last()) {
            lines.push(format!("{} of the seals {first} to {last} were made with the unknown key {key}", seals.len()));
        }
    }
    let listed = u64::try_from(report.faults.len()).unwrap_or(u64::MAX);
    match report.fault_count.saturating_sub(listed) {
        0 => {}
        more => lines.push(format!("and {more} more faults")),
    }
    lines
}

fn read_key(file: &Path) -> anyhow::Result<Secret> {
    std::fs::read_to_string(file).map(Secret::new).with_context(|| format!("--old-key-file names {}", file.display()))
}

fn is_late(report: &AuditReport, late: Timestamp) -> bool {
    report.unsealed_since.is_some_and(|since| since < late)
}

fn report_as_text((account, report): &(AccountId, AuditReport), late: Timestamp) -> String {
    let of = if *account == INSTALLATION { "the installation".to_owned() } else { format!("account {account}") };
    let mut lines = vec![format!("{of}\t{} seals checked\t{} faults\thead {}", report.checked, report.fault_count, report.head)];
    if let Some(since) = report.unsealed_since.filter(|_| is_late(report, late)) {
        let since = second(since);
        lines.push(format!("{of}\twarning: {} records are not sealed, the oldest since {since}: does a worker run?", report.unsealed));
    }
    lines.extend(fault_lines(report).into_iter().map(|fault| format!("{of}\t{fault}")));
    lines.join("\n")
}

fn report_as_json((account, report): &(AccountId, AuditReport), late: Timestamp) -> Value {
    json!({
        "account": account.get(),
        "head": report.head.to_string(),
        "pruned": report.pruned.get(),
        "checked": report.checked,
        "fault_count": report.fault_count,
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "unsealed": report.unsealed,
        "unsealed_since": report.unsealed_since.map(|since| since.in_zone(Zone::UTC).to_string()),
        "unsealed_is_late": is_late(report, late),
    })
}

fn as_line(record: &AuditRecord) -> String {
    let event = &record.event;
    let by = match event.requester() {
        Some(Requester::Principal(principal, credential)) => format!("principal {principal}, credential {credential}"),
        Some(Requester::Admin(admin)) => format!("admin {admin}"),
        Some(Requester::Operator) => "operator".to_owned(),
        None => String::new(),
    };
    let about = match event {
        AuditEvent::Erasure(erasure) => format!("job {}\t{}", erasure.job, erasure.subject),
        AuditEvent::Change(_, _, object) => {
            object.id().map_or_else(|| object.kind().name().to_owned(), |id| format!("{} {id}", object.kind().name()))
        }
        AuditEvent::Denied { cause: _, count } => format!("{count} requests"),
    };
    let counts = event.counts().into_iter().flat_map(|counts| counts.iter().collect::<Vec<_>>());
    let counts: Vec<_> = counts.map(|(kind, rows)| format!("{} {}", rows.get(), kind.name())).collect();
    let at = second(record.at);
    format!("{}\t{at}\t{}\t{about}\t{by}\t{}", record.id, event.kind(), counts.join(", "))
}

fn as_json(record: &AuditRecord) -> Value {
    let event = &record.event;
    let (principal, credential, admin) = match event.requester() {
        Some(Requester::Principal(principal, credential)) => (Some(principal.get()), Some(credential.get()), None),
        Some(Requester::Admin(admin)) => (None, None, Some(admin.get())),
        Some(Requester::Operator) | None => (None, None, None),
    };
    let object = match event {
        AuditEvent::Change(_, _, object) => json!({ "kind": object.kind().name(), "id": object.id() }),
        AuditEvent::Erasure(_) | AuditEvent::Denied { .. } => Value::Null,
    };
    let denied = match event {
        AuditEvent::Denied { cause: _, count } => Some(*count),
        AuditEvent::Erasure(_) | AuditEvent::Change(..) => None,
    };
    let counts = |counts: ErasureCounts| -> Map<String, Value> {
        counts.iter().map(|(kind, rows)| (kind.name().to_owned(), rows.get().into())).collect()
    };
    json!({
        "id": record.id.get(),
        "at": record.at.in_zone(Zone::UTC).to_string(),
        "event": event.kind().to_string(),
        "job": event.job().map(Id::get),
        "subject": event.subject().map(ToString::to_string),
        "object": object,
        "principal": principal,
        "credential": credential,
        "admin": admin,
        "by_operator": event.requester().is_some_and(Requester::is_operator),
        "counts": event.counts().map(counts),
        "denied": denied,
    })
}

#[cfg(test)]
mod tests {
    use derslik_domain::audit::{Change, DenialCause, Object, Seal, SealKeyId};
    use derslik_testkit::builders::now;

    use super::*;

    fn record(event: AuditEvent) -> AuditRecord {
        AuditRecord { id: Id::new(1), at: now(), event }
    }

    #[test]
    fn each_event_is_told_by_ids() {
        let requester = Requester::Principal(Id::new(4), Id::new(5));
        let revoked = record(AuditEvent::Change(requester, Change::Revoked, Object::Credential(Id::new(7))));
        assert!(as_line(&revoked).contains("\tcredential_revoked\tcredential 7\tprincipal 4, credential 5\t"), "{}", as_line(&revoked));
        let json = as_json(&revoked);
        assert_eq!((&json["object"], &json["by_operator"]), (&json!({ "kind": "credential", "id": 7 }), &json!(false)));
        let denied = record(AuditEvent::Denied { cause: DenialCause::Expired, count: 12 });
        assert!(as_line(&denied).contains("\tdenied_expired\t12 requests\t"), "{}", as_line(&denied));
        assert_eq!(as_json(&denied)["denied"], 12);
        let disabled = record(AuditEvent::Change(Requester::Operator, Change::Disabled, Object::Account));
        assert!(as_line(&disabled).contains("\taccount_disabled\taccount\toperator\t"), "{}", as_line(&disabled));
        let enabled = record(AuditEvent::Change(Requester::Admin(Id::new(9)), Change::Enabled, Object::Account));
        assert!(as_line(&enabled).contains("\taccount_enabled\taccount\tadmin 9\t"), "{}", as_line(&enabled));
        let json = as_json(&enabled);
        assert_eq!([&json["admin"], &json["by_operator"], &json["principal"]], [&json!(9), &json!(true), &Value::Null]);
    }

    #[test]
    fn a_report_names_the_head_the_faults_and_what_waits_too_long() {
        let head = AuditHead { sequence: SealSequence::new(7), seal: Seal::new([0xab; 32]) };
        let report = AuditReport {
            head,
            pruned: SealSequence::START,
            checked: 7,
            faults: vec![AuditFault::Inserted { record: Id::new(3) }],
            fault_count: 1,
            unsealed: 2,
            unsealed_since: Some(now()),
        };
        let text = report_as_text(&(INSTALLATION, report.clone()), now());
        assert!(text.contains(&format!("head 7:{}", "ab".repeat(32))) && text.contains("record 3 was inserted"), "{text}");
        assert!(!text.contains("warning"), "{text}");
        let late = report_as_text(&(Id::new(7), report), now().minutes_before(-1));
        assert!(late.contains("account 7\twarning: 2 records are not sealed"), "{late}");
    }

    #[test]
    fn seals_of_one_unknown_key_are_one_line_and_no_proof_of_a_change() {
        let of_key = |sequence, key| AuditFault::UnknownKey {
            sequence: SealSequence::new(sequence),
            record: Id::new(3),
            key: SealKeyId::new([key; 8]),
        };
        let mut report = AuditReport {
            head: AuditHead { sequence: SealSequence::new(7), seal: Seal::new([0xab; 32]) },
            pruned: SealSequence::START,
            checked: 7,
            faults: vec![of_key(2, 1), of_key(3, 1), of_key(4, 2)],
            fault_count: 3,
            unsealed: 0,
            unsealed_since: None,
        };
        let lines = fault_lines(&report);
        assert!(lines.len() == 2 && lines.iter().any(|line| line.starts_with("2 of the seals 2 to 3 were made")), "{lines:?}");
        assert!(has_unknown_keys_alone(&report));
        report.fault_count = 5;
        assert_eq!(fault_lines(&report).last().map(String::as_str), Some("and 2 more faults"));
        assert!(!has_unknown_keys_alone(&report), "faults that are not listed may be others");
        report.fault_count = 4;
        report.faults.push(AuditFault::Inserted { record: Id::new(3) });
        assert!(!has_unknown_keys_alone(&report));
    }
}
