//! The service under test: over a new database with a fixed clock and predictable ids, or as a process.
#![expect(dead_code, reason = "each test uses a part of it")]

pub(crate) mod process;
pub(crate) mod proof;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use derslik::dev_accounts::dev_accounts;
use derslik::passwords::Argon2Passwords;
use derslik::signatures::JwtSignatures;
use derslik::wiring::{Operators, System, http_state, operators};
use derslik_domain::id::{AttendeeGuid, SessionGuid, UserGuid};
use derslik_domain::identity::PasswordRules;
use derslik_domain::time::Timestamp;
use derslik_http::classroom::{ClassroomSettings, Templates};
use derslik_http::{HttpState, Limits};
use derslik_ports::inbound::operators::Credentials;
use derslik_ports::mocks::StoppedClock;
use derslik_ports::outbound::{Ids, Passwords, Tenant, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::settings;
use derslik_testkit::postgres::{PostgresServer, Template};
use libtest_mimic::{Arguments, Failed, Trial};

/// The bearer of the account `demo`.
pub(crate) const DEMO: &str = "demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3";
/// The bearer of the account `other`.
pub(crate) const OTHER: &str = "other-access|dda7bc141049ec65fc6b98e64f562940b1e3f53be7083e178cc25fb9b46bf183";

/// The service over a new database.
pub(crate) struct Service {
    /// The state of the HTTP adapter.
    pub(crate) state: HttpState,
    /// The use cases of operators.
    pub(crate) operators: Operators,
    /// The database behind it.
    pub(crate) uow: DieselUnitOfWork,
    /// The URL of the database.
    pub(crate) url: DatabaseUrl,
    /// Removed together with the service.
    _place: Place,
}

/// A guard that keeps a database until it is dropped.
pub(crate) type Place = Box<dyn std::any::Any + Send>;

/// Makes a new database with the current schema.
pub(crate) type Open = fn() -> Result<(DatabaseUrl, Place), Failed>;

/// Both databases, by their names in test names.
pub(crate) const DATABASES: [(&str, Open); 2] = [("sqlite", sqlite), ("postgres", postgres)];

fn sqlite() -> Result<(DatabaseUrl, Place), Failed> {
    let folder = tempfile::tempdir()?;
    let url = DatabaseUrl::Sqlite(folder.path().join("test.sqlite"));
    url.migrate()?;
    Ok((url, Box::new(folder)))
}

fn postgres() -> Result<(DatabaseUrl, Place), Failed> {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared()?.create_database(&template)?;
    Ok((database.url().parse()?, Box::new(database)))
}

/// Consecutive ids; the first is `…0001`.
#[derive(Debug, Default)]
pub(crate) struct CountedIds(AtomicU64);

impl CountedIds {
    fn next(&self) -> uuid::Uuid {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        uuid::Uuid::from_u128(0x1b27_eb7f_6ecd_42b1_8cec_0000_0000_0000 | u128::from(number))
    }
}

impl Ids for CountedIds {
    fn session_guid(&self) -> SessionGuid {
        SessionGuid::new(self.next())
    }

    fn user_guid(&self) -> UserGuid {
        UserGuid::new(self.next())
    }

    fn attendee_guid(&self) -> AttendeeGuid {
        AttendeeGuid::new(self.next())
    }

    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(self.next().as_bytes().iter().rev()).for_each(|(byte, digit)| *byte = *digit);
        bytes
    }
}

impl Service {
    /// The service with the accounts `demo` and `other`, over a new database, with a stopped clock.
    pub(crate) async fn start(database: Open, now: Timestamp, limits: Limits) -> Result<Self, Failed> {
        Self::start_with(database, now, limits, Arc::new(Argon2Passwords::default())).await
    }

    /// The same, with another password hasher.
    pub(crate) async fn start_with(database: Open, now: Timestamp, limits: Limits, passwords: Arc<dyn Passwords>) -> Result<Self, Failed> {
        let (url, place) = database()?;
        let uow = DieselUnitOfWork::new(
            &url,
            PoolSettings { connections: 4, statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            &tokio::runtime::Handle::current(),
        );
        let system = System {
            clock: Arc::new(StoppedClock(now)),
            ids: Arc::new(CountedIds::default()),
            passwords,
            password_rules: PasswordRules::default(),
            signatures: Arc::new(JwtSignatures::default()),
        };
        let operators = operators(&uow, &system);
        let accounts = dev_accounts(operators.secrets.as_ref(), &settings(), true, now)?;
        let plans = accounts.into_iter().map(|account| account.plan).collect();
        operators.accounts.set_up(plans, Credentials::Always).await?.ok_or("the database holds accounts")?;
        let classroom = ClassroomSettings { templates: Templates::default(), page_key: [7; 32] };
        let state = http_state(&uow, &system, limits, classroom);
        Ok(Self { state, operators, uow, url, _place: place })
    }

    /// Runs code against the stores, in a transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn derslik_ports::outbound::Stores) -> Result<T, derslik_ports::outbound::StoreError> + Send + 'static,
    ) -> Result<T, Failed> {
        Ok(self.uow.write(Tenant::Installation, work).await?)
    }
}

/// Runs trials.
pub(crate) fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Waits for a future on a new runtime.
pub(crate) fn block_on(future: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, future)
}
