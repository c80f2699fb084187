//! The state that handlers share: the inbound ports, the settings of the dialects and the limits of a request.

use std::sync::Arc;

use derslik_domain::audit::DenialCause;
use derslik_domain::id::AccountId;
use derslik_domain::trace::TraceParent;
use derslik_ports::inbound::control::{FaultInjection, JournalRecording};
use derslik_ports::inbound::{
    ActivityService, AttendeeService, CourseService, DenialLog, IdentityService, JobService, LogInService, PeopleService, ProjectService,
    RosterService, SessionService, TokenGrants,
};

use crate::budgets::{BodyBudgets, ResponseBudget};
use crate::classroom::settings::ClassroomSettings;
use crate::forwarding::TrustedProxies;
use crate::limits::Limits;
use crate::openreplay::compat::JobsCompat;
use crate::origins::AllowedOrigins;
use crate::propagation::{ContinueTrace, pass_on};
use crate::rate::{RateClock, RateLimits, RateQuotas};

/// The inbound ports.
#[derive(Clone)]
pub struct Services {
    /// Sessions.
    pub sessions: Arc<dyn SessionService>,
    /// The attendees of sessions.
    pub attendees: Arc<dyn AttendeeService>,
    /// The people of an account.
    pub people: Arc<dyn PeopleService>,
    /// Log-in: tokens for passwords.
    pub log_in: Arc<dyn LogInService>,
    /// Tokens for grants.
    pub token_grants: Arc<dyn TokenGrants>,
    /// Courses.
    pub courses: Arc<dyn CourseService>,
    /// The members of courses.
    pub rosters: Arc<dyn RosterService>,
    /// Jobs.
    pub jobs: Arc<dyn JobService>,
    /// Projects.
    pub projects: Arc<dyn ProjectService>,
    /// The activity of an attendee, as the jobs API shows it.
    pub activity: Arc<dyn ActivityService>,
    /// The identity behind a credential.
    pub identity: Arc<dyn IdentityService>,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

/// The inbound ports and the limits of a request. Clones share the limits that apply to all requests together.
#[derive(Clone)]
pub struct HttpState {
    services: Services,
    /// The settings of the installation for the courses API.
    pub classroom: ClassroomSettings,
    /// The limits of a request.
    pub limits: Limits,
    /// The shape of answers of the jobs API where the document and the original service differ.
    pub jobs_compat: JobsCompat,
    body_budgets: BodyBudgets,
    response_budget: ResponseBudget,
    trusted_proxies: TrustedProxies,
    allowed_origins: AllowedOrigins,
    rate_limits: RateLimits,
    denials: Option<Arc<dyn DenialLog>>,
    continue_trace: ContinueTrace,
    has_documentation: bool,
    request_control: Option<Arc<RequestControl>>,
}

/// What tests may control about requests: which faults they get, and the journal that keeps them.
#[derive(Debug, Clone)]
pub struct RequestControl {
    /// Tells a request which fault it gets.
    pub faults: Arc<dyn FaultInjection>,
    /// Keeps requests.
    pub journal: Arc<dyn JournalRecording>,
}

impl std::ops::Deref for HttpState {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl HttpState {
    /// A state with these ports, settings and limits, and without trusted proxies, rate limits and documentation.
    /// Pages of every origin may use it.
    pub fn new(services: Services, classroom: ClassroomSettings, limits: Limits) -> Self {
        let (body_budgets, response_budget) = (BodyBudgets::new(&limits), ResponseBudget::new(&limits));
        let (jobs_compat, trusted_proxies) = (JobsCompat::default(), TrustedProxies::default());
        let (rate_limits, denials, has_documentation) = (RateLimits::default(), None, false);
        Self {
            services,
            classroom,
            limits,
            jobs_compat,
            body_budgets,
            response_budget,
            trusted_proxies,
            allowed_origins: AllowedOrigins::default(),
            rate_limits,
            denials,
            continue_trace: pass_on,
            has_documentation,
            request_control: None,
        }
    }

    /// The same state, whose requests are recorded in distributed traces by `continue_trace`.
    #[must_use]
    pub fn with_traces(self, continue_trace: ContinueTrace) -> Self {
        Self { continue_trace, ..self }
    }

    /// Makes the span of a request a part of the trace that it names. Returns the step that its work continues.
    pub(crate) fn continue_trace(&self, span: &tracing::Span, received: Option<TraceParent>) -> Option<TraceParent> {
        (self.continue_trace)(span, received)
    }

    /// The same state, with answers of the jobs API shaped as `compat` says.
    #[must_use]
    pub fn with_jobs_compat(self, compat: JobsCompat) -> Self {
        Self { jobs_compat: compat, ..self }
    }

    /// The same state, which trusts the forwarding headers of these proxies.
    #[must_use]
    pub fn with_trusted_proxies(self, trusted_proxies: TrustedProxies) -> Self {
        Self { trusted_proxies, ..self }
    }

    /// The same state, which the web pages of these origins may use.
    #[must_use]
    pub fn with_allowed_origins(self, allowed_origins: AllowedOrigins) -> Self {
        Self { allowed_origins, ..self }
    }

    /// The same state, which refuses requests above these quotas.
    #[must_use]
    pub fn with_rate_limits(self, quotas: RateQuotas) -> Self {
        self.with_rate_limits_by(quotas, &RateClock::monotonic())
    }

    /// The same, with another clock.
    #[must_use]
    pub(crate) fn with_rate_limits_by(self, quotas: RateQuotas, clock: &RateClock) -> Self {
        Self { rate_limits: RateLimits::new(quotas, clock), ..self }
    }

    /// The rate limits of all requests.
    pub(crate) const fn rate_limits(&self) -> &RateLimits {
        &self.rate_limits
    }

    /// The same state, which counts denied requests there.
    #[must_use]
    pub fn with_denials(self, denials: Arc<dyn DenialLog>) -> Self {
        Self { denials: Some(denials), ..self }
    }

    /// The same state, which serves the [`documentation`](crate::documentation()) beside the calls.
    #[must_use]
    pub fn with_documentation(self) -> Self {
        Self { has_documentation: true, ..self }
    }

    /// Whether the documentation is served beside the calls.
    pub(crate) const fn has_documentation(&self) -> bool {
        self.has_documentation
    }

    /// The same state, whose requests meet the faults of tests and are kept in journals.
    #[must_use]
    pub fn with_request_control(self, request_control: RequestControl) -> Self {
        Self { request_control: Some(Arc::new(request_control)), ..self }
    }

    /// What tests may control. `None` where nothing reads the journal.
    pub const fn request_control(&self) -> Option<&Arc<RequestControl>> {
        self.request_control.as_ref()
    }

    /// Counts a denied request.
    pub(crate) fn note_denied(&self, account: Option<AccountId>, cause: DenialCause) {
        if let Some(denials) = &self.denials {
            denials.note(account, cause);
        }
    }

    /// The proxies whose forwarding headers are trusted.
    pub(crate) const fn trusted_proxies(&self) -> &TrustedProxies {
        &self.trusted_proxies
    }

    /// The origins whose web pages may use the APIs.
    pub(crate) const fn allowed_origins(&self) -> &AllowedOrigins {
        &self.allowed_origins
    }

    /// The memory that the bodies of all requests share.
    pub(crate) fn body_budgets(&self) -> &BodyBudgets {
        &self.body_budgets
    }

    /// The memory that the answers to all requests share.
    pub(crate) fn response_budget(&self) -> &ResponseBudget {
        &self.response_budget
    }
}

impl std::fmt::Debug for HttpState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpState").field("limits", &self.limits).finish_non_exhaustive()
    }
}
