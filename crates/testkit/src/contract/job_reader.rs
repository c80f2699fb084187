//! Lookups of jobs, which may share statements.

use derslik_domain::id::{AccountId, JobId, ProjectId};
use derslik_domain::job::{Event, Job, JobStatus, NewJob, Platform, Project, ProjectKey, ProjectName, ReferenceId, ShownJob};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{JobOfProject, Readers, StoreError, Stores, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, now, other_account};

/// The jobs of each project. Together with the lookups of missing jobs they are more than one statement takes.
const JOBS: usize = 100;

pub(super) fn cases<U: UnitOfWork + Readers + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_job_is_found_below_the_key_of_its_own_project_alone", run: of_its_project },
        Case { name: "jobs_are_found_many_at_a_time", run: many },
        Case { name: "a_crowd_that_looks_jobs_up_gets_each_its_own", run: crowd },
        Case { name: "a_lookup_of_a_job_sees_what_was_committed_before_it", run: fresh },
    ]
}

/// A project: one of two of the account, or one of another account with the same key and id as the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Mine,
    Beside,
    Elsewhere,
}

const PLACES: [Place; 3] = [Place::Mine, Place::Beside, Place::Elsewhere];

impl Place {
    fn account(self) -> AccountId {
        match self {
            Self::Mine | Self::Beside => account().id,
            Self::Elsewhere => other_account().id,
        }
    }

    fn project(self) -> Project {
        let (id, key, name) = match self {
            Self::Mine | Self::Elsewhere => (1, "3sWXSsqHgSKnE87YkNJK", "Mine"),
            Self::Beside => (2, "9kQZmVtB4xLrW2nHcYpJ", "Beside"),
        };
        Project {
            id: ProjectId::new(id),
            key: key.parse().expect("a valid key"),
            name: ProjectName::new(name).expect("a valid name"),
            platform: Platform::Web,
            created_at: now(),
        }
    }

    fn key(self) -> ProjectKey {
        self.project().key
    }

    fn name(self, job: JobId) -> JobOfProject {
        JobOfProject { project: self.key(), job }
    }
}

fn make_projects<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        for of in [account(), other_account()] {
            stores.identity().add_account(&of, now())?;
        }
        PLACES.into_iter().try_for_each(|place| stores.projects().add(place.account(), &place.project()).map(drop))
    });
}

fn erasure(place: Place, text: &str) -> NewJob {
    NewJob::delete_user_data(place.project().id, ReferenceId::new(text).expect("a valid reference"), now())
}

fn enqueue(stores: &mut dyn Stores, place: Place, text: &str) -> Result<Job, StoreError> {
    Ok(stores.jobs().enqueue(place.account(), &erasure(place, text))?.into_job())
}

/// Makes `count` jobs in each project, by turns.
fn make_jobs<U: UnitOfWork>(harness: &Harness<U>, count: usize) -> Vec<(Place, Job)> {
    harness.write(move |stores| {
        let turns = (0..count).flat_map(|number| PLACES.map(|place| (place, number)));
        turns.map(|(place, number)| Ok((place, enqueue(stores, place, &number.to_string())?))).collect()
    })
}

fn of_its_project<U: UnitOfWork>(harness: &Harness<U>) {
    make_projects(harness);
    let (job, internal) = harness.write(|stores| {
        let course = ReferenceId::new("42").expect("a valid reference");
        let internal = stores.jobs().enqueue(account().id, &NewJob::assign_calendar_id(course, now()))?.into_job();
        Ok((enqueue(stores, Place::Mine, "a")?, internal))
    });
    let find = |place: Place, id| harness.read(move |stores| stores.jobs().find_shown(place.account(), &place.name(id)));
    assert_eq!(find(Place::Mine, job.id), Some(job.clone().into()));
    assert_eq!(find(Place::Beside, job.id), None);
    assert_eq!(find(Place::Elsewhere, job.id), None);
    assert_eq!(find(Place::Mine, internal.id), None, "an internal one has no project");
}

fn many<U: UnitOfWork>(harness: &Harness<U>) {
    make_projects(harness);
    let made = make_jobs(harness, 15);
    for count in [0, 1, 2, 11, 12, 13, made.len()] {
        let names: Vec<_> =
            made.iter().take(count).flat_map(|(_, job)| [Place::Mine, Place::Beside].map(|place| place.name(job.id))).collect();
        let found = harness.read(move |stores| stores.jobs().find_many_shown(account().id, &names));
        let expected = made.iter().take(count).filter(|(place, _)| *place != Place::Elsewhere);
        assert_eq!(found, expected.map(|(place, job)| (place.name(job.id), ShownJob::from(job.clone()))).collect(), "of {count}");
    }
    let (first, missing) = (Place::Mine.name(made[0].1.id), Place::Mine.name(JobId::new(i64::MAX)));
    let twice = [first.clone(), first.clone(), missing];
    let found = harness.read(move |stores| stores.jobs().find_many_shown(account().id, &twice));
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [first]);
}

fn crowd<U: UnitOfWork + Readers + Clone>(harness: &Harness<U>) {
    make_projects(harness);
    let made = make_jobs(harness, JOBS);
    let lookups: Vec<_> = made
        .iter()
        .flat_map(|made| PLACES.map(|place| (made, place)))
        .map(|((home, job), place)| {
            let (uow, name) = (harness.unit_of_work().clone(), place.name(job.id));
            (*home, job, place, harness.runtime().spawn(async move { uow.read_job(place.account(), name).await }))
        })
        .collect();
    for (home, job, place, found) in lookups {
        let found: Option<ShownJob> = harness.runtime().block_on(found).expect("no panic").expect("the lookup succeeds");
        assert_eq!(found, (home == place).then(|| job.clone().into()), "{} of {home:?} in {place:?}", job.id);
    }
}

fn fresh<U: UnitOfWork + Readers + Clone>(harness: &Harness<U>) {
    make_projects(harness);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let uow = harness.unit_of_work().clone();
            harness.runtime().spawn(async move {
                for number in 0..15 {
                    let reference = format!("{writer} {number}");
                    let made = uow.write(account().id, move |stores| enqueue(stores, Place::Mine, &reference)).await;
                    let job = made.expect("the write succeeds");
                    let name = || Place::Mine.name(job.id);
                    let found = uow.read_job(account().id, name()).await.expect("the lookup succeeds");
                    assert_eq!(found, Some(job.clone().into()));
                    let (id, later) = (job.id, Timestamp::from_micros(now().micros() + 1));
                    let cancel = move |stores: &mut dyn Stores| {
                        let before = stores.jobs().lock(account().id, id)?.expect("it is there");
                        let (after, _) = before.clone().apply(Event::Cancel, later).expect("it waits");
                        stores.jobs().replace(account().id, &before, &after)
                    };
                    assert!(
                        uow.write(account().id, cancel).await.map_err(|error: StoreError| error.to_string()).expect("the write succeeds")
                    );
                    let found: Option<ShownJob> = uow.read_job(account().id, name()).await.expect("the lookup succeeds");
                    assert_eq!(found.map(|job| job.status), Some(JobStatus::Cancelled));
                }
            })
        })
        .collect();
    for writer in writers {
        harness.runtime().block_on(writer).expect("it sees what it wrote");
    }
}
