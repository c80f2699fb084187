//! Tests what callers see when PostgreSQL crashes, comes back, cuts connections or makes them wait.
#![cfg(test)]

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use derslik_domain::course::Course;
use derslik_domain::id::Id;
use derslik_domain::job::{NewJob, Platform, Project, ProjectName, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_ports::outbound::{
    CourseLookup, CourseReader, CourseWithMembership, CourseWriter, JobOfProject, JobReader, Reason, SessionReader, StoreError, Stores,
    Tenant, UnitOfWork,
};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, course, guid, now, session, user};
use derslik_testkit::contract::Harness;
use derslik_testkit::network::Way;
use derslik_testkit::postgres::{Durability, PostgresServer, Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

/// More than the longest wait for any answer: 3 s by default, and more on a busy machine. A wait without a limit of its own takes
/// longer.
const TIME_LIMIT: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 4;

/// A server that belongs to the test, and a pool with the default settings except its size.
struct World {
    harness: Harness<DieselUnitOfWork>,
    database: TestDatabase,
    server: PostgresServer,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl World {
    fn new() -> Self {
        let settings = PoolSettings { connections: CONNECTIONS, ..PoolSettings::default() };
        Self::on(PostgresServer::start(Durability::Durable).unwrap(), settings, str::to_owned)
    }

    /// A world whose pool connects by another URL.
    fn on(server: PostgresServer, settings: PoolSettings, url: impl FnOnce(&str) -> String) -> Self {
        let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
        let database = server.create_database(&template).unwrap();
        let url = url(database.url()).parse().unwrap();
        Self { harness: Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime)), database, server }
    }

    /// A connection beside the pool, to observe and to disturb.
    fn connect(&self) -> PgConnection {
        PgConnection::establish(self.database.url()).unwrap()
    }

    fn find(&self, number: u128) -> Result<bool, StoreError> {
        let uow = self.harness.unit_of_work();
        let found = uow.read(account().id, move |stores| stores.sessions().find(account().id, guid(number)));
        Ok(self.harness.runtime().block_on(found)?.is_some())
    }

    fn add(&self, number: u128) -> Result<(), StoreError> {
        self.harness.try_write(move |stores| insert(stores, number))
    }

    /// Opens all connections of the pool by using them at the same time.
    fn fill_pool(&self) {
        let (begun, has_begun) = mpsc::channel();
        // One tenant may not hold all connections, so each unit of work has its own tenant.
        let busy: Vec<_> = (0..i64::from(CONNECTIONS))
            .map(|tenant| {
                let (uow, begun) = (self.harness.unit_of_work().clone(), begun.clone());
                let (go_on, may_go_on) = mpsc::channel::<()>();
                let task = self.harness.runtime().spawn(async move {
                    uow.write(Tenant::Account(Id::new(tenant)), move |stores| {
                        stores.sessions().find(account().id, guid(0))?;
                        begun.send(()).unwrap();
                        may_go_on.recv().ok();
                        Ok::<_, StoreError>(())
                    })
                    .await
                });
                (go_on, task)
            })
            .collect();
        for _ in &busy {
            has_begun.recv().unwrap();
        }
        for (go_on, task) in busy {
            drop(go_on);
            self.harness.runtime().block_on(task).unwrap().unwrap();
        }
        assert_eq!(self.pooled(), i64::from(CONNECTIONS));
    }

    fn pooled(&self) -> i64 {
        let query = "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = 'derslik'";
        sql_query(query).get_result::<Count>(&mut self.connect()).unwrap().count
    }

    fn cut_all_connections(&self) {
        cut_all(&mut self.connect());
    }
}

/// Ends all connections of the pool, and waits until the server has ended them.
fn cut_all(conn: &mut PgConnection) {
    let query = "SELECT count(pg_terminate_backend(pid, 5000)) AS count FROM pg_stat_activity WHERE application_name = 'derslik'";
    assert!(sql_query(query).get_result::<Count>(conn).unwrap().count > 0);
}

fn insert(stores: &mut dyn Stores, number: u128) -> Result<(), StoreError> {
    stores.sessions().insert_many(account().id, &[&session(guid(number))])
}

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

#[test]
fn a_crashed_server_is_reported_in_time_and_is_used_again_as_soon_as_it_is_back() {
    let world = World::new();
    world.add(1).unwrap();
    world.fill_pool();
    world.server.stop_immediate().unwrap();

    for number in 2..4 {
        let begin = Instant::now();
        let (written, read) = (world.add(number), world.find(1));
        assert!(is_unavailable(&written), "{written:?}");
        assert!(is_unavailable(&read), "{read:?}");
        assert!(begin.elapsed() < 2 * TIME_LIMIT, "{:?}", begin.elapsed());
    }

    world.server.restart().unwrap();
    let begin = Instant::now();
    world.add(5).unwrap();
    assert!(world.find(1).unwrap(), "the write before the crash was acknowledged");
    assert!(world.find(5).unwrap());
    assert!(!world.find(2).unwrap() && !world.find(3).unwrap(), "the writes after the crash were not acknowledged");
    assert!(begin.elapsed() < TIME_LIMIT, "{:?}", begin.elapsed());
}

#[test]
fn a_restart_between_two_requests_goes_unnoticed() {
    let world = World::new();
    for round in 1..4 {
        world.fill_pool();
        world.server.restart().unwrap();
        // All pooled connections are dead, and callers must not notice that.
        if round % 2 == 0 {
            assert!(!world.find(99).unwrap());
        }
        world.add(round).unwrap();
        world.server.restart().unwrap();
        assert!(world.find(round).unwrap());
    }
}

#[test]
fn connections_cut_between_two_requests_go_unnoticed() {
    let world = World::new();
    for number in 1..6 {
        world.fill_pool();
        world.cut_all_connections();
        assert!(!world.find(number).unwrap());
        world.fill_pool();
        world.cut_all_connections();
        world.add(number).unwrap();
        assert!(world.find(number).unwrap());
    }
}

#[test]
fn a_read_that_is_cut_off_in_the_middle_is_done_again() {
    let world = World::new();
    world.add(1).unwrap();
    let url = world.database.url().to_owned();
    let (first, is_first) = mpsc::channel();
    first.send(()).unwrap();
    let found = world.harness.read(move |stores| {
        stores.sessions().find(account().id, guid(1))?;
        if is_first.try_recv().is_ok() {
            cut_all(&mut PgConnection::establish(&url).unwrap());
        }
        stores.sessions().find(account().id, guid(1))
    });
    assert!(found.is_some());
}

#[test]
fn a_write_that_is_cut_off_in_the_middle_is_reported_and_leaves_nothing() {
    let world = World::new();
    let url = world.database.url().to_owned();
    let written = world.harness.try_write(move |stores| {
        insert(stores, 1)?;
        cut_all(&mut PgConnection::establish(&url).unwrap());
        insert(stores, 2)
    });
    assert!(is_unavailable(&written), "{written:?}");
    assert!(!world.find(1).unwrap() && !world.find(2).unwrap());
    world.add(1).unwrap();
}

#[test]
fn a_write_that_is_cut_off_before_its_commit_is_reported_and_leaves_nothing() {
    let world = World::new();
    let url = world.database.url().to_owned();
    let written = world.harness.try_write(move |stores| {
        insert(stores, 1)?;
        cut_all(&mut PgConnection::establish(&url).unwrap());
        Ok(())
    });
    assert!(is_unavailable(&written), "{written:?}");
    assert!(!world.find(1).unwrap());
    world.add(1).unwrap();
}

#[test]
fn a_write_of_one_statement_is_a_transaction_of_its_own_and_refused_a_second_statement() {
    let world = World::new();
    let (uow, runtime) = (world.harness.unit_of_work(), world.harness.runtime());
    runtime.block_on(uow.write_single_statement(account().id, |stores| insert(stores, 1))).unwrap();
    assert!(world.find(1).unwrap());
    let refused = runtime.block_on(uow.write_single_statement(account().id, |stores| insert(stores, 1)));
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");

    let refused = runtime.block_on(uow.write_single_statement(account().id, |stores| insert(stores, 2).and_then(|()| insert(stores, 3))));
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    assert!(world.find(2).unwrap() && !world.find(3).unwrap());
}

#[test]
fn a_write_of_one_statement_uses_no_connection_that_was_cut_or_of_a_server_that_was_restarted() {
    let world = World::new();
    let write_single_statement = |number| {
        world
            .harness
            .runtime()
            .block_on(world.harness.unit_of_work().write_single_statement(account().id, move |stores| insert(stores, number)))
    };
    for number in (1..10).step_by(3) {
        world.fill_pool();
        world.cut_all_connections();
        write_single_statement(number).unwrap();
        world.fill_pool();
        world.server.restart().unwrap();
        write_single_statement(number + 1).unwrap();
        world.fill_pool();
        world.server.stop_immediate().unwrap();
        world.server.restart().unwrap();
        write_single_statement(number + 2).unwrap();
        assert!((number..number + 3).all(|number| world.find(number).unwrap()));
    }
}

#[test]
fn a_write_of_one_statement_whose_connection_is_cut_meanwhile_is_reported_and_not_done_again() {
    let world = World::new();
    let url = world.database.url().to_owned();
    let (tried, all) = mpsc::channel();
    let written = world.harness.runtime().block_on(world.harness.unit_of_work().write_single_statement(account().id, move |stores| {
        tried.send(()).unwrap();
        cut_all(&mut PgConnection::establish(&url).unwrap());
        insert(stores, 1)
    }));
    assert!(is_unavailable(&written), "{written:?}");
    assert_eq!(all.iter().count(), 1);
    assert!(!world.find(1).unwrap());
    world.add(1).unwrap();
}

#[test]
fn a_refusal_stays_what_it_is_when_the_connection_is_cut_off_behind_it() {
    let world = World::new();
    world.add(1).unwrap();
    let url = world.database.url().to_owned();
    let written = world.harness.try_write(move |stores| {
        let refused = insert(stores, 1);
        cut_all(&mut PgConnection::establish(&url).unwrap());
        refused
    });
    assert!(matches!(written, Err(StoreError::Conflict(_))), "{written:?}");
    world.add(2).unwrap();
}

#[test]
fn a_locked_table_is_waited_for_within_the_time_limit() {
    let world = World::new();
    world.add(1).unwrap();
    let mut holder = world.connect();
    holder.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();

    let begin = Instant::now();
    let written = world.add(2);
    assert!(is_unavailable(&written), "{written:?}");
    assert!(begin.elapsed() < TIME_LIMIT, "{:?}", begin.elapsed());
    let begin = Instant::now();
    let read = world.find(1);
    assert!(is_unavailable(&read), "{read:?}");
    assert!(begin.elapsed() < TIME_LIMIT, "{:?}", begin.elapsed());

    holder.batch_execute("ROLLBACK").unwrap();
    assert!(world.find(1).unwrap() && !world.find(2).unwrap());
    world.add(2).unwrap();
}

#[test]
fn a_crowd_in_front_of_a_locked_table_is_refused_in_time_and_served_afterwards() {
    const CROWD: u64 = 64;
    let world = World::new();
    let mut holder = world.connect();
    holder.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();

    // The callers come one after another within a second, so that some inherit a connection from callers that gave up.
    let crowd: Vec<_> = (0..CROWD)
        .map(|position| {
            let uow = world.harness.unit_of_work().clone();
            world.harness.runtime().spawn(async move {
                tokio::time::sleep(Duration::from_millis(position * 1_000 / CROWD)).await;
                let begin = Instant::now();
                let result = uow.write(account().id, move |stores| insert(stores, position.into())).await;
                (result, begin.elapsed())
            })
        })
        .collect();
    let answers: Vec<_> = crowd.into_iter().map(|task| world.harness.runtime().block_on(task).unwrap()).collect();
    assert!(answers.iter().all(|(result, _)| is_unavailable(result)), "{answers:?}");
    let longest = answers.iter().map(|(_, waited)| *waited).max().unwrap();
    assert!(longest <= TIME_LIMIT, "{longest:?}");

    holder.batch_execute("ROLLBACK").unwrap();
    let begin = Instant::now();
    for number in 0..u128::from(CROWD) {
        world.add(number).unwrap();
    }
    assert!(begin.elapsed() < TIME_LIMIT, "{:?}", begin.elapsed());
}

#[test]
fn writers_survive_a_server_that_keeps_cutting_their_connections() {
    const WRITERS: u128 = 4;
    const EACH: u128 = 60;
    let world = World::new();
    let ended = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (uow, ended) = (world.harness.unit_of_work().clone(), Arc::clone(&ended));
            world.harness.runtime().spawn(async move {
                let mut refused = Vec::new();
                for number in (0..EACH).map(|number| writer * EACH + number) {
                    match uow.write(account().id, move |stores| insert(stores, number)).await {
                        Ok(()) => {}
                        Err(StoreError::Unavailable(_)) => refused.push(number),
                        Err(other) => panic!("{other:?}"),
                    }
                    ended.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                refused
            })
        })
        .collect();
    let mut other = world.connect();
    let mut next_cut = 0;
    while writers.iter().any(|writer| !writer.is_finished()) {
        // A cut hits one or two writes of each writer, however slow the machine is, and three more of each follow it.
        if ended.load(Ordering::Relaxed) >= next_cut {
            let query = "SELECT count(pg_terminate_backend(pid)) AS count FROM pg_stat_activity WHERE application_name = 'derslik'";
            sql_query(query).get_result::<Count>(&mut other).unwrap();
            next_cut = ended.load(Ordering::Relaxed) + 5 * usize::try_from(WRITERS).unwrap();
        }
        thread::sleep(Duration::from_millis(5));
    }
    let refused: Vec<_> = writers.into_iter().flat_map(|writer| world.harness.runtime().block_on(writer).unwrap()).collect();
    for number in 0..WRITERS * EACH {
        let found = world.find(number).unwrap();
        // A commit may have happened although its answer was cut off.
        assert!(found || refused.contains(&number), "{number} was acknowledged and is lost");
    }
    assert!(refused.len() < usize::try_from(WRITERS * EACH / 2).unwrap(), "{refused:?}");
}

/// The kinds of lookups.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Sessions,
    Jobs,
    Courses,
}

/// Objects of one kind, numbered from 0. Only some of them exist.
struct LookedUp<'w> {
    world: &'w World,
    kind: Kind,
    /// The id that the job with the number 0 has or would have.
    first_job: i64,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Sessions, Self::Jobs, Self::Courses];

    /// SQL that corrupts the object of that number.
    fn breaks(self, number: u8, first_job: i64) -> String {
        match self {
            Self::Sessions => format!("UPDATE sessions SET timezone = 'Mars/Olympus' WHERE guid = '{}'", guid(number.into())),
            Self::Courses => format!("UPDATE courses SET extras = '[]' WHERE id = {}", number + 1),
            Self::Jobs => format!("UPDATE jobs SET failures = '{{}}' WHERE id = {}", first_job + i64::from(number)),
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Jobs => "jobs",
            Self::Courses => "courses",
        }
    }
}

impl<'w> LookedUp<'w> {
    const KEY: &'static str = "3sWXSsqHgSKnE87YkNJK";

    /// Inserts the objects with the numbers in `there`.
    fn new(world: &'w World, kind: Kind, there: std::ops::Range<u8>) -> Self {
        let first = there.start;
        let first_made = world.harness.write(move |stores| {
            stores.identity().add_account(&account(), now())?;
            match kind {
                Kind::Sessions => there.map(u128::from).try_for_each(|number| insert(stores, number)).map(|()| 0),
                Kind::Jobs => {
                    let (key, name) = (Self::KEY.parse().unwrap(), ProjectName::new("Demo").unwrap());
                    let project = Project { id: Id::new(1), key, name, platform: Platform::Web, created_at: now() };
                    stores.projects().add(account().id, &project)?;
                    let erasure = |number: u8| NewJob::delete_user_data(Id::new(1), ReferenceId::new(number.to_string()).unwrap(), now());
                    stores.jobs().enqueue_many(account().id, &there.map(erasure).collect::<Vec<_>>())?;
                    let page = PageRequest { size: 1, after: None };
                    Ok(stores.jobs().list(account().id, None, page)?[0].id.get())
                }
                Kind::Courses => {
                    stores.users().add(account().id, &user(2))?;
                    there
                        .map(|number| course(i64::from(number) + 1))
                        .try_for_each(|course| stores.courses().insert(account().id, &course))?;
                    Ok(0)
                }
            }
        });
        Self { world, kind, first_job: first_made - i64::from(first) }
    }

    /// Looks up the numbers below `crowd` at the same time.
    fn look_up(&self, crowd: u8) -> Vec<Result<bool, StoreError>> {
        let (kind, first_job) = (self.kind, self.first_job);
        let lookups: Vec<_> = (0..crowd)
            .map(|number| {
                let uow = self.world.harness.unit_of_work().clone();
                self.world.harness.runtime().spawn(async move {
                    match kind {
                        Kind::Sessions => uow.read_session(account().id, guid(number.into())).await.map(|found| found.is_some()),
                        Kind::Courses => {
                            let viewed = CourseLookup { course: Id::new(i64::from(number) + 1), viewer: Id::new(1) };
                            uow.read_course(account().id, viewed).await.map(|found| found.is_some())
                        }
                        Kind::Jobs => {
                            let name = JobOfProject { project: Self::KEY.parse().unwrap(), job: Id::new(first_job + i64::from(number)) };
                            uow.read_job(account().id, name).await.map(|found| found.is_some())
                        }
                    }
                })
            })
            .collect();
        lookups.into_iter().map(|found| self.world.harness.runtime().block_on(found).unwrap()).collect()
    }
}

#[test]
fn lookups_notice_neither_a_restart_nor_connections_that_are_cut() {
    let world = World::new();
    for things in Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2)) {
        for round in 0..4 {
            let found = things.look_up(50);
            assert!(found.iter().enumerate().all(|(number, found)| *found.as_ref().unwrap() == (number == 1)), "{found:?}");
            if round % 2 == 0 { world.cut_all_connections() } else { world.server.restart().unwrap() }
        }
    }
}

#[test]
fn a_crowd_of_lookups_on_a_server_that_is_down_is_reported_in_time_and_served_as_soon_as_it_is_back() {
    let world = World::new();
    let kinds = Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2));
    for things in &kinds {
        things.look_up(4);
        world.server.stop_immediate().unwrap();
        let begin = Instant::now();
        let refused = things.look_up(50);
        assert!(refused.iter().all(is_unavailable), "{refused:?}");
        assert!(begin.elapsed() < TIME_LIMIT, "{:?}", begin.elapsed());
        world.server.restart().unwrap();
        assert!(things.look_up(4)[1].as_ref().unwrap());
    }
}

#[test]
fn a_crowd_of_lookups_in_a_locked_table_is_reported_in_time_and_served_afterwards() {
    let world = World::new();
    let kinds = Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2));
    for things in &kinds {
        let mut holder = world.connect();
        holder.batch_execute(&format!("BEGIN; LOCK TABLE {}", things.kind.table())).unwrap();
        let begin = Instant::now();
        let refused = things.look_up(50);
        assert!(refused.iter().all(is_unavailable), "{refused:?}");
        assert!(begin.elapsed() < TIME_LIMIT, "{:?}", begin.elapsed());
        holder.batch_execute("ROLLBACK").unwrap();
        assert!(things.look_up(4)[1].as_ref().unwrap());
    }
}

#[test]
fn a_lookup_of_one_kind_does_not_wait_for_lookups_of_another_kind() {
    let world = World::new();
    let [sessions, jobs, courses] = Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2));
    for (held, free) in [(&sessions, &jobs), (&jobs, &courses), (&courses, &sessions)] {
        let mut holder = world.connect();
        holder.batch_execute(&format!("BEGIN; LOCK TABLE {}", held.kind.table())).unwrap();
        thread::scope(|scope| {
            let refused = scope.spawn(|| held.look_up(50));
            while !refused.is_finished() {
                assert!(free.look_up(4)[1].as_ref().unwrap());
            }
            assert!(refused.join().unwrap().iter().all(is_unavailable));
        });
    }
}

#[test]
fn a_corrupt_row_fails_its_own_lookup_and_no_other() {
    let world = World::new();
    for things in Kind::ALL.map(|kind| LookedUp::new(&world, kind, 0..50)) {
        world.connect().batch_execute(&things.kind.breaks(7, things.first_job)).unwrap();
        for (number, found) in things.look_up(50).iter().enumerate() {
            match found {
                Ok(is_there) => assert!(*is_there && number != 7, "{:?} {number}", things.kind),
                Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }) && number == 7, "{number}: {error:?}"),
            }
        }
    }
}

/// Changes a course where it is read. `meanwhile` runs between the read and the update. Tells whether the change was written.
fn change(world: &World, number: i64, meanwhile: impl FnOnce() + Send + 'static) -> tokio::task::JoinHandle<Result<bool, StoreError>> {
    let uow = world.harness.unit_of_work().clone();
    let decide = Box::new(move |found: CourseWithMembership| {
        meanwhile();
        Some(Course { revision: found.course.revision.next(), ..found.course })
    });
    let viewed = CourseLookup { course: Id::new(number), viewer: Id::new(2) };
    world.harness.runtime().spawn(async move { Ok(uow.change_course(account().id, viewed, decide).await?.is_some()) })
}

/// As [`change`], and waits for the outcome.
fn changes(world: &World, number: i64, meanwhile: impl FnOnce() + Send + 'static) -> Result<bool, StoreError> {
    world.harness.runtime().block_on(change(world, number, meanwhile)).unwrap()
}

fn revision(world: &World, number: i64) -> i64 {
    let query = format!("SELECT revision AS count FROM courses WHERE id = {number}");
    sql_query(query).get_result::<Count>(&mut world.connect()).unwrap().count
}

#[test]
fn a_change_that_is_cut_off_at_its_update_is_reported_and_not_made_again() {
    let world = World::new();
    LookedUp::new(&world, Kind::Courses, 0..1);
    let (mut holder, mut watcher) = (world.connect(), world.connect());
    let (hold, locked) = mpsc::channel();
    let cut_off = change(&world, 1, move || {
        // The update has to wait for this lock.
        holder.batch_execute("BEGIN; LOCK TABLE courses").unwrap();
        hold.send(holder).unwrap();
    });
    let mut holder = locked.recv().unwrap();
    wait_for_waiting(1, &mut watcher);
    cut_all(&mut watcher);
    holder.batch_execute("ROLLBACK").unwrap();
    let cut_off = world.harness.runtime().block_on(cut_off).unwrap();
    assert!(is_unavailable(&cut_off), "{cut_off:?}");
    assert_eq!(revision(&world, 1), 1);
    assert!(changes(&world, 1, || ()).unwrap());
    assert_eq!(revision(&world, 1), 2);
}

#[test]
fn a_change_whose_connection_is_cut_before_its_update_is_written_once_on_another() {
    let world = World::new();
    LookedUp::new(&world, Kind::Courses, 0..1);
    let url = world.database.url().to_owned();
    assert!(changes(&world, 1, move || cut_all(&mut PgConnection::establish(&url).unwrap())).unwrap());
    assert_eq!(revision(&world, 1), 2);
}

#[test]
fn a_change_is_not_written_if_what_it_depends_on_has_changed_since_the_read() {
    let world = World::new();
    LookedUp::new(&world, Kind::Courses, 0..1);
    let changed = [
        ("UPDATE courses SET revision = revision + 1 WHERE id = 1", "UPDATE courses SET revision = 1 WHERE id = 1"),
        ("UPDATE principals SET status = 'passive' WHERE id = 2", "UPDATE principals SET status = 'active' WHERE id = 2"),
    ];
    for (change, back) in changed {
        let mut other = world.connect();
        assert!(!changes(&world, 1, move || other.batch_execute(change).unwrap()).unwrap(), "{change}");
        world.connect().batch_execute(back).unwrap();
        assert_eq!(revision(&world, 1), 1);
    }
    assert!(changes(&world, 1, || ()).unwrap());
}

#[test]
fn a_change_waits_for_no_lock_of_a_row_and_is_left_to_a_transaction() {
    let world = World::new();
    LookedUp::new(&world, Kind::Courses, 0..2);
    let locks = [("SELECT FROM courses WHERE id = 1 FOR NO KEY UPDATE", true), ("SELECT FROM principals WHERE id = 2 FOR UPDATE", false)];
    for (lock, other_is_free) in locks {
        let mut holder = world.connect();
        holder.batch_execute(&format!("BEGIN; {lock}")).unwrap();
        assert_eq!([1, 2].map(|number| changes(&world, number, || ()).unwrap()), [false, other_is_free], "{lock}");
        holder.batch_execute("ROLLBACK").unwrap();
    }
    // A transaction that adds a member locks the course for that, and keeps no change of it waiting.
    let mut holder = world.connect();
    holder.batch_execute("BEGIN; SELECT FROM courses WHERE id = 1 FOR KEY SHARE").unwrap();
    assert!(changes(&world, 1, || ()).unwrap());
}

/// The longest time of a call on a silent database, and the longest time until that database is used again.
const SIX_SECONDS: Duration = Duration::from_secs(6);
const TWO_SECONDS: Duration = Duration::from_secs(2);

/// Time limits that keep the tests of a silent server short.
fn short_timeouts() -> PoolSettings {
    PoolSettings { connections: CONNECTIONS, statement_timeout: Duration::from_secs(1), ..PoolSettings::default() }
}

fn reason<T>(result: &Result<T, StoreError>) -> Option<Reason> {
    result.as_ref().err().and_then(StoreError::unavailable)
}

/// Reads, writes and looks up, several of each at once. Expects that each fails in time as unavailable.
fn expect_nothing_of(world: &World) {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..12_i64)
        .map(|number| {
            let (uow, tenant) = (world.harness.unit_of_work().clone(), Tenant::Account(Id::new(number / 4)));
            world.harness.runtime().spawn(async move {
                match number % 4 {
                    0 => uow.read(tenant, |stores| stores.sessions().find(account().id, guid(1))).await.map(drop),
                    1 => uow.write(tenant, |stores| insert(stores, 2)).await,
                    2 => uow.write_single_statement(tenant, |stores| insert(stores, 2)).await,
                    _ => uow.read_session(account().id, guid(1)).await.map(drop),
                }
            })
        })
        .collect();
    for task in tasks {
        let failed = world.harness.runtime().block_on(task).unwrap();
        assert!(is_unavailable(&failed), "{failed:?}");
    }
    assert!(begin.elapsed() < SIX_SECONDS, "{:?}", begin.elapsed());
}

/// Expects that a write, a read and a lookup succeed soon.
fn expect_all_of(world: &World) {
    let begin = Instant::now();
    while world.add(5).is_err() {
        assert!(begin.elapsed() < TWO_SECONDS, "{:?}", begin.elapsed());
    }
    assert!(world.find(1).unwrap());
    assert!(world.harness.runtime().block_on(world.harness.unit_of_work().read_session(account().id, guid(5))).unwrap().is_some());
    assert!(begin.elapsed() < TWO_SECONDS, "{:?}", begin.elapsed());
}

#[test]
fn a_server_that_falls_silent_is_reported_in_time_and_is_used_as_soon_as_it_speaks_again() {
    let world = World::on(PostgresServer::start(Durability::Fast).unwrap(), short_timeouts(), str::to_owned);
    world.add(1).unwrap();
    world.fill_pool();
    let frozen = world.server.freeze().unwrap();
    // The first round uses the connections in the pool, the second has to make new ones.
    expect_nothing_of(&world);
    expect_nothing_of(&world);
    drop(frozen);
    expect_all_of(&world);
}

/// A world whose pool connects through a network that the test can cut.
fn world_and_way() -> (World, Way) {
    let server = PostgresServer::start(Durability::Fast).unwrap();
    let mut way = None;
    let world = World::on(server, short_timeouts(), |url| {
        let (opened, url) = Way::to_server_of(url).unwrap();
        way = Some(opened);
        url
    });
    (world, way.unwrap())
}

#[test]
fn a_network_in_which_everything_vanishes_is_reported_in_time_and_used_as_soon_as_it_is_whole() {
    let (world, way) = world_and_way();
    world.add(1).unwrap();
    world.fill_pool();
    way.set_cut(true);
    expect_nothing_of(&world);
    expect_nothing_of(&world);
    way.set_cut(false);
    expect_all_of(&world);
}

#[test]
fn the_listener_for_jobs_notices_a_network_that_drops_everything() {
    const LISTENERS: &str = "SELECT count(*) AS count FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    let (world, way) = world_and_way();
    let sleeper = world.harness.unit_of_work().wake_ups().unwrap();
    let mut watcher = world.connect();
    let listens = |watcher: &mut PgConnection| sql_query(LISTENERS).get_result::<Count>(watcher).unwrap().count > 0;
    let begin = Instant::now();
    while !listens(&mut watcher) {
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
    // To the server, the connection looks alive all the time.
    way.set_cut(true);
    thread::sleep(Duration::from_secs(1));
    sql_query("SELECT count(pg_terminate_backend(pid)) AS count FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        .get_result::<Count>(&mut watcher)
        .unwrap();
    way.set_cut(false);
    let begin = Instant::now();
    while !listens(&mut watcher) {
        assert!(begin.elapsed() < SIX_SECONDS, "the listener did not come back");
        thread::sleep(Duration::from_millis(10));
    }
    let wakes = || world.harness.runtime().block_on(async { tokio::time::timeout(SIX_SECONDS, sleeper.notified()).await });
    // The first wake-up is for lost notifications, the second for the one that is sent here.
    wakes().unwrap();
    watcher.batch_execute("NOTIFY derslik_jobs").unwrap();
    wakes().unwrap();
}

/// Waits until that many statements of the pool wait for a lock.
fn wait_for_waiting(count: i64, watcher: &mut PgConnection) {
    let waiting = "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = 'derslik' AND wait_event_type = 'Lock'";
    let begin = Instant::now();
    while sql_query(waiting).get_result::<Count>(watcher).unwrap().count != count {
        assert!(begin.elapsed() < Duration::from_secs(20), "not {count}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Time limits that no test reaches, and a pool of one connection.
fn patient_settings() -> PoolSettings {
    let patient = Duration::from_secs(3_600);
    PoolSettings {
        connections: 1,
        acquire_timeout: Duration::from_secs(30),
        statement_timeout: patient,
        lock_timeout: patient,
        ..PoolSettings::default()
    }
}

fn find_in_background(world: &World) -> tokio::task::JoinHandle<Result<(), StoreError>> {
    let uow = world.harness.unit_of_work().clone();
    world.harness.runtime().spawn(async move {
        let read = uow.read(account().id, |stores| stores.sessions().find(account().id, guid(1)));
        read.await.map(drop)
    })
}

#[test]
fn a_read_whose_caller_is_gone_is_ended_at_the_server_and_frees_its_connection() {
    let world = World::on(PostgresServer::start(Durability::Fast).unwrap(), patient_settings(), str::to_owned);
    let mut holder = world.connect();
    holder.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();
    let mut watcher = world.connect();
    let caller = find_in_background(&world);
    wait_for_waiting(1, &mut watcher);
    let of_pool = "SELECT sum(pid) AS count FROM pg_stat_activity WHERE application_name = 'derslik'";
    let processes = |watcher: &mut PgConnection| sql_query(of_pool).get_result::<Count>(watcher).unwrap().count;
    let before = processes(&mut watcher);
    caller.abort();
    wait_for_waiting(0, &mut watcher);
    // The only connection is free for other tables.
    let jobs = world.harness.read(|stores| stores.jobs().list(account().id, None, PageRequest { size: 1, after: None }));
    assert!(jobs.is_empty());
    assert_eq!(processes(&mut watcher), before, "it is the same connection");
    holder.batch_execute("ROLLBACK").unwrap();
}

#[test]
fn a_request_to_cancel_that_arrives_late_ends_no_other_statement() {
    let mut opened = None;
    let world = World::on(PostgresServer::start(Durability::Fast).unwrap(), patient_settings(), |url| {
        let (way, url) = Way::to_server_of(url).unwrap();
        opened = Some(way);
        url
    });
    let way = opened.unwrap();
    let (mut holder, mut watcher) = (world.connect(), world.connect());
    // The statement is prepared from now on, so that it waits for the lock once.
    world.find(1).unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();
    let gone = find_in_background(&world);
    wait_for_waiting(1, &mut watcher);
    way.hold_cancels(true);
    gone.abort();
    way.wait_for_cancels(1);
    // The statement ends by itself, before the server knows that it should be cancelled.
    holder.batch_execute("ROLLBACK; BEGIN; LOCK TABLE sessions").unwrap();
    let next = find_in_background(&world);
    wait_for_waiting(1, &mut watcher);
    way.hold_cancels(false);
    // As long as the request could still reach the statement.
    thread::sleep(Duration::from_millis(300));
    holder.batch_execute("ROLLBACK").unwrap();
    world.harness.runtime().block_on(next).unwrap().unwrap();
}

#[test]
fn failures_are_known_by_their_codes_on_a_server_that_speaks_german() {
    let settings = PoolSettings { lock_timeout: Duration::from_millis(100), ..short_timeouts() };
    let world = World::on(PostgresServer::start_in("de").unwrap(), settings, str::to_owned);
    let mut other = world.connect();
    let refusal = other.batch_execute("SELECT 1 / 0").unwrap_err().to_string();
    // Without German translations on this machine, only the codes are tested.
    assert!(refusal == "Division durch Null" || refusal == "division by zero", "{refusal}");

    other.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();
    assert_eq!(reason(&world.add(1)), Some(Reason::Locked));
    other.batch_execute("ROLLBACK").unwrap();

    let raise = |code: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'konnte nicht in Datei schreiben' USING ERRCODE = '{code}'; END $$"
        )
    };
    other.batch_execute(&raise("53100")).unwrap();
    other.batch_execute("CREATE TRIGGER fails BEFORE INSERT ON sessions EXECUTE FUNCTION fails()").unwrap();
    for (code, expected) in [
        ("53100", Some(Reason::DiskFull)),
        ("53200", Some(Reason::OutOfMemory)),
        ("53300", Some(Reason::TooManyConnections)),
        ("53400", Some(Reason::Exhausted)),
        ("25006", Some(Reason::ReadOnly)),
        ("57P01", Some(Reason::Stopping)),
        ("57014", Some(Reason::TimedOut)),
        ("55P03", Some(Reason::Locked)),
        ("40001", Some(Reason::Conflict)),
        ("40P01", Some(Reason::Conflict)),
        ("58030", Some(Reason::DiskFails)),
        ("08006", Some(Reason::Unreachable)),
        ("22012", None),
        ("XX000", None),
    ] {
        other.batch_execute(&raise(code)).unwrap();
        let (written, one) = (world.add(1), {
            let uow = world.harness.unit_of_work();
            world.harness.runtime().block_on(uow.write_single_statement(account().id, |stores| insert(stores, 1)))
        });
        assert!(written.is_err() && reason(&written) == expected, "{code}: {written:?}");
        assert!(one.is_err() && reason(&one) == expected, "{code}: {one:?}");
    }
    other.batch_execute("DROP TRIGGER fails ON sessions").unwrap();

    let database = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$";
    other.batch_execute(database).unwrap();
    world.cut_all_connections();
    assert_eq!(reason(&world.add(1)), Some(Reason::ReadOnly));
    assert!(!world.find(1).unwrap());

    let uow = world.harness.unit_of_work();
    let url = world.database.url().to_owned();
    let cut = world.harness.runtime().block_on(uow.write_single_statement(account().id, move |stores| {
        cut_all(&mut PgConnection::establish(&url).unwrap());
        insert(stores, 1)
    }));
    assert_eq!(reason(&cut), Some(Reason::Stopping), "{cut:?}");
}

#[test]
fn a_refused_connection_differs_from_a_missing_server() {
    let world = World::on(PostgresServer::start_in("de").unwrap(), short_timeouts(), |url| {
        let (before, _) = url.rsplit_once('/').unwrap();
        format!("{before}/nowhere")
    });
    assert_eq!(reason(&world.add(1)), Some(Reason::Refused));
    let begin = Instant::now();
    let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let url = format!("postgres://postgres@{unused}/derslik").parse().unwrap();
    let uow = DieselUnitOfWork::new(&url, short_timeouts(), world.harness.runtime().handle());
    let added = world.harness.runtime().block_on(uow.write(account().id, |stores| insert(stores, 1)));
    assert_eq!(reason(&added), Some(Reason::Unreachable));
    assert!(begin.elapsed() < SIX_SECONDS);
}
