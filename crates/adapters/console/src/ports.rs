//! The ports that the pages call.

use std::sync::Arc;

use derslik_domain::audit::Requester;
use derslik_domain::id::AccountId;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{
    AccountControl, AccountIds, ClockControl, FaultControl, JournalReading, RequestReplay, SeedControl, SnapshotControl,
};
use derslik_ports::inbound::operators::{
    AccountAdministration, AdminAdministration, AdminSignIns, AuditReading, AuditVerification, BacklogReading, CourseOperations,
    CredentialAdministration, DueReading, ErasureRequests, JobOperations, OperatorActors, ProjectAdministration, TokenIssuing,
    UserAdministration, VitalsReading,
};
use derslik_ports::inbound::{AttendeeService, CourseService, HealthService, JobService, PeopleService, RosterService, SessionService};

/// Makes the ports of operators that record a requester.
pub type OperatorsFor = Arc<dyn Fn(Requester) -> OperatorPorts + Send + Sync>;

/// Tells the time of an account.
pub type TimeOf = Arc<dyn Fn(AccountId) -> Timestamp + Send + Sync>;

/// Tells the time of accounts without a clock of their own.
pub type Time = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// All ports of the console. Clones share them.
#[derive(Clone)]
pub struct ConsolePorts {
    /// The ports of operators.
    pub operators_for: OperatorsFor,
    /// The ports that the public APIs call as well.
    pub clients: ClientPorts,
    /// Sign-ins of admins.
    pub sign_ins: Arc<dyn AdminSignIns>,
    /// The health of the process.
    pub health: Arc<dyn HealthService>,
    /// The work that waits.
    pub backlog: Arc<dyn BacklogReading>,
    /// What the process did in the last hour.
    pub vitals: Arc<dyn VitalsReading>,
    /// The verification of the audit log. `None` where this process knows no key of its seals.
    pub verification: Option<Arc<dyn AuditVerification>>,
    /// The time of each account.
    pub time_of: TimeOf,
    /// The time of accounts without a clock of their own.
    pub time: Time,
    /// The ids by which accounts are known outside.
    pub ids: Arc<AccountIds>,
    /// Test control, which profile `dev` has.
    pub control: Option<ControlPorts>,
}

/// The ports of operators, for one requester.
#[derive(Clone)]
pub struct OperatorPorts {
    /// Accounts.
    pub accounts: Arc<dyn AccountAdministration>,
    /// Actors by which operators use the ports of clients.
    pub actors: Arc<dyn OperatorActors>,
    /// Keys and tokens.
    pub credentials: Arc<dyn CredentialAdministration>,
    /// People.
    pub users: Arc<dyn UserAdministration>,
    /// New access tokens.
    pub tokens: Arc<dyn TokenIssuing>,
    /// Projects.
    pub projects: Arc<dyn ProjectAdministration>,
    /// Admins of the installation.
    pub admins: Arc<dyn AdminAdministration>,
    /// What no client can do to courses.
    pub courses: Arc<dyn CourseOperations>,
    /// Jobs.
    pub jobs: Arc<dyn JobOperations>,
    /// Erasures.
    pub erasures: Arc<dyn ErasureRequests>,
    /// The audit log.
    pub audit: Arc<dyn AuditReading>,
    /// What falls due next.
    pub due: Arc<dyn DueReading>,
}

/// The ports that the public APIs call as well. They take an actor.
#[derive(Clone)]
pub struct ClientPorts {
    /// Sessions.
    pub sessions: Arc<dyn SessionService>,
    /// Attendees.
    pub attendees: Arc<dyn AttendeeService>,
    /// Courses.
    pub courses: Arc<dyn CourseService>,
    /// Rosters.
    pub rosters: Arc<dyn RosterService>,
    /// People.
    pub people: Arc<dyn PeopleService>,
    /// Jobs of projects.
    pub jobs: Arc<dyn JobService>,
}

/// The ports of test control.
#[derive(Clone)]
pub struct ControlPorts {
    /// Test accounts.
    pub accounts: Arc<dyn AccountControl>,
    /// Seeds.
    pub seeds: Arc<dyn SeedControl>,
    /// Snapshots.
    pub snapshots: Arc<dyn SnapshotControl>,
    /// Clocks.
    pub clock: Arc<dyn ClockControl>,
    /// Faults.
    pub faults: Arc<dyn FaultControl>,
    /// Journals.
    pub journal: Arc<dyn JournalReading>,
    /// Replays of requests.
    pub replay: Arc<dyn RequestReplay>,
}

macro_rules! opaque {
    ($($name:ident)*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })*
    };
}

opaque!(ConsolePorts OperatorPorts ClientPorts ControlPorts);
