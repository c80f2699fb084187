//! Courses, their aliases, members and grading periods.

use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::course::gradebook::{
    CalculationType, DisplaySetting, GradeCategory, GradeCategoryName, GradeDenominator, GradebookSettings,
};
use derslik_domain::course::grading_period::{GradingPeriod, GradingPeriodSettings, GradingPeriodTitle};
use derslik_domain::course::material::{
    CourseMaterial, CourseMaterialSet, DriveFolder, FormMaterial, LinkMaterial, MaterialId, MaterialTitle, MaterialUrl, StoredMaterial,
};
use derslik_domain::course::roster::{Membership, Roster, UserRef};
use derslik_domain::course::{
    CalendarDate, CalendarId, Course, CourseCursor, CourseDescription, CourseDetails, CourseFilter, CourseLevels, CourseListForm,
    CourseName, CourseOrder, CourseRoom, CourseSection, CourseState, CourseStates, CourseSubject, DescriptionHeading, Viewer,
};
use derslik_domain::form::Field;
use derslik_domain::id::Id;
use derslik_domain::identity::Role;
use derslik_domain::page::{Page, PageRequest};
use derslik_ports::outbound::{Conflict, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, course, now, other_account, text, user};

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_course_comes_back_as_it_was_stored", run: round_trip },
        Case { name: "a_taken_course_id_is_a_conflict", run: conflict },
        Case { name: "courses_of_another_account_are_neither_found_nor_changed", run: isolation },
        Case { name: "updates_of_one_course_wait_for_each_other", run: concurrent_updates },
        Case { name: "a_deleted_course_takes_along_what_hangs_on_it", run: deleted },
        Case { name: "a_list_of_courses_holds_what_its_viewer_sees", run: visibility },
        Case { name: "a_list_of_courses_is_filtered_by_member_state_and_words", run: filters },
        Case { name: "pages_of_courses_stay_where_they_are_while_courses_are_created", run: stable_pages },
        Case { name: "a_page_of_courses_ends_where_their_texts_get_long", run: long_pages },
        Case { name: "an_alias_is_unique_in_its_space", run: aliases },
        Case { name: "of_many_racing_creations_of_an_alias_one_wins_and_the_others_leave_nothing", run: racing_aliases },
        Case { name: "a_roster_is_listed_page_by_page", run: rosters },
        Case { name: "grading_periods_are_replaced_as_a_whole", run: grading_periods },
        Case { name: "a_course_waits_for_its_calendar_until_it_has_one", run: awaiting_calendar },
        Case { name: "a_key_is_made_once", run: keys },
    ]
}

fn set_up<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        for account in [account(), other_account()] {
            stores.identity().add_account(&account, now())?;
            for number in 1..=9 {
                stores.users().add(account.id, &user(number))?;
            }
        }
        Ok(())
    });
}

fn store<U: UnitOfWork>(harness: &Harness<U>, courses: Vec<Course>) {
    harness.write(move |stores| courses.iter().try_for_each(|course| stores.courses().insert(account().id, course)));
}

fn join<U: UnitOfWork>(harness: &Harness<U>, number: i64, user: i64, membership: Membership) {
    harness.write(move |stores| stores.rosters().put(account().id, &course(number), Id::new(user), membership, now()));
}

fn find<U: UnitOfWork>(harness: &Harness<U>, number: i64) -> Option<Course> {
    harness.read(move |stores| stores.courses().find(account().id, Id::new(number), Id::new(1))).map(|record| record.course)
}

fn filter(form: CourseListForm) -> CourseFilter {
    form.validate().expect("a valid filter").about(Id::new(2))
}

fn everything() -> CourseFilter {
    filter(CourseListForm::default())
}

fn list_page<U: UnitOfWork>(harness: &Harness<U>, viewer: Viewer, filter: CourseFilter, page: PageRequest<CourseCursor>) -> Page<Course> {
    let found = harness.read(move |stores| stores.courses().list(account().id, viewer, &filter, page));
    Page { entries: found.entries.into_iter().map(|record| record.course).collect(), more: found.more }
}

fn list<U: UnitOfWork>(harness: &Harness<U>, viewer: Viewer, filter: CourseFilter) -> Vec<i64> {
    let page = PageRequest::new(None, None).expect("a page");
    list_page(harness, viewer, filter, page).entries.iter().map(|course| course.id.get()).collect()
}

fn viewer(role: Role, user: i64) -> Viewer {
    Viewer { principal: Id::new(user), role, is_operator: false }
}

/// A course with a value in every field that a course of its state can have.
pub(super) fn unusual() -> Course {
    let title = |text: &str| MaterialTitle::new(text).ok();
    let url = |text: &str| MaterialUrl::new(text).ok();
    let id = |text: &str| MaterialId::new(text).expect("an id");
    let file = StoredMaterial { id: id("f"), title: title("File"), alternate_link: url("https://f"), thumbnail_url: None };
    let link = LinkMaterial { url: url("https://l").expect("a url"), title: None, thumbnail_url: url("https://t") };
    let form =
        FormMaterial { form_url: url("https://q").expect("a url"), response_url: url("https://r"), title: None, thumbnail_url: None };
    let materials = vec![
        CourseMaterial::DriveFile(file.clone()),
        CourseMaterial::YouTubeVideo(file),
        CourseMaterial::Link(link),
        CourseMaterial::Form(form),
    ];
    let category = GradeCategory {
        id: Id::new(5),
        name: GradeCategoryName::new("Ödev").expect("a name"),
        weight: None,
        default_grade_denominator: GradeDenominator::new(100),
    };
    let mut unusual = course(7);
    unusual.details.section = CourseSection::new("Dönem 2").ok();
    unusual.details.description_heading = DescriptionHeading::new("Hoş geldiniz").ok();
    unusual.details.description = CourseDescription::new("\u{1f393} Dönem\n'; DROP TABLE courses; --").ok();
    unusual.details.room = CourseRoom::new("301").ok();
    unusual.details.subject = CourseSubject::new("Biyoloji").ok();
    unusual.details.levels = CourseLevels::new("10").ok();
    unusual.teacher_folder = Some(DriveFolder { id: id("folder"), title: title("Klasör"), alternate_link: url("https://d") });
    unusual.material_sets = vec![CourseMaterialSet { title: title("Set").expect("a title"), materials }];
    unusual.guardians_enabled = true;
    unusual.calendar = CalendarId::new("calendar").ok();
    unusual.gradebook =
        GradebookSettings::new(CalculationType::TotalPoints, DisplaySetting::ShowOverallGrade, vec![category]).expect("a gradebook");
    unusual
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    store(harness, vec![course(1), unusual()]);
    assert_eq!(find(harness, 1), Some(course(1)));
    assert_eq!(find(harness, 7), Some(unusual()));
    let changed = Course { id: Id::new(1), revision: course(1).revision.next(), ..unusual() };
    let written = changed.clone();
    harness.write(move |stores| stores.courses().update(account().id, &written));
    assert_eq!((find(harness, 1), find(harness, 7)), (Some(changed), Some(unusual())));
    for origin in [Some(CourseState::Declined), None] {
        let suspended = Course { state: CourseState::Suspended, suspended_from: origin, ..course(1) };
        let written = suspended.clone();
        harness.write(move |stores| stores.courses().update(account().id, &written));
        assert_eq!(find(harness, 1), Some(suspended));
    }
    let record = harness.read(|stores| stores.courses().find(account().id, Id::new(1), Id::new(2)));
    assert_eq!(record.and_then(|record| record.membership), Some(Membership::Owner));
}

fn conflict<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    store(harness, vec![course(1)]);
    let refused = harness.try_write(|stores| stores.courses().insert(account().id, &course(1)));
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::Course))), "{refused:?}");
    harness.write(|stores| stores.courses().insert(other_account().id, &course(1)));
    // The transaction of the conflict can go on.
    let went_on = harness.try_write(|stores| {
        assert!(stores.courses().insert(account().id, &Course { owner: Id::new(3), ..course(1) }).is_err());
        stores.courses().insert(account().id, &course(2))
    });
    went_on.expect("another id is free");
    assert_eq!((find(harness, 1), find(harness, 2)), (Some(course(1)), Some(course(2))));
}

fn isolation<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    store(harness, vec![course(1)]);
    let other = other_account().id;
    assert!(harness.read(move |stores| stores.courses().find(other, Id::new(1), Id::new(2))).is_none());
    assert!(harness.write(move |stores| stores.courses().lock(other, Id::new(1), None)).is_none());
    let page = PageRequest::new(None, None).expect("a page");
    let found = harness.read(move |stores| stores.courses().list(other, viewer(Role::Admin, 2), &everything(), page));
    assert!(found.entries.is_empty());
    harness.write(move |stores| stores.courses().delete(other, Id::new(1)));
    harness.write(move |stores| stores.courses().update(other, &Course { id: Id::new(1), ..unusual() }));
    assert_eq!(find(harness, 1), Some(course(1)));
}

fn concurrent_updates<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 10;
    set_up(harness);
    store(harness, vec![course(1)]);
    let count_up = |uow: U| async move {
        for _ in 0..ROUNDS {
            uow.write(account().id, |stores| {
                let found = stores.courses().lock(account().id, Id::new(1), Some(Id::new(2)))?.expect("the course is there");
                let counted = Course { revision: found.course.revision.next(), ..found.course };
                stores.courses().update(account().id, &counted)
            })
            .await
            .expect("the write succeeds");
        }
    };
    let writers: Vec<_> = (0..WRITERS).map(|_| harness.runtime().spawn(count_up(harness.unit_of_work().clone()))).collect();
    for writer in writers {
        harness.runtime().block_on(writer).expect("the writer ends");
    }
    let revision = find(harness, 1).expect("the course is there").revision.get();
    assert_eq!(usize::try_from(revision), Ok(WRITERS * ROUNDS + 1));
}

fn deleted<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    store(harness, vec![course(1), course(3)]);
    let alias = || Alias::parse("d:one").expect("an alias");
    harness.write(move |stores| {
        stores.aliases().add(account().id, Id::new(1), AliasSpace::Domain, &alias(), now())?;
        stores.grading_periods().replace(account().id, Id::new(1), &periods(&[(1, 1, 2)]))?;
        stores.courses().delete(account().id, Id::new(1))
    });
    assert_eq!((find(harness, 1), find(harness, 3)), (None, Some(course(3))));
    assert!(harness.read(move |stores| stores.aliases().resolve(account().id, AliasSpace::Domain, &alias())).is_none());
    assert!(harness.read(|stores| stores.rosters().membership(account().id, Id::new(1), Id::new(2))).is_none());
    store(harness, vec![course(1)]);
    let found = harness.read(|stores| stores.grading_periods().find(account().id, Id::new(1)));
    assert_eq!(found, GradingPeriodSettings::default());
}

fn visibility<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let numbers = (1..).zip(CourseState::ALL);
    store(harness, numbers.map(|(number, state)| Course { state, ..course(number) }).collect());
    for number in 1..=5 {
        join(harness, number, 3, Membership::Teacher);
        join(harness, number, 4, Membership::Student);
    }
    // The courses 1 to 5 are active, archived, provisioned, declined and suspended. Their times are equal, so the id decides.
    assert_eq!(list(harness, viewer(Role::Member, 2), everything()), [5, 4, 3, 2, 1]);
    assert_eq!(list(harness, viewer(Role::Member, 3), everything()), [2, 1]);
    assert_eq!(list(harness, viewer(Role::Member, 4), everything()), [2, 1]);
    assert_eq!(list(harness, viewer(Role::Member, 5), everything()), Vec::<i64>::new());
    assert_eq!(list(harness, viewer(Role::Admin, 5), everything()), [4, 3, 2, 1]);
    assert_eq!(list(harness, viewer(Role::Admin, 4), everything()), [4, 3, 2, 1]);
    assert_eq!(list(harness, viewer(Role::Admin, 2), everything()), [5, 4, 3, 2, 1]);
}

fn filters<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let named = |number, name: &str, owner| {
        let mut course = Course { owner: Id::new(owner), ..course(number) };
        course.details.name = CourseName::new(name).expect("a name");
        course
    };
    store(
        harness,
        vec![named(1, "FİZİK Lab", 2), named(2, "fizik 100%", 3), Course { state: CourseState::Archived, ..named(3, "Kimya", 3) }],
    );
    join(harness, 2, 2, Membership::Student);
    join(harness, 3, 2, Membership::Teacher);
    let admin = viewer(Role::Admin, 9);
    let of = |form: CourseListForm, user| form.validate().expect("a valid filter").about(Id::new(user));
    let teacher = || CourseListForm { teacher: text("me"), ..CourseListForm::default() };
    let student = || CourseListForm { student: text("me"), ..CourseListForm::default() };
    assert_eq!(list(harness, admin, of(teacher(), 2)), [3, 1]);
    assert_eq!(list(harness, admin, of(student(), 2)), [2]);
    assert_eq!(list(harness, viewer(Role::Member, 2), of(teacher(), 3)), [3, 2], "where the viewer is a member as well");
    assert_eq!(list(harness, viewer(Role::Member, 2), of(student(), 2)), [2]);
    assert_eq!(list(harness, viewer(Role::Member, 4), of(teacher(), 3)), Vec::<i64>::new());
    let states: CourseStates = [CourseState::Archived].into_iter().collect();
    assert_eq!(list(harness, admin, filter(CourseListForm { states, ..CourseListForm::default() })), [3]);
    assert_eq!(list(harness, admin, of(CourseListForm { states, ..teacher() }, 2)), [3]);
    let owned_by = |user: i64, form: CourseListForm| {
        let form = CourseListForm { owner: Some(UserRef::Id(Id::new(user))), ..form };
        form.validate().expect("a valid filter").about_both(Id::new(2), Id::new(user))
    };
    assert_eq!(list(harness, admin, owned_by(3, CourseListForm::default())), [3, 2]);
    assert_eq!(list(harness, admin, owned_by(2, CourseListForm::default())), [1], "where it only teaches or learns is left out");
    assert_eq!(list(harness, admin, owned_by(3, teacher())), [3], "courses of that owner with that teacher");
    assert_eq!(list(harness, admin, owned_by(3, CourseListForm { states, ..CourseListForm::default() })), [3]);
    assert_eq!(list(harness, viewer(Role::Member, 2), owned_by(3, CourseListForm::default())), [3, 2]);
    assert_eq!(list(harness, viewer(Role::Member, 4), owned_by(3, CourseListForm::default())), Vec::<i64>::new());
    let words = |query: &str| filter(CourseListForm { query: text(query), ..CourseListForm::default() });
    assert_eq!(list(harness, admin, words("fizik")), [2, 1]);
    assert_eq!(list(harness, admin, words("LAB fızık")), [1]);
    assert_eq!(list(harness, admin, words("0%")), [2]);
    assert_eq!(list(harness, admin, words("1_0")), Vec::<i64>::new());
    let oldest = CourseListForm { order: CourseOrder::OldestFirst, query: Field::Missing, ..CourseListForm::default() };
    assert_eq!(list(harness, admin, filter(oldest)), [1, 2, 3]);
}

fn stable_pages<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let at = |number: i64, minutes| Course { created_at: now().minutes_before(minutes), ..course(number) };
    store(harness, (1..=25).map(|number| at(number, 100 - number / 2)).collect());
    for viewer in [viewer(Role::Admin, 9), viewer(Role::Member, 2)] {
        let (mut found, mut after, mut fresh) = (Vec::new(), None, 1_000 * viewer.principal.get());
        loop {
            let page = PageRequest::new(Some(4), after).expect("a page");
            let courses = list_page(harness, viewer, everything(), page);
            assert!(courses.entries.len() <= 4);
            found.extend(courses.entries.iter().map(|course| course.id.get()));
            let Some(last) = courses.entries.last().filter(|_| courses.more) else { break };
            after = Some(CourseCursor::of(last));
            fresh += 1;
            store(harness, vec![at(fresh, 0)]);
        }
        let old: Vec<i64> = found.into_iter().filter(|id| *id <= 25).collect();
        assert_eq!(old, (1..=25).rev().collect::<Vec<_>>());
    }
}

fn long_pages<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    // Each text takes more than a tenth of the limit for the texts of a page.
    let description = CourseDescription::new("😀".repeat(30_000)).ok();
    let long = |number| {
        let course = course(number);
        Course { details: CourseDetails { description: description.clone(), ..course.details.clone() }, ..course }
    };
    store(harness, (1..=12).map(long).collect());
    let pages = |viewer: Viewer| {
        let (mut found, mut after) = (Vec::<Vec<i64>>::new(), None);
        loop {
            let page = PageRequest::new(Some(1_000), after).expect("a page");
            let listed = list_page(harness, viewer, everything(), page);
            after = listed.entries.last().map(CourseCursor::of);
            found.push(listed.entries.iter().map(|course| course.id.get()).collect());
            if !listed.more {
                return found;
            }
        }
    };
    let wanted: Vec<Vec<i64>> = vec![(4..=12).rev().collect(), (1..=3).rev().collect()];
    assert_eq!(pages(viewer(Role::Admin, 9)), wanted);
    assert_eq!(pages(viewer(Role::Member, 2)), wanted);
}

fn aliases<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    store(harness, vec![course(1), course(3)]);
    let alias = |text: &str| Alias::parse(text).expect("an alias");
    let project = |number| AliasSpace::Project(Id::new(number));
    let add = |course, space, text: &str| {
        let alias = alias(text);
        harness.try_write(move |stores| stores.aliases().add(account().id, Id::new(course), space, &alias, now()))
    };
    add(1, AliasSpace::Domain, "d:ışık/1").expect("the alias is free");
    add(1, project(1), "p:a").expect("the alias is free");
    add(3, project(2), "p:a").expect("another project has its own");
    for (course, same) in [(1, "d:ışık/1"), (3, "d:ışık/1"), (3, "d:ıs\u{327}ık/1")] {
        let refused = add(course, AliasSpace::Domain, same);
        assert!(matches!(refused, Err(StoreError::Conflict(Conflict::Alias))), "{same}: {refused:?}");
    }
    let resolve = |space, text: &str| {
        let alias = alias(text);
        harness.read(move |stores| stores.aliases().resolve(account().id, space, &alias)).map(Id::get)
    };
    assert_eq!((resolve(project(1), "p:a"), resolve(project(2), "p:a"), resolve(project(3), "p:a")), (Some(1), Some(3), None));
    assert_eq!(resolve(AliasSpace::Domain, "d:IŞIK/1"), None, "letter for letter");
    assert_eq!(resolve(AliasSpace::Domain, "d:ıs\u{327}ık/1"), Some(1), "however they are composed");
    let listed = |project: Option<i64>, after: Option<&str>| {
        let page = PageRequest { size: 1, after: after.map(alias) };
        let found = harness.read(move |stores| stores.aliases().list(account().id, Id::new(1), project.map(Id::new), &page));
        (found.entries.iter().map(ToString::to_string).collect::<Vec<_>>(), found.more)
    };
    let one = |text: &str, more| (vec![text.to_owned()], more);
    assert_eq!(listed(Some(1), None), one("d:ışık/1", true));
    assert_eq!(listed(Some(1), Some("d:ışık/1")), one("p:a", false));
    assert_eq!(listed(Some(2), None), one("d:ışık/1", false));
    assert_eq!(listed(None, None), one("d:ışık/1", false));
    let remove = |course, text: &str| {
        let alias = alias(text);
        harness.write(move |stores| stores.aliases().remove(account().id, Id::new(course), AliasSpace::Domain, &alias))
    };
    assert!(!remove(3, "d:ışık/1") && remove(1, "d:ışık/1") && !remove(1, "d:ışık/1"));
}

fn racing_aliases<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const RACERS: i64 = 16;
    set_up(harness);
    let create = |uow: U, number: i64| async move {
        uow.write(account().id, move |stores| {
            stores.courses().insert(account().id, &course(number))?;
            stores.aliases().add(account().id, Id::new(number), AliasSpace::Domain, &Alias::parse("d:one").expect("an alias"), now())
        })
        .await
    };
    let racers: Vec<_> = (1..=RACERS).map(|number| harness.runtime().spawn(create(harness.unit_of_work().clone(), number))).collect();
    let outcomes: Vec<_> = racers.into_iter().map(|racer| harness.runtime().block_on(racer).expect("the racer ends")).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let taken = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Conflict(Conflict::Alias)))).count();
    assert_eq!(i64::try_from(taken), Ok(RACERS - 1));
    assert_eq!(list(harness, viewer(Role::Admin, 9), everything()).len(), 1);
}

fn rosters<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    store(harness, vec![course(1), Course { owner: Id::new(9), ..course(3) }]);
    join(harness, 1, 4, Membership::Teacher);
    for user in [3, 5, 6, 7] {
        join(harness, 1, user, Membership::Student);
    }
    join(harness, 1, 7, Membership::Teacher);
    let listed = |roster, size, after: Option<i64>| {
        let page = PageRequest { size, after: after.map(Id::new) };
        let found = harness.read(move |stores| stores.rosters().list(account().id, Id::new(1), roster, page));
        (found.entries.into_iter().map(|member| (member.user.id.get(), member.membership)).collect::<Vec<_>>(), found.more)
    };
    let teachers = [(2, Membership::Owner), (4, Membership::Teacher), (7, Membership::Teacher)];
    assert_eq!(listed(Roster::Teachers, 10, None), (teachers.to_vec(), false));
    assert_eq!(listed(Roster::Students, 1, Some(3)), (vec![(5, Membership::Student)], true));
    assert_eq!(listed(Roster::Students, 1, Some(5)), (vec![(6, Membership::Student)], false));
    assert_eq!(listed(Roster::Students, 10, Some(6)), (Vec::new(), false));
    let share = |one, other| harness.read(move |stores| stores.rosters().share_course(account().id, Id::new(one), Id::new(other)));
    assert!(share(2, 3) && share(3, 2) && !share(3, 9) && !share(3, 8));
    harness.write(|stores| stores.rosters().remove(account().id, Id::new(1), Id::new(3)));
    assert!(!share(2, 3));
}

fn periods(days: &[(i64, i64, i64)]) -> GradingPeriodSettings {
    let day = |day| CalendarDate::new(2026, 1, day).expect("a day");
    let period = |(id, start, end): &(i64, i64, i64)| GradingPeriod {
        id: Id::new(*id),
        title: GradingPeriodTitle::new(format!("{id}. Dönem")).expect("a title"),
        start: day(*start),
        end: day(*end),
    };
    GradingPeriodSettings::new(days.iter().map(period).collect(), true).expect("valid periods")
}

fn grading_periods<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    store(harness, vec![course(1), course(3)]);
    let find = |number| harness.read(move |stores| stores.grading_periods().find(account().id, Id::new(number)));
    assert_eq!(find(1), GradingPeriodSettings::default());
    for settings in [periods(&[(9, 1, 2), (4, 3, 3)]), periods(&[(4, 1, 9)]), periods(&[])] {
        let written = settings.clone();
        harness.write(move |stores| stores.grading_periods().replace(account().id, Id::new(1), &written));
        assert_eq!(find(1), settings);
    }
    assert_eq!(find(3), GradingPeriodSettings::default());
}

fn awaiting_calendar<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let earlier = Course { first_active_at: Some(now().minutes_before(5)), ..course(3) };
    store(harness, vec![course(1), earlier, Course { first_active_at: None, ..course(4) }, unusual()]);
    let waiting = |limit| harness.read(move |stores| stores.courses().awaiting_calendar(account().id, limit));
    assert_eq!(waiting(10), [Id::new(3), Id::new(1)]);
    assert_eq!(waiting(1), [Id::new(3)]);
}

fn keys<U: UnitOfWork>(harness: &Harness<U>) {
    let get = |fresh| harness.write(move |stores| stores.keys().get_or_add("test", [fresh; 32]));
    assert_eq!((get(1), get(2)), ([1; 32], [1; 32]));
}
