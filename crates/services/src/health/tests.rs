use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use derslik_domain::id::AccountId;
use derslik_ports::mocks::StoppedClock;
use derslik_ports::outbound::{DatabaseFacts, FirstDue, MockDatabaseProbe, Reason, SchemaFit, StoreError};
use derslik_testkit::builders::now;
use tokio::sync::oneshot;

use super::*;

/// A database that answers as the test says, and counts how often it was looked at.
#[derive(Debug)]
struct FakeDatabase {
    looks: AtomicUsize,
    answer: Mutex<Answer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Facts,
    Refusal,
    Garbage,
    Late,
    Never,
    Panic,
}

fn facts() -> DatabaseFacts {
    DatabaseFacts { schema: SchemaFit::default(), clock_difference: None, first_due: FirstDue::NoJob, free_bytes: None }
}

#[async_trait]
impl DatabaseProbe for FakeDatabase {
    async fn probe(&self, _left_out: Vec<AccountId>) -> Result<DatabaseFacts, StoreError> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let answer = *self.answer.lock().unwrap();
        match answer {
            Answer::Facts => Ok(facts()),
            Answer::Refusal => Err(Reason::Stopping.into()),
            Answer::Garbage => Err(StoreError::Other("no such table".into())),
            Answer::Late => {
                tokio::time::sleep(Duration::from_millis(900)).await;
                Err(Reason::TimedOut.into())
            }
            Answer::Never => std::future::pending().await,
            Answer::Panic => panic!("for the test"),
        }
    }
}

struct Process {
    health: Health,
    database: Arc<FakeDatabase>,
}

impl Process {
    /// A process that works, on a database that answers.
    fn working() -> Self {
        let database = Arc::new(FakeDatabase { looks: AtomicUsize::new(0), answer: Mutex::new(Answer::Facts) });
        let health = Health::new(database.clone(), Arc::new(StoppedClock(now())));
        health.enter(Phase::Working);
        Self { health, database }
    }

    fn set(&self, answer: Answer) {
        *self.database.answer.lock().unwrap() = answer;
    }

    fn looks(&self) -> usize {
        self.database.looks.load(Ordering::Relaxed)
    }

    async fn is_ready(&self) -> bool {
        self.health.readiness().await.is_ready()
    }

    /// The state of a part.
    async fn state(&self, part: HealthPart) -> Option<HealthState> {
        self.health.readiness().await.parts.into_iter().find(|found| found.part == part).map(|found| found.state)
    }
}

#[tokio::test(start_paused = true)]
async fn the_database_is_looked_at_once_a_second_whatever_the_polling() {
    const SECONDS: u32 = 5;
    let process = Process::working();
    for _ in 0..SECONDS * 100 {
        assert!(process.is_ready().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!((2..=6).contains(&process.looks()), "{} looks", process.looks());
    let before = process.looks();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(process.looks(), before, "a look that nothing has asked for");
}

#[tokio::test(start_paused = true)]
async fn callers_at_the_same_time_share_a_look() {
    let process = Arc::new(Process::working());
    let callers = (0..50).map(|_| {
        let process = Arc::clone(&process);
        tokio::spawn(async move { process.is_ready().await })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert!(caller.await.unwrap());
    }
    assert_eq!(process.looks(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_goes_and_comes_back_shows_within_two_seconds() {
    let process = Process::working();
    for answer in [Answer::Refusal, Answer::Late, Answer::Garbage, Answer::Panic] {
        assert!(process.is_ready().await);
        process.set(answer);
        let gone = Instant::now();
        while process.is_ready().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(gone.elapsed() < Duration::from_secs(2), "{answer:?}: {:?}", gone.elapsed());
        process.set(Answer::Facts);
        let back = Instant::now();
        while !process.is_ready().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(back.elapsed() < Duration::from_secs(2), "{answer:?}: {:?}", back.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_never_ends_is_waited_for_a_second_and_no_other_begins() {
    let process = Process::working();
    process.set(Answer::Never);
    for _ in 0..20 {
        let begin = Instant::now();
        assert_eq!(process.state(HealthPart::Database).await, Some(HealthState::Failing));
        assert!(begin.elapsed() <= Duration::from_secs(1), "{:?}", begin.elapsed());
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    assert_eq!(process.looks(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_does_not_make_the_next_one_look_again() {
    let process = Process::working();
    process.set(Answer::Late);
    let short = tokio::time::timeout(Duration::from_millis(10), process.is_ready()).await;
    assert!(short.is_err());
    assert!(!process.is_ready().await);
    assert_eq!(process.looks(), 1);
}

/// A database whose one answer comes from another thread.
struct Remote(Mutex<Option<oneshot::Receiver<DatabaseFacts>>>);

#[async_trait]
impl DatabaseProbe for Remote {
    async fn probe(&self, _left_out: Vec<AccountId>) -> Result<DatabaseFacts, StoreError> {
        let answer = self.0.lock().unwrap().take();
        Ok(answer.unwrap().await.unwrap())
    }
}

/// Clients may leave a runtime so little time that no other task runs before the time of the look is over.
#[tokio::test]
async fn a_caller_sees_the_answer_though_its_runtime_runs_no_other_task() {
    let (sender, answer) = oneshot::channel();
    let health = Health::new(Arc::new(Remote(Mutex::new(Some(answer)))), Arc::new(StoppedClock(now())));
    health.enter(Phase::Working);
    let (mut readiness, mut context) = (health.readiness(), Context::from_waker(Waker::noop()));
    assert!(readiness.as_mut().poll(&mut context).is_pending());
    sender.send(facts()).unwrap();
    let Poll::Ready(readiness) = readiness.as_mut().poll(&mut context) else { panic!("the answer is there") };
    assert!(readiness.is_ready(), "{readiness:?}");
}

#[tokio::test(start_paused = true)]
async fn a_phase_shows_at_once() {
    let process = Process::working();
    for (phase, is_ready) in [(Phase::Starting, false), (Phase::Working, true), (Phase::Draining, false)] {
        process.health.enter(phase);
        assert_eq!(process.is_ready().await, is_ready, "{phase:?}");
    }
    assert_eq!(process.looks(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_state_is_that_of_its_beginning() {
    #[derive(Debug)]
    struct TestClock(tokio::time::Instant);
    impl Clock for TestClock {
        fn now(&self) -> Timestamp {
            now().plus(self.0.elapsed())
        }
    }
    let database = Arc::new(FakeDatabase { looks: AtomicUsize::new(0), answer: Mutex::new(Answer::Facts) });
    let process = Process { health: Health::new(database.clone(), Arc::new(TestClock(Instant::now()))), database };
    let since = async |part: HealthPart| process.health.readiness().await.parts.into_iter().find(|found| found.part == part).unwrap().since;
    assert_eq!((since(HealthPart::Process).await, since(HealthPart::Database).await), (now(), now()));
    tokio::time::sleep(Duration::from_secs(5)).await;
    process.health.enter(Phase::Working);
    process.set(Answer::Refusal);
    let changed = since(HealthPart::Process).await;
    assert_eq!(changed.since(now()).as_secs(), 5);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((since(HealthPart::Process).await, since(HealthPart::Database).await), (changed, changed));
}

/// Clocks that tests have moved: that of the account 7, and that of all others.
#[derive(Debug)]
struct Moved {
    of_most: Timestamp,
}

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        now()
    }

    fn due_times(&self) -> DueTimes {
        DueTimes { of_most: self.of_most, of_others: HashMap::from([(AccountId::new(7), now().minutes_before(90))]) }
    }
}

/// The state of the worker where the first job is due an hour ago, apart from those of accounts that are left out.
async fn worker_by(clocks: Option<Moved>) -> (Option<HealthState>, Vec<AccountId>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, mut probe) = (Arc::clone(&asked), MockDatabaseProbe::new());
    probe.expect_probe().once().returning(move |left_out| {
        *seen.lock().unwrap() = left_out;
        Ok(DatabaseFacts { first_due: FirstDue::At(now().minutes_before(60)), ..facts() })
    });
    let health = Health::new(Arc::new(probe), Arc::new(StoppedClock(now())));
    if let Some(clocks) = clocks {
        health.go_by(Arc::new(clocks));
    }
    let worker = health.readiness().await.parts.into_iter().find(|found| found.part == HealthPart::Worker);
    let left_out = asked.lock().unwrap().clone();
    (worker.map(|found| found.state), left_out)
}

#[tokio::test(start_paused = true)]
async fn a_job_waits_by_the_clock_of_its_account() {
    assert_eq!(worker_by(None).await, (Some(HealthState::Warning), Vec::new()));
    let own = vec![AccountId::new(7)];
    assert_eq!(worker_by(Some(Moved { of_most: now() })).await, (Some(HealthState::Warning), own.clone()));
    // The clock of all accounts stands still before the job is due.
    assert_eq!(worker_by(Some(Moved { of_most: now().minutes_before(70) })).await, (Some(HealthState::Ok), own));
}

/// The states of the parts on such a database.
fn judged(facts: DatabaseFacts) -> BTreeMap<HealthPart, HealthState> {
    let judgements = judge(Phase::Working, &Look::Found(facts), now());
    judgements.into_iter().map(|judgement| (judgement.part, judgement.state)).collect()
}

#[test]
fn a_schema_is_ready_unless_it_lacks_a_migration() {
    let state = |missing, unknown| judged(DatabaseFacts { schema: SchemaFit { missing, unknown }, ..facts() })[&HealthPart::Schema];
    assert_eq!([state(0, 0), state(0, 1)], [HealthState::Ok, HealthState::Warning]);
    assert_eq!([state(1, 0), state(1, 1)], [HealthState::Failing; 2]);
}

#[test]
fn worker_disk_and_clock_warn_only() {
    let worker = |first_due| judged(DatabaseFacts { first_due, ..facts() })[&HealthPart::Worker];
    let due = |minutes| worker(FirstDue::At(now().minutes_before(minutes)));
    assert_eq!([due(-60), due(10), due(11)], [HealthState::Ok, HealthState::Ok, HealthState::Warning]);
    assert_eq!([worker(FirstDue::NoJob), worker(FirstDue::Unread)], [HealthState::Ok, HealthState::Warning]);
    let disk = |mib: u64| judged(DatabaseFacts { free_bytes: Some(mib * 1024 * 1024), ..facts() })[&HealthPart::Disk];
    assert_eq!([disk(512), disk(511), disk(0)], [HealthState::Ok, HealthState::Warning, HealthState::Warning]);
    let clock = |millis| judged(DatabaseFacts { clock_difference: Some(Duration::from_millis(millis)), ..facts() })[&HealthPart::Clock];
    assert_eq!([clock(5_000), clock(5_001)], [HealthState::Ok, HealthState::Warning]);
}

#[test]
fn parts_that_a_database_does_not_have_are_left_out() {
    let parts: Vec<_> = judged(facts()).into_keys().collect();
    assert_eq!(parts, [HealthPart::Process, HealthPart::Database, HealthPart::Schema, HealthPart::Worker]);
}

#[test]
fn no_text_of_an_error_is_shown() {
    let errors = [StoreError::Other("role ayse at db.internal".into()), StoreError::from(Reason::Refused)];
    for error in errors {
        let judgements = judge(Phase::Working, &Look::from(Err(error)), now());
        assert!(judgements.iter().all(|judgement| !judgement.note.to_string().contains("ayse")), "{judgements:?}");
        assert!(judgements.iter().any(|judgement| judgement.state == HealthState::Failing), "{judgements:?}");
    }
}
