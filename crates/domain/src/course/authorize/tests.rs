use std::sync::Arc;

use rstest::rstest;

use super::*;
use crate::id::Id;
use crate::identity::{Account, AccountSettings, CredentialRoot, Lang, Operator, Principal, PrincipalKind, Scopes};
use crate::time::{StartDateMode, Zone};

const ME: i64 = 2;

fn actor(role: Role, scopes: Scopes) -> Actor {
    let settings = AccountSettings {
        lang: Lang::parse("tr").unwrap(),
        timezone: Zone::ISTANBUL,
        start_date_mode: StartDateMode::Civil,
        courses: CourseSettings::default(),
    };
    Actor {
        account: Arc::new(Account { id: Id::new(1), name: crate::text::Name::new("demo").unwrap(), settings }),
        shown_account: Id::new(1),
        principal: Principal { id: Id::new(ME), kind: PrincipalKind::User, role },
        scopes,
        credential: Id::new(3),
        root: CredentialRoot::Credential(Id::new(3)),
        project: None,
        trace: None,
        operator: None,
    }
}

fn every_scope() -> Scopes {
    Scope::ALL.into_iter().collect()
}

/// The role in the account and the membership that give a user exactly `role` towards a course.
fn being(role: CourseRole) -> (Role, Option<Membership>) {
    match role {
        CourseRole::Operator | CourseRole::Admin => (Role::Admin, None),
        CourseRole::Owner => (Role::Member, Some(Membership::Owner)),
        CourseRole::CoTeacher => (Role::Member, Some(Membership::Teacher)),
        CourseRole::Student => (Role::Member, Some(Membership::Student)),
        CourseRole::Stranger => (Role::Member, None),
    }
}

fn ask(action: CourseAction, role: CourseRole, state: CourseState) -> Result<CourseAccess, CourseDenial> {
    let (account_role, membership) = being(role);
    authorize_course(&actor(account_role, every_scope()), action, Some(CourseContext { state, membership }), &CourseSettings::default())
}

/// The roles that may take the action on a course that all members see.
fn may(action: CourseAction) -> &'static str {
    match action {
        CourseAction::Get | CourseAction::ListAliases | CourseAction::ReadRoster(_) => "admin owner co-teacher student",
        CourseAction::Edit
        | CourseAction::WriteAlias(AliasScope::Project)
        | CourseAction::ReadGradingPeriods
        | CourseAction::WriteGradingPeriods
        | CourseAction::CheckGradingPeriods
        | CourseAction::CheckAddOns
        | CourseAction::RemoveFrom(_) => "admin owner co-teacher",
        CourseAction::Delete => "admin owner",
        CourseAction::Transfer | CourseAction::WriteAlias(AliasScope::Domain) | CourseAction::AddTo(_) => "admin",
        CourseAction::Leave => "owner co-teacher student",
        CourseAction::Join => "admin owner co-teacher student stranger",
    }
}

#[test]
fn every_action_state_and_role_is_as_the_table_says() {
    for action in CourseAction::ALL {
        for role in [CourseRole::Admin, CourseRole::Owner, CourseRole::CoTeacher, CourseRole::Student, CourseRole::Stranger] {
            for state in CourseState::ALL {
                let outcome = ask(action, role, state);
                let named = may(action).split(' ').any(|name| name == role.name());
                let sees = state.is_visible_to(role) || action == CourseAction::Join;
                assert_eq!(outcome.is_ok(), named && sees, "{action:?} by {role:?} of a course that is {state}");
                assert_eq!(outcome == Err(CourseDenial::Invisible), !sees, "{action:?} by {role:?} of a course that is {state}");
            }
        }
    }
}

#[test]
fn a_course_whose_owner_was_deleted_is_changed_by_administrators_alone() {
    // The actions that change the course; for a user that joins, `join` checks the owner.
    let changes = |action| match action {
        CourseAction::Edit
        | CourseAction::Transfer
        | CourseAction::Delete
        | CourseAction::WriteAlias(_)
        | CourseAction::WriteGradingPeriods
        | CourseAction::AddTo(_)
        | CourseAction::RemoveFrom(_) => true,
        CourseAction::Get
        | CourseAction::ListAliases
        | CourseAction::ReadGradingPeriods
        | CourseAction::CheckGradingPeriods
        | CourseAction::CheckAddOns
        | CourseAction::ReadRoster(_)
        | CourseAction::Join
        | CourseAction::Leave => false,
    };
    for action in CourseAction::ALL {
        for role in CourseRole::ALL {
            let is_admin = matches!(role, CourseRole::Operator | CourseRole::Admin);
            let refused = check_owner(action, role.into(), OwnerAccount::Deleted) == Err(CourseDenial::InactiveOwner);
            assert_eq!(refused, changes(action) && !is_admin, "{action:?} by {role:?}");
            assert_eq!(check_owner(action, role.into(), OwnerAccount::There), Ok(()), "{action:?} by {role:?}");
        }
        let teaches_too = CourseAccess::of(Role::Admin, Some(Membership::Teacher));
        assert_eq!(check_owner(action, teaches_too, OwnerAccount::Deleted), Ok(()), "{action:?}");
    }
}

#[test]
fn the_standing_comes_back_with_the_permission() {
    let context = CourseContext { state: CourseState::Active, membership: Some(Membership::Teacher) };
    let access =
        authorize_course(&actor(Role::Admin, every_scope()), CourseAction::Get, Some(context), &CourseSettings::default()).unwrap();
    assert!(access.is_admin() && access.is_teacher());
}

#[rstest]
#[case(CourseAction::AddTo(Roster::Students), CourseDenial::CannotDirectAdd)]
#[case(CourseAction::WriteGradingPeriods, CourseDenial::IneligibleForGradingPeriods)]
#[case(CourseAction::Edit, CourseDenial::Role)]
fn some_denials_have_names_of_their_own(#[case] action: CourseAction, #[case] denial: CourseDenial) {
    assert_eq!(ask(action, CourseRole::Student, CourseState::Active), Err(denial));
}

#[test]
fn a_course_that_the_account_does_not_have_is_missing() {
    for action in CourseAction::ALL {
        let outcome = authorize_course(&actor(Role::Admin, every_scope()), action, None, &CourseSettings::default());
        assert_eq!(outcome, Err(CourseDenial::Missing), "{action:?}");
    }
}

#[test]
fn a_scope_is_checked_before_the_refusal_reveals_anything_about_the_course() {
    for action in CourseAction::ALL {
        let none = authorize_course(&actor(Role::Admin, Scopes::default()), action, None, &CourseSettings::default());
        assert_eq!(none, Err(CourseDenial::Scope(action.scopes())), "{action:?}");
        for scope in Scope::ALL {
            let one = authorize_course(&actor(Role::Admin, [scope].into_iter().collect()), action, None, &CourseSettings::default());
            assert_eq!(one == Err(CourseDenial::Missing), action.scopes().contains(&scope), "{action:?} with {scope:?}");
        }
    }
    for action in CatalogueAction::ALL {
        for scope in Scope::ALL {
            let one = authorize_catalogue(&actor(Role::Member, [scope].into_iter().collect()), action);
            assert_eq!(one.is_ok(), action.scopes().contains(&scope), "{action:?} with {scope:?}");
        }
    }
}

#[test]
fn read_only_scopes_open_nothing_that_writes() {
    for action in [CourseAction::Edit, CourseAction::Delete, CourseAction::WriteGradingPeriods, CourseAction::AddTo(Roster::Teachers)] {
        for scope in [Scope::CoursesReadonly, Scope::RostersReadonly, Scope::ProfileEmails, Scope::ProfilePhotos, Scope::Sessions] {
            assert!(!action.scopes().contains(&scope), "{action:?} with {scope:?}");
        }
    }
}

#[test]
fn an_administrator_sees_a_suspended_course_only_as_its_owner() {
    let context = |membership| Some(CourseContext { state: CourseState::Suspended, membership });
    let get = |membership| {
        authorize_course(&actor(Role::Admin, every_scope()), CourseAction::Get, context(membership), &CourseSettings::default())
    };
    assert_eq!(get(None), Err(CourseDenial::Invisible));
    assert_eq!(get(Some(Membership::Teacher)), Err(CourseDenial::Invisible));
    assert!(get(Some(Membership::Owner)).is_ok());
}

#[test]
fn an_account_without_the_licence_reads_grading_periods_and_writes_none() {
    let settings = CourseSettings { grading_periods: GradingPeriodLicence::Missing, ..Default::default() };
    let context = Some(CourseContext { state: CourseState::Active, membership: Some(Membership::Owner) });
    let ask = |action| authorize_course(&actor(Role::Member, every_scope()), action, context, &settings);
    assert_eq!(ask(CourseAction::WriteGradingPeriods), Err(CourseDenial::IneligibleForGradingPeriods));
    assert!(ask(CourseAction::ReadGradingPeriods).is_ok());
    assert!(ask(CourseAction::Edit).is_ok());
}

#[test]
fn eligibility_is_whether_a_write_would_pass() {
    for role in [CourseRole::Admin, CourseRole::Owner, CourseRole::CoTeacher, CourseRole::Student] {
        for state in CourseState::ALL {
            let settings = CourseSettings::default();
            let passes = ask(CourseAction::WriteGradingPeriods, role, state).is_ok() && state.allows_edits();
            assert_eq!(eligible_for_grading_periods(role.into(), state, OwnerAccount::There, &settings), passes, "{role:?} {state}");
            let unlicensed = CourseSettings { grading_periods: GradingPeriodLicence::Missing, ..settings };
            assert!(!eligible_for_grading_periods(role.into(), state, OwnerAccount::There, &unlicensed));
            let ownerless = eligible_for_grading_periods(role.into(), state, OwnerAccount::Deleted, &settings);
            assert_eq!(ownerless, passes && role == CourseRole::Admin, "{role:?} {state}");
        }
    }
}

#[rstest]
#[case(CourseRole::Owner, CourseState::Active, true)]
#[case(CourseRole::CoTeacher, CourseState::Active, true)]
#[case(CourseRole::CoTeacher, CourseState::Provisioned, false)]
#[case(CourseRole::Owner, CourseState::Provisioned, true)]
#[case(CourseRole::Owner, CourseState::Archived, false)]
#[case(CourseRole::Admin, CourseState::Active, false)]
#[case(CourseRole::Student, CourseState::Active, false)]
fn add_ons_attach_for_teachers_of_a_course_that_can_change(#[case] role: CourseRole, #[case] state: CourseState, #[case] eligible: bool) {
    assert_eq!(eligible_for_add_ons(role.into(), state), eligible);
}

#[test]
fn a_profile_is_read_by_oneself_by_administrators_and_by_people_of_the_same_course() {
    let member = actor(Role::Member, every_scope());
    assert!(may_read_profile(&member, Id::new(ME), false));
    assert!(may_read_profile(&member, Id::new(9), true));
    assert!(!may_read_profile(&member, Id::new(9), false));
    assert!(may_read_profile(&actor(Role::Admin, every_scope()), Id::new(9), false));
}

#[test]
fn the_operator_may_do_everything_but_leave_in_every_state() {
    let operator = Actor { operator: Some(Operator::Installation), ..actor(Role::Admin, every_scope()) };
    for state in CourseState::ALL {
        for action in CourseAction::ALL.into_iter().filter(|action| *action != CourseAction::Leave) {
            let context = CourseContext { state, membership: None };
            let access = authorize_course(&operator, action, Some(context), &CourseSettings::default());
            assert_eq!(access, Ok(CourseAccess::OPERATOR), "{action:?} {state}");
            assert!(!needs_owner(action, CourseAccess::OPERATOR));
        }
    }
}
