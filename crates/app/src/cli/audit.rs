//! `derslik audit`

use clap::Subcommand;
use derslik_domain::audit::{AuditFilter, AuditRecord, Requester};
use derslik_domain::id::Id;
use derslik_domain::job::ReferenceId;
use derslik_domain::page::PageRequest;
use derslik_domain::time::Zone;
use serde_json::{Map, Value, json};

use super::job::JobArgs;
use super::{Context, Failure, Operator, database};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Lists what was done to the data of people, without their names.
    List {
        #[command(flatten)]
        common: JobArgs,
        /// Only records about this user, named as the request for the job named them.
        #[arg(long, value_name = "USER")]
        about: Option<String>,
        /// Only records of this job.
        #[arg(long, value_name = "JOB")]
        job: Option<i64>,
        /// List records after this id.
        #[arg(long, value_name = "RECORD")]
        after: Option<i64>,
        /// The maximum number of records.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
}

impl AuditCommand {
    pub(super) fn run(self, context: &Context<'_>) -> Result<(), Failure> {
        let Self::List { common, about, job, after, limit } = self;
        let about = about.map(ReferenceId::new).transpose().map_err(|error| Failure::Usage(error.into()))?;
        let filter = AuditFilter { about, job: job.map(Id::new) };
        let page = PageRequest { size: limit, after: after.map(Id::new) };
        let operator = Operator::open(context.config)?;
        let account = operator.account(&common.account)?;
        let records = operator.wait_for(operator.ports.audit.list(account, filter, page)).map_err(database)?;
        context.output.print_list(&records, as_line, as_json)
    }
}

fn as_line(record: &AuditRecord) -> String {
    let by = match record.event.requester() {
        Some(Requester::Principal(principal, credential)) => format!("principal {principal}, credential {credential}"),
        Some(Requester::Operator) => "operator".to_owned(),
        None => String::new(),
    };
    let counts = record.event.counts().into_iter().flat_map(|counts| counts.iter().collect::<Vec<_>>());
    let counts: Vec<_> = counts.map(|(kind, rows)| format!("{} {}", rows.get(), kind.name())).collect();
    let at = record.at.in_zone(Zone::UTC);
    format!("{}\t{at}\t{}\tjob {}\t{}\t{by}\t{}", record.id, record.event.name(), record.job, record.subject, counts.join(", "))
}

fn as_json(record: &AuditRecord) -> Value {
    let (principal, credential) = match record.event.requester() {
        Some(Requester::Principal(principal, credential)) => (Some(principal.get()), Some(credential.get())),
        Some(Requester::Operator) | None => (None, None),
    };
    let counts = |counts: derslik_domain::job::ErasureCounts| -> Map<String, Value> {
        counts.iter().map(|(kind, rows)| (kind.name().to_owned(), rows.get().into())).collect()
    };
    json!({
        "id": record.id.get(),
        "at": record.at.in_zone(Zone::UTC).to_string(),
        "event": record.event.name(),
        "job": record.job.get(),
        "subject": record.subject.to_string(),
        "principal": principal,
        "credential": credential,
        "by_operator": record.event.requester() == Some(Requester::Operator),
        "counts": record.event.counts().map(counts),
    })
}
