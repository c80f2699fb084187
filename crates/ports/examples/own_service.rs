//! A service of another team over Derslik's ports, with unit tests that need no database: `cargo test -p derslik-ports
//! --all-features --example own_service`. It reminds attendees of the sessions that start within the next hour.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use derslik_domain::id::{AccountId, SessionGuid};
use derslik_domain::session::{Session, SessionStatus};
use derslik_ports::mocks::{FakeUnitOfWork, MockStores, StoppedClock};
use derslik_ports::outbound::{Clock, StoreError, UnitOfWork};

/// Finds the sessions to remind of.
struct Reminders<U> {
    uow: U,
    clock: Arc<dyn Clock>,
}

impl<U: UnitOfWork> Reminders<U> {
    /// Of these sessions those that are open and start within the next hour, the earliest first.
    async fn due(&self, account: AccountId, watched: BTreeSet<SessionGuid>) -> Result<Vec<Session>, StoreError> {
        if watched.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let within_an_hour = now..=now.plus(Duration::from_secs(60 * 60));
        let guids: Vec<_> = watched.into_iter().collect();
        let found = self.uow.read(account, move |stores| stores.sessions().find_many(account, &guids)).await?;
        let mut due: Vec<_> = found
            .into_values()
            .filter(|session| session.status == SessionStatus::Active && within_an_hour.contains(&session.start.instant()))
            .collect();
        due.sort_by_key(|session| (session.start.instant(), session.guid));
        Ok(due)
    }
}

/// Runs the service over mocked stores. A program of its own gives it the unit of work of derslik-storage and a real clock.
fn main() -> Result<(), Box<dyn Error>> {
    let mut stores = MockStores::default();
    stores.sessions.expect_find_many().returning(|_, _| Ok(HashMap::new()));
    let clock = Arc::new(StoppedClock("2026-09-01T08:00:00+03:00".parse()?));
    let reminders = Reminders { uow: FakeUnitOfWork::new(stores), clock };
    let watched = BTreeSet::from(["00000000-0000-0000-0000-000000000001".parse()?]);
    let due = tokio::runtime::Builder::new_current_thread().build()?.block_on(reminders.due(AccountId::new(1), watched))?;
    println!("{} of the watched sessions start within the next hour", due.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use derslik_domain::course::CourseSettings;
    use derslik_domain::form::Field;
    use derslik_domain::id::Id;
    use derslik_domain::identity::{AccountSettings, Lang};
    use derslik_domain::session::{Creator, SessionForm};
    use derslik_domain::time::{StartDateMode, Timestamp, Zone};
    use derslik_ports::outbound::Reason;

    use super::*;

    const ACCOUNT: AccountId = Id::new(1);

    fn now() -> Timestamp {
        "2026-09-01T08:00:00+03:00".parse().unwrap()
    }

    fn guid(number: u8) -> SessionGuid {
        format!("00000000-0000-0000-0000-0000000000{number:02}").parse().unwrap()
    }

    fn session(number: u8, start: &str) -> Session {
        let settings = AccountSettings {
            lang: Lang::parse("tr-TR").unwrap(),
            timezone: Zone::ISTANBUL,
            start_date_mode: StartDateMode::Civil,
            courses: CourseSettings::default(),
        };
        let form = SessionForm {
            name: Field::Given(b"CS201".to_vec()),
            start_date: Field::Given(start.as_bytes().to_vec()),
            duration: Field::Given(60),
            ..SessionForm::default()
        };
        form.create(guid(number), &Creator { principal: Id::new(2), settings: &settings, now: now() }).unwrap()
    }

    fn reminders(stores: MockStores) -> Reminders<FakeUnitOfWork> {
        Reminders { uow: FakeUnitOfWork::new(stores), clock: Arc::new(StoppedClock(now())) }
    }

    #[tokio::test]
    async fn reminds_of_what_starts_within_the_hour_the_earliest_first() {
        let mut stores = MockStores::default();
        stores.sessions.expect_find_many().once().withf(|account, guids| *account == ACCOUNT && guids.len() == 3).returning(|_, _| {
            let found = [session(1, "2026-09-01T09:00:00"), session(2, "2026-09-01T08:30:00"), session(3, "2026-09-01T09:00:01")];
            Ok(found.into_iter().map(|session| (session.guid, session)).collect::<HashMap<_, _>>())
        });

        let due = reminders(stores).due(ACCOUNT, [guid(1), guid(2), guid(3)].into()).await.unwrap();

        assert_eq!(due.iter().map(|session| session.guid).collect::<Vec<_>>(), [guid(2), guid(1)]);
    }

    #[tokio::test]
    async fn asks_no_store_if_nothing_is_watched() {
        // A mock that expects no call panics when it is called.
        assert!(reminders(MockStores::default()).due(ACCOUNT, BTreeSet::new()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn passes_on_that_the_store_is_not_available() {
        let mut stores = MockStores::default();
        stores.sessions.expect_find_many().returning(|_, _| Err(Reason::TimedOut.into()));

        let failed = reminders(stores).due(ACCOUNT, [guid(1)].into()).await;

        assert_eq!(failed.unwrap_err().unavailable(), Some(Reason::TimedOut));
    }
}
