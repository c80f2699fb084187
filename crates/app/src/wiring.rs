//! Builds the program: adapters under ports, and use cases over them, for the server, the worker and the commands. Only this
//! module names the crate of the use cases.
//!
//! An [`Installation`] is the program over one database. `serve` takes the state of the HTTP adapter from it, `worker` the runner
//! of jobs, and the commands of operators their use cases.

mod console;
mod control;

use std::sync::Arc;

use derslik_domain::audit::Requester;
use derslik_domain::id::AccountId;
use derslik_domain::identity::PasswordRules;
use derslik_domain::job::Action;
use derslik_domain::time::Timestamp;
use derslik_http::classroom::ClassroomSettings;
use derslik_http::{HttpState, Limits, RequestControl, Services};
use derslik_ports::StoreError;
use derslik_ports::inbound::control::{AccountIds, FaultInjection};
use derslik_ports::inbound::operators::{
    AccountAdministration, AdminAdministration, AdminSignIns, AuditReading, AuditVerification, BacklogReading, CourseOperations,
    CredentialAdministration, DueReading, ErasureRequests, GrantAdministration, InstallationKeys, JobOperations, KnownSecretRevocation,
    OperatorActors, ProjectAdministration, SecretMaking, TokenIssuing, UserAdministration,
};
use derslik_ports::inbound::{DenialLog, JobService, PeopleService};
use derslik_ports::outbound::{Clock, ClockSync, CourseWriter, Ids, Passwords, Readers, SealKeys, Signatures, UnitOfWork};
use derslik_services::activity::Activity;
use derslik_services::attendees::Attendees;
use derslik_services::clocks::{AccountClocks, SyncedGrants, SyncedIdentity, SyncedLogIns};
use derslik_services::courses::Courses;
use derslik_services::denials::{CountedLogIns, DenialCounter, DenialWriter};
use derslik_services::faults::InjectedFaults;
use derslik_services::health::Health;
use derslik_services::identity::{Grants, Identity, LogIns, SignIns};
use derslik_services::jobs::{Jobs, NumberedJobs};
use derslik_services::journal::Journals;
use derslik_services::operators::{AuditVerifier, GrantUseCases, UseCases};
use derslik_services::people::People;
use derslik_services::projects::Projects;
use derslik_services::replays::{TicketedIdentity, Tickets};
use derslik_services::rosters::Rosters;
use derslik_services::sessions::Sessions;
use derslik_storage::{DatabaseUrl, DieselProbe, DieselUnitOfWork};
use derslik_worker::{Registry, Runner, Settings, WorkerPorts, handlers};
use tokio::runtime::Handle;

use crate::config::{Config, Profile};
use crate::metrics::{MeteredDenials, Metrics};
use crate::passwords::Argon2Passwords;
use crate::seeded_ids::{self, SHOWN_ACCOUNT, SeededIds};
use crate::signatures::JwtSignatures;
use crate::system::{ShiftedClock, SystemClock, SystemIds};

/// The program over one database.
#[derive(Debug)]
pub struct Installation {
    uow: DieselUnitOfWork,
    url: DatabaseUrl,
    system: System,
    denials: Arc<DenialCounter>,
    /// The sign-ins of admins, with one count of wrong passwords.
    sign_ins: Arc<SignIns<DieselUnitOfWork>>,
    /// The clocks of accounts, which profile `dev` has.
    clocks: Option<Arc<AccountClocks<DieselUnitOfWork>>>,
    /// Which accounts tests have replaced: none outside of profile `dev`.
    account_ids: Arc<AccountIds>,
    /// What tests control in the memory of this process. `None` in production.
    tests: Option<TestState>,
}

/// What tests control in the memory of a process.
#[derive(Debug, Clone)]
struct TestState {
    faults: Arc<InjectedFaults>,
    journals: Arc<Journals>,
    /// What stands for the credentials of requests that are sent again.
    tickets: Arc<Tickets>,
}

impl TestState {
    /// No faults and empty journals. Both show real time, whatever the clock of an account shows.
    fn new(ids: &Arc<AccountIds>) -> Self {
        Self {
            faults: Arc::new(InjectedFaults::new(Arc::clone(ids))),
            journals: Arc::new(Journals::new(Arc::clone(ids), Arc::new(SystemClock))),
            tickets: Arc::default(),
        }
    }
}

/// The worker of an installation, before its start.
pub type JobRunner = Runner<DieselUnitOfWork>;

/// The health of a process, which it has before its installation.
pub type ProcessHealth = Health;

impl Installation {
    /// The program over the database of that URL, whose schema must be up to date.
    ///
    /// # Errors
    /// If the setting of the clock is not an instant.
    pub fn new(config: &Config, url: &DatabaseUrl, runtime: &Handle) -> anyhow::Result<Self> {
        let mut system = System::new(config)?;
        let (uow, account_ids) = (DieselUnitOfWork::new(url, config.pool(), runtime), Arc::new(account_ids(config)));
        let is_dev = config.profile == Profile::Dev;
        let clocks = is_dev.then(|| Arc::new(AccountClocks::new(uow.clone(), Arc::clone(&system.clock), Arc::clone(&account_ids))));
        if let Some(clocks) = &clocks {
            system.clock = clocks.clone();
        }
        let tests = is_dev.then(|| TestState::new(&account_ids));
        let denials = Arc::<DenialCounter>::default();
        let sign_ins = Arc::new(sign_ins(&uow, &system).with_denials(Arc::new(MeteredDenials::new(denials.clone()))));
        Ok(Self { uow, url: url.clone(), system, denials, sign_ins, clocks, account_ids, tests })
    }

    /// The present instant, as the use cases see it.
    pub fn now(&self) -> Timestamp {
        self.system.clock.now()
    }

    /// The clocks, as the use cases see them.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.system.clock)
    }

    /// Reads which accounts tests have replaced and which clocks they have moved. A process that serves does so before its first request,
    /// and then with each request; a command does it once. Only profile `dev` has either.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look_at_tests(&self) -> Result<(), StoreError> {
        match &self.clocks {
            Some(clocks) => clocks.refresh().await,
            None => Ok(()),
        }
    }

    /// The use cases of operators.
    pub fn operators(&self) -> Operators {
        self.operators_for(Requester::Operator)
    }

    /// The use cases of operators in the name of that requester, whom the audit log names.
    pub fn operators_for(&self, requester: Requester) -> Operators {
        operators_knowing(&self.uow, &self.system, &self.account_ids, self.sign_ins.clone(), requester)
    }

    /// The id by which addresses of service accounts name an account.
    pub fn named(&self, account: AccountId) -> AccountId {
        AccountId::new(self.account_ids.public(account).get())
    }

    /// The account that such an address names.
    pub fn behind(&self, named: AccountId) -> AccountId {
        self.account_ids.behind(named)
    }

    /// The use cases of people, with another hasher of passwords than that of the server. They take every password.
    pub fn people_with(&self, passwords: Arc<dyn Passwords>) -> Arc<dyn PeopleService> {
        people(&self.uow, &System { passwords, password_rules: PasswordRules::default(), ..self.system.clone() })
    }

    /// The state of the HTTP adapter. `page_key` seals page tokens. In profile `dev` it serves the documentation as well; in production
    /// that is the part of the listener for operations. Requests are under test control in profile `dev` if `serve` has that listener.
    ///
    /// # Errors
    /// If a setting can't be used.
    pub fn http_state(&self, config: &Config, page_key: [u8; 32]) -> anyhow::Result<HttpState> {
        let page_key = config.id_seed.map_or(page_key, seeded_ids::page_key);
        let templates = config.classroom.templates();
        let templates = if config.id_seed.is_some() { templates.of_one_account(SHOWN_ACCOUNT) } else { templates };
        let classroom = ClassroomSettings { templates, page_key };
        let numbers_jobs = config.id_seed.is_some();
        let tickets = self.tests.as_ref().map(|tests| Arc::clone(&tests.tickets));
        let tests = TestParts { account_ids: Arc::clone(&self.account_ids), sync: self.clock_sync(), tickets, numbers_jobs };
        let state = counted_http_state(&self.uow, &self.system, config.limits(), classroom, self.denials.clone(), tests);
        let state = state.with_jobs_compat(config.jobs_compat()).with_trusted_proxies(config.trusted_proxies()?);
        let state = state.with_allowed_origins(config.allowed_origins()?);
        let state = state.with_rate_limits(config.limits.quotas());
        let state = if config.profile == Profile::Dev { state.with_documentation() } else { state };
        // Faults are set and journals are read by the operations listener alone. Faults of jobs need none of this.
        let state = match &self.tests {
            Some(TestState { faults, journals, .. }) if config.ops_of_serve()?.is_some() => {
                state.with_request_control(RequestControl { faults: faults.clone(), journal: journals.clone() })
            }
            Some(_) | None => state,
        };
        #[cfg(feature = "otel")]
        let state = state.with_traces(crate::traces::continue_trace);
        Ok(state)
    }

    /// Shows the database, as that health sees it, and the backlog among the metrics. Both are read on `runtime`, when a scrape asks
    /// and for the charts of the last hour. The health goes by the clocks of this installation from then on.
    pub fn watch_backlog(&self, metrics: &Metrics, health: Arc<ProcessHealth>, runtime: &Handle) {
        health.go_by(self.clock());
        metrics.watch(self.operators().backlog, health, self.system.clock.clone(), runtime);
    }

    /// Writes the counts of denied requests to the audit log.
    pub fn denial_writer(&self) -> DenialWriter<DieselUnitOfWork> {
        DenialWriter::new(self.denials.clone(), self.uow.clone(), self.system.clock.clone())
    }

    /// The verification of the audit log with these keys.
    pub fn audit_verification(&self, keys: Arc<dyn SealKeys>) -> Arc<dyn AuditVerification> {
        Arc::new(AuditVerifier::new(self.uow.clone(), keys))
    }

    /// The ports of the worker. They begin to listen for new jobs at once.
    ///
    /// # Errors
    /// If no thread can be started for the listener.
    pub fn worker_ports(&self) -> std::io::Result<WorkerPorts<DieselUnitOfWork>> {
        let System { clock, ids, .. } = self.system.clone();
        Ok(WorkerPorts { uow: self.uow.clone(), clock, ids, job_notify: self.uow.wake_ups()? })
    }

    /// The faults that jobs of this process meet, where tests control it.
    pub fn job_faults(&self) -> Option<Arc<dyn FaultInjection>> {
        self.tests.as_ref().map(|tests| -> Arc<dyn FaultInjection> { tests.faults.clone() })
    }

    /// What keeps the clocks of this process in step with other processes, if it has clocks that tests move.
    pub fn clock_sync(&self) -> Option<Arc<dyn ClockSync>> {
        let clocks: Arc<dyn ClockSync> = self.clocks.clone()?;
        Some(clocks)
    }

    /// A worker that carries out erasures and no other jobs, for a database that is being restored.
    ///
    /// # Errors
    /// If no thread can be started for the listener.
    pub fn eraser(&self) -> anyhow::Result<JobRunner> {
        let registry = Registry::default().with_steps(Action::DeleteUserData, handlers::EraseUser);
        let settings = Settings { sweep: None, catch_up: None, ..Settings::default() };
        Ok(Runner::new(self.worker_ports()?, registry, settings)?)
    }
}

/// Which accounts tests have replaced: none at first. With a seed, answers show one id for each account.
fn account_ids(config: &Config) -> AccountIds {
    AccountIds::showing(config.id_seed.map(|_| SHOWN_ACCOUNT))
}

/// The metrics of this process, which begin to be recorded. A process with an operations listener calls it once.
///
/// # Errors
/// If the URL of the database can't be used, or no thread can be started.
pub fn metrics(config: &Config) -> anyhow::Result<Metrics> {
    Ok(Metrics::start(config.database()?, config.pool().connections, SystemClock.now())?)
}

/// The health of this process, which is starting, over the database of that URL. The database may be missing.
///
/// # Errors
/// If the setting of the clock is not an instant, or no thread can be started.
pub fn health(config: &Config, url: &DatabaseUrl) -> anyhow::Result<Arc<ProcessHealth>> {
    // The clock of the database is compared with that of the machine, and jobs with the clock of the service.
    let probe = DieselProbe::start(url, config.pool(), Arc::new(SystemClock))?;
    Ok(Arc::new(Health::new(Arc::new(probe), System::new(config)?.clock)))
}

/// A worker with all handlers of jobs.
///
/// # Errors
/// If a setting can't be used.
pub fn job_runner(config: &Config, ports: WorkerPorts<DieselUnitOfWork>) -> anyhow::Result<JobRunner> {
    let runner = Runner::new(ports, job_registry(config)?, config.worker())?;
    #[cfg(feature = "otel")]
    let runner = runner.with_traces(crate::traces::continue_trace);
    Ok(runner)
}

/// All handlers of jobs.
fn job_registry(config: &Config) -> anyhow::Result<Registry> {
    let registry = handlers::registry(config.retention(), config.calendars()?);
    Ok(handlers::with_seals(registry, config.audit.retention(), config.audit.seal_keys(&[])?))
}

/// The adapters that read the clock, the random source and the processor, but no database, and the rules that they work by.
#[derive(Clone)]
pub struct System {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids and random bytes.
    pub ids: Arc<dyn Ids>,
    /// The hasher of passwords.
    pub passwords: Arc<dyn Passwords>,
    /// The rules for new passwords.
    pub password_rules: PasswordRules,
    /// The signatures of service accounts.
    pub signatures: Arc<dyn Signatures>,
}

impl std::fmt::Debug for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System").field("clock", &self.clock).field("ids", &self.ids).finish_non_exhaustive()
    }
}

impl System {
    /// The adapters of a process: those of the machine, with the configured clock.
    ///
    /// # Errors
    /// If the setting of the clock is not an instant.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = match config.clock_start()? {
            Some(start) => Arc::new(ShiftedClock::starting_at(start)),
            None => Arc::new(SystemClock),
        };
        let passwords = Arc::new(Argon2Passwords::default());
        let signatures = Arc::new(JwtSignatures::default());
        let ids: Arc<dyn Ids> = match config.id_seed {
            Some(seed) => Arc::new(SeededIds::new(seed)),
            None => Arc::new(SystemIds),
        };
        Ok(Self { clock, ids, passwords, password_rules: config.password_rules(), signatures })
    }
}

/// The inbound ports of operators, beside the [`Services`] of the server.
#[derive(Clone)]
pub struct Operators {
    /// Accounts.
    pub accounts: Arc<dyn AccountAdministration>,
    /// Keys and tokens.
    pub credentials: Arc<dyn CredentialAdministration>,
    /// The people of an account.
    pub users: Arc<dyn UserAdministration>,
    /// New access tokens.
    pub tokens: Arc<dyn TokenIssuing>,
    /// The projects of an account.
    pub projects: Arc<dyn ProjectAdministration>,
    /// The admins of the installation.
    pub admins: Arc<dyn AdminAdministration>,
    /// The sign-ins of admins.
    pub sign_ins: Arc<dyn AdminSignIns>,
    /// Actors for the use cases of clients.
    pub actors: Arc<dyn OperatorActors>,
    /// Courses.
    pub courses: Arc<dyn CourseOperations>,
    /// Jobs.
    pub jobs: Arc<dyn JobOperations>,
    /// The audit log.
    pub audit: Arc<dyn AuditReading>,
    /// The work that waits.
    pub backlog: Arc<dyn BacklogReading>,
    /// What falls due next in an account.
    pub due: Arc<dyn DueReading>,
    /// Service accounts, their keys, and refresh tokens.
    pub grants: Arc<dyn GrantAdministration>,
    /// Erasures.
    pub erasures: Arc<dyn ErasureRequests>,
    /// New secrets.
    pub secrets: Arc<dyn SecretMaking>,
    /// Publicly known secrets.
    pub known_secrets: Arc<dyn KnownSecretRevocation>,
    /// The keys of the installation.
    pub keys: Arc<dyn InstallationKeys>,
}

impl std::fmt::Debug for Operators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operators").finish_non_exhaustive()
    }
}

/// The use cases of operators over a unit of work.
pub fn operators<U: UnitOfWork + Clone>(uow: &U, system: &System) -> Operators {
    operators_knowing(uow, system, &Arc::default(), Arc::new(sign_ins(uow, system)), Requester::Operator)
}

/// The sign-ins of admins over a unit of work.
fn sign_ins<U: UnitOfWork + Clone>(uow: &U, system: &System) -> SignIns<U> {
    let System { clock, ids, passwords, password_rules: _, signatures: _ } = system.clone();
    SignIns::new(uow.clone(), clock, ids, passwords)
}

/// The same use cases in the name of a requester, where tests have replaced accounts.
fn operators_knowing<U: UnitOfWork + Clone>(
    uow: &U,
    system: &System,
    account_ids: &Arc<AccountIds>,
    sign_ins: Arc<dyn AdminSignIns>,
    requester: Requester,
) -> Operators {
    let System { clock, ids, passwords, password_rules, signatures } = system.clone();
    let grants = GrantUseCases::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids), signatures);
    let grants = Arc::new(grants.with_account_ids(Arc::clone(account_ids)).acting_for(requester));
    let all = UseCases::new(uow.clone(), clock, ids, passwords, password_rules);
    let all = Arc::new(all.with_account_ids(Arc::clone(account_ids)).acting_for(requester));
    Operators {
        accounts: all.clone(),
        credentials: all.clone(),
        users: all.clone(),
        tokens: all.clone(),
        projects: all.clone(),
        admins: all.clone(),
        sign_ins,
        actors: all.clone(),
        courses: all.clone(),
        jobs: all.clone(),
        audit: all.clone(),
        backlog: all.clone(),
        due: all.clone(),
        grants,
        erasures: all.clone(),
        secrets: all.clone(),
        known_secrets: all.clone(),
        keys: all,
    }
}

/// The state of the HTTP adapter: the use cases of clients over a unit of work, and limits.
pub fn http_state<U>(uow: &U, system: &System, limits: Limits, classroom: ClassroomSettings) -> HttpState
where
    U: UnitOfWork + Readers + CourseWriter + Clone,
{
    counted_http_state(uow, system, limits, classroom, Arc::default(), TestParts::default())
}

/// What the use cases of clients know of tests: nothing outside of profile `dev`.
#[derive(Default)]
struct TestParts {
    account_ids: Arc<AccountIds>,
    /// What keeps the clocks in step with other processes.
    sync: Option<Arc<dyn ClockSync>>,
    /// What authentication takes beside credentials.
    tickets: Option<Arc<Tickets>>,
    /// Whether jobs are counted for each account.
    numbers_jobs: bool,
}

/// As [`http_state`], with the count of denied requests of the installation.
fn counted_http_state<U: UnitOfWork + Readers + CourseWriter + Clone>(
    uow: &U,
    system: &System,
    limits: Limits,
    classroom: ClassroomSettings,
    denials: Arc<DenialCounter>,
    tests: TestParts,
) -> HttpState {
    let System { clock, ids, passwords, password_rules: _, signatures } = system.clone();
    let (denials, names): (Arc<dyn DenialLog>, _) = (Arc::new(MeteredDenials::new(denials)), tests.account_ids);
    let services = Services {
        sessions: Arc::new(Sessions::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        attendees: Arc::new(Attendees::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        people: people(uow, system),
        log_in: Arc::new(CountedLogIns::new(
            Arc::new(LogIns::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids), passwords)),
            denials.clone(),
        )),
        token_grants: Arc::new(
            Grants::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids), Arc::clone(&signatures))
                .with_denials(denials.clone())
                .with_account_ids(Arc::clone(&names)),
        ),
        courses: Arc::new(Courses::new(uow.clone(), Arc::clone(&clock), Arc::clone(&ids))),
        rosters: Arc::new(Rosters::new(uow.clone(), Arc::clone(&clock))),
        jobs: jobs(uow, system, tests.numbers_jobs),
        projects: Arc::new(Projects::new(uow.clone(), Arc::clone(&clock), ids)),
        activity: Arc::new(Activity::new(uow.clone())),
        identity: Arc::new(
            Identity::new(uow.clone(), clock)
                .with_signatures(signatures)
                .with_denials(denials.clone())
                .with_account_ids(Arc::clone(&names)),
        ),
    };
    let services = match tests.tickets {
        Some(tickets) => Services { identity: Arc::new(TicketedIdentity::new(services.identity, tickets)), ..services },
        None => services,
    };
    let services = match tests.sync {
        Some(sync) => synced(services, &sync, &names),
        None => services,
    };
    HttpState::new(services, classroom, limits).with_denials(denials)
}

/// The same use cases, which look at the clocks first, and find accounts by the ids that their clients know.
fn synced(services: Services, sync: &Arc<dyn ClockSync>, names: &Arc<AccountIds>) -> Services {
    Services {
        identity: Arc::new(SyncedIdentity::new(services.identity, Arc::clone(sync))),
        log_in: Arc::new(SyncedLogIns::new(services.log_in, Arc::clone(sync), Arc::clone(names))),
        token_grants: Arc::new(SyncedGrants::new(services.token_grants, Arc::clone(sync))),
        ..services
    }
}

/// The use cases of jobs. With `numbers`, clients know each job by a number that its account has counted.
fn jobs<U: UnitOfWork + Readers + Clone>(uow: &U, system: &System, numbers: bool) -> Arc<dyn JobService> {
    let jobs = Jobs::new(uow.clone(), Arc::clone(&system.clock));
    if !numbers {
        return Arc::new(jobs);
    }
    let ids = &system.ids;
    Arc::new(NumberedJobs::new(Arc::new(jobs.with_ids(Arc::clone(ids))), Arc::clone(ids)))
}

fn people<U: UnitOfWork + Clone>(uow: &U, system: &System) -> Arc<dyn PeopleService> {
    let System { clock, ids, passwords, password_rules, signatures: _ } = system.clone();
    Arc::new(People::new(uow.clone(), clock, ids, passwords, password_rules))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OpsConfig;

    #[test]
    fn requests_are_under_test_control_where_a_listener_lets_tests_read_their_journal() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let url: DatabaseUrl = "sqlite:///nowhere/derslik.sqlite".parse().unwrap();
        let off = Some("off".to_owned());
        for (profile, listen, is_controlled) in [
            (Profile::Dev, None, true),
            (Profile::Dev, Some("127.0.0.1:0".to_owned()), true),
            (Profile::Dev, off.clone(), false),
            (Profile::Production, None, false),
            (Profile::Production, off, false),
        ] {
            let config = Config { profile, ops: OpsConfig { listen: listen.clone(), ..OpsConfig::default() }, ..Config::default() };
            let installation = Installation::new(&config, &url, runtime.handle()).unwrap();
            let state = installation.http_state(&config, [0; 32]).unwrap();
            assert_eq!(state.request_control().is_some(), is_controlled, "{profile:?} {listen:?}");
            // A job looks for its faults in the process that runs it, not in the state of requests.
            assert_eq!(installation.job_faults().is_some(), profile == Profile::Dev);
        }
    }
}
