//! What callers see of a PostgreSQL that crashes, comes back, cuts connections or makes them wait.
#![cfg(test)]

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use derslik_domain::id::Id;
use derslik_domain::job::{NewJob, Platform, Project, ProjectName, ReferenceId};
use derslik_ports::outbound::{JobOfProject, JobsPage, LookUp, StoreError, Stores, UnitOfWork, ViewedCourse};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, course, guid, now, session, user};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{Durability, PostgresServer, Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

/// More than a client has to wait for an answer, whatever it is: 3 s by default, and more on a machine that has much else to do.
/// A wait without a limit of its own takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 4;

/// A cluster of the test's own, with the service's pool as it is by default but for its size.
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
        let server = PostgresServer::start(Durability::Durable).unwrap();
        let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
        let database = server.create_database(&template).unwrap();
        let url = database.url().parse().unwrap();
        let settings = PoolSettings { connections: CONNECTIONS, ..PoolSettings::default() };
        Self { harness: Harness::new(|runtime| DieselUnitOfWork::new(&url, settings, runtime)), database, server }
    }

    /// Another connection, to see and to disturb.
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

    /// Opens every connection of the pool, by using all of them at once.
    fn fill_pool(&self) {
        let (begun, has_begun) = mpsc::channel();
        let busy: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (uow, begun) = (self.harness.unit_of_work().clone(), begun.clone());
                let (go_on, may_go_on) = mpsc::channel::<()>();
                let task = self.harness.runtime().spawn(async move {
                    uow.write(account().id, move |stores| {
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

/// Ends every connection of the pool, and waits until the server has.
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
fn a_crashed_server_is_told_in_time_and_is_used_again_as_soon_as_it_is_back() {
    let world = World::new();
    world.add(1).unwrap();
    world.fill_pool();
    world.server.stop_immediate().unwrap();

    for number in 2..4 {
        let begin = Instant::now();
        let (written, read) = (world.add(number), world.find(1));
        assert!(is_unavailable(&written), "{written:?}");
        assert!(is_unavailable(&read), "{read:?}");
        assert!(begin.elapsed() < 2 * PATIENCE, "{:?}", begin.elapsed());
    }

    world.server.restart().unwrap();
    let begin = Instant::now();
    world.add(5).unwrap();
    assert!(world.find(1).unwrap(), "what was acknowledged before the crash");
    assert!(world.find(5).unwrap());
    assert!(!world.find(2).unwrap() && !world.find(3).unwrap(), "what was not");
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
}

#[test]
fn a_restart_between_two_requests_goes_unnoticed() {
    let world = World::new();
    for round in 1..4 {
        world.fill_pool();
        world.server.restart().unwrap();
        // All pooled connections are dead, and none of this has to know.
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
fn a_write_that_is_cut_off_in_the_middle_is_told_and_leaves_nothing() {
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
fn a_write_that_is_cut_off_before_its_commit_is_told_and_leaves_nothing() {
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
    runtime.block_on(uow.write_one(account().id, |stores| insert(stores, 1))).unwrap();
    assert!(world.find(1).unwrap());
    let refused = runtime.block_on(uow.write_one(account().id, |stores| insert(stores, 1)));
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");

    let refused = runtime.block_on(uow.write_one(account().id, |stores| insert(stores, 2).and_then(|()| insert(stores, 3))));
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    assert!(world.find(2).unwrap() && !world.find(3).unwrap());
}

#[test]
fn a_write_of_one_statement_uses_no_connection_that_was_cut_or_of_a_server_that_was_restarted() {
    let world = World::new();
    let write_one = |number| {
        world.harness.runtime().block_on(world.harness.unit_of_work().write_one(account().id, move |stores| insert(stores, number)))
    };
    for number in (1..10).step_by(3) {
        world.fill_pool();
        world.cut_all_connections();
        write_one(number).unwrap();
        world.fill_pool();
        world.server.restart().unwrap();
        write_one(number + 1).unwrap();
        world.fill_pool();
        world.server.stop_immediate().unwrap();
        world.server.restart().unwrap();
        write_one(number + 2).unwrap();
        assert!((number..number + 3).all(|number| world.find(number).unwrap()));
    }
}

#[test]
fn a_write_of_one_statement_whose_connection_is_cut_meanwhile_is_told_and_not_done_again() {
    let world = World::new();
    let url = world.database.url().to_owned();
    let (tried, all) = mpsc::channel();
    let written = world.harness.runtime().block_on(world.harness.unit_of_work().write_one(account().id, move |stores| {
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
fn a_table_that_somebody_else_holds_is_waited_for_only_so_long() {
    let world = World::new();
    world.add(1).unwrap();
    let mut holder = world.connect();
    holder.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();

    let begin = Instant::now();
    let written = world.add(2);
    assert!(is_unavailable(&written), "{written:?}");
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    let begin = Instant::now();
    let read = world.find(1);
    assert!(is_unavailable(&read), "{read:?}");
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());

    holder.batch_execute("ROLLBACK").unwrap();
    assert!(world.find(1).unwrap() && !world.find(2).unwrap());
    world.add(2).unwrap();
}

#[test]
fn a_crowd_in_front_of_a_held_table_is_told_in_time_and_let_in_afterwards() {
    const CROWD: u64 = 64;
    let world = World::new();
    let mut holder = world.connect();
    holder.batch_execute("BEGIN; LOCK TABLE sessions").unwrap();

    // They come one after another, over a second, so that some of them inherit a connection from those who gave up.
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
    assert!(longest <= PATIENCE, "{longest:?}");

    holder.batch_execute("ROLLBACK").unwrap();
    let begin = Instant::now();
    for number in 0..u128::from(CROWD) {
        world.add(number).unwrap();
    }
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
}

#[test]
fn writers_survive_a_server_that_keeps_cutting_their_connections() {
    const WRITERS: u128 = 4;
    const EACH: u128 = 60;
    let world = World::new();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let uow = world.harness.unit_of_work().clone();
            world.harness.runtime().spawn(async move {
                let mut refused = Vec::new();
                for number in (0..EACH).map(|number| writer * EACH + number) {
                    match uow.write(account().id, move |stores| insert(stores, number)).await {
                        Ok(()) => {}
                        Err(StoreError::Unavailable(_)) => refused.push(number),
                        Err(other) => panic!("{other:?}"),
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                refused
            })
        })
        .collect();
    let mut other = world.connect();
    while writers.iter().any(|writer| !writer.is_finished()) {
        let query = "SELECT count(pg_terminate_backend(pid)) AS count FROM pg_stat_activity WHERE application_name = 'derslik'";
        sql_query(query).get_result::<Count>(&mut other).unwrap();
        thread::sleep(Duration::from_millis(50));
    }
    let refused: Vec<_> = writers.into_iter().flat_map(|writer| world.harness.runtime().block_on(writer).unwrap()).collect();
    for number in 0..WRITERS * EACH {
        let found = world.find(number).unwrap();
        // A commit whose answer was cut off may have happened.
        assert!(found || refused.contains(&number), "{number} was acknowledged and is lost");
    }
    assert!(refused.len() < usize::try_from(WRITERS * EACH / 2).unwrap(), "{refused:?}");
}

/// The kinds of things that are looked up.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Sessions,
    Jobs,
    Courses,
}

/// Many things of one kind, numbered from 0, of which some are there.
struct LookedUp<'w> {
    world: &'w World,
    kind: Kind,
    /// The id of the job that has the number 0.
    first_job: i64,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Sessions, Self::Jobs, Self::Courses];

    /// A statement that leaves the thing of that number as no program would have written it.
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

    /// With those of the numbers `there`.
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
                    let page = JobsPage { project: None, after: None, limit: 1 };
                    Ok(stores.jobs().list(account().id, &page)?[0].id.get())
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

    /// Looks up `crowd` of them at once.
    fn ask(&self, crowd: u8) -> Vec<Result<bool, StoreError>> {
        let (kind, first_job) = (self.kind, self.first_job);
        let asked: Vec<_> = (0..crowd)
            .map(|number| {
                let uow = self.world.harness.unit_of_work().clone();
                self.world.harness.runtime().spawn(async move {
                    match kind {
                        Kind::Sessions => uow.look_up(account().id, guid(number.into())).await.map(|found| found.is_some()),
                        Kind::Courses => {
                            let viewed = ViewedCourse { course: Id::new(i64::from(number) + 1), viewer: Id::new(1) };
                            uow.look_up(account().id, viewed).await.map(|found| found.is_some())
                        }
                        Kind::Jobs => {
                            let name = JobOfProject { project: Self::KEY.parse().unwrap(), job: Id::new(first_job + i64::from(number)) };
                            uow.look_up(account().id, name).await.map(|found| found.is_some())
                        }
                    }
                })
            })
            .collect();
        asked.into_iter().map(|found| self.world.harness.runtime().block_on(found).unwrap()).collect()
    }
}

#[test]
fn look_ups_notice_neither_a_restart_nor_connections_that_are_cut() {
    let world = World::new();
    for things in Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2)) {
        for round in 0..4 {
            let found = things.ask(50);
            assert!(found.iter().enumerate().all(|(number, found)| *found.as_ref().unwrap() == (number == 1)), "{found:?}");
            if round % 2 == 0 { world.cut_all_connections() } else { world.server.restart().unwrap() }
        }
    }
}

#[test]
fn a_crowd_that_looks_up_on_a_server_that_is_down_is_told_in_time_and_served_as_soon_as_it_is_back() {
    let world = World::new();
    let kinds = Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2));
    for things in &kinds {
        things.ask(4);
        world.server.stop_immediate().unwrap();
        let begin = Instant::now();
        let refused = things.ask(50);
        assert!(refused.iter().all(is_unavailable), "{refused:?}");
        assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
        world.server.restart().unwrap();
        assert!(things.ask(4)[1].as_ref().unwrap());
    }
}

#[test]
fn a_crowd_that_looks_up_in_a_held_table_is_told_in_time_and_served_afterwards() {
    let world = World::new();
    let kinds = Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2));
    for things in &kinds {
        let mut holder = world.connect();
        holder.batch_execute(&format!("BEGIN; LOCK TABLE {}", things.kind.table())).unwrap();
        let begin = Instant::now();
        let refused = things.ask(50);
        assert!(refused.iter().all(is_unavailable), "{refused:?}");
        assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
        holder.batch_execute("ROLLBACK").unwrap();
        assert!(things.ask(4)[1].as_ref().unwrap());
    }
}

#[test]
fn who_looks_up_one_kind_of_thing_does_not_wait_for_who_looks_up_another() {
    let world = World::new();
    let [sessions, jobs, courses] = Kind::ALL.map(|kind| LookedUp::new(&world, kind, 1..2));
    for (held, free) in [(&sessions, &jobs), (&jobs, &courses), (&courses, &sessions)] {
        let mut holder = world.connect();
        holder.batch_execute(&format!("BEGIN; LOCK TABLE {}", held.kind.table())).unwrap();
        thread::scope(|scope| {
            let refused = scope.spawn(|| held.ask(50));
            while !refused.is_finished() {
                assert!(free.ask(4)[1].as_ref().unwrap());
            }
            assert!(refused.join().unwrap().iter().all(is_unavailable));
        });
    }
}

#[test]
fn a_row_that_breaks_the_rules_is_told_to_whoever_looks_it_up_and_to_nobody_else() {
    let world = World::new();
    for things in Kind::ALL.map(|kind| LookedUp::new(&world, kind, 0..50)) {
        world.connect().batch_execute(&things.kind.breaks(7, things.first_job)).unwrap();
        for (number, found) in things.ask(50).iter().enumerate() {
            match found {
                Ok(is_there) => assert!(*is_there && number != 7, "{:?} {number}", things.kind),
                Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }) && number == 7, "{number}: {error:?}"),
            }
        }
    }
}
