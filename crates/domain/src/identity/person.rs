//! The forms that add or change a person of an account, and their validation. Hashing of passwords and uniqueness are
//! decided elsewhere.

use crate::form::{Field, Problem, RawText, Violation, Violations, read_utf8};
use crate::id::{PrincipalId, UserGuid};
use crate::page::{OffsetPage, PageError};
use crate::text::{Text, TextError, fold, identity_key};
use crate::time::{Timestamp, WrittenTime, Zone};

use super::{ClassroomRole, Email, Lang, Mobile, PersonName, PrincipalKind, Role, User, UserProfile, UserState, Username};

/// The fields of a request to add or to change a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonForm {
    /// The given name.
    pub name: Field<RawText>,
    /// The family name.
    pub surname: Field<RawText>,
    /// The e-mail address.
    pub email: Field<RawText>,
    /// The name to log in by.
    pub username: Field<RawText>,
    /// The role in classrooms.
    pub role: Field<RawText>,
    /// The password in the clear.
    pub password: Field<RawText>,
    /// The telephone number.
    pub mobile: Field<RawText>,
    /// Whether the person may log in.
    pub login_allowed: Field<bool>,
    /// Whether the person may act at all.
    pub active: Field<bool>,
    /// The language tag.
    pub lang: Field<RawText>,
    /// The name of the time zone.
    pub timezone: Field<RawText>,
    /// The instant from which the person may no longer log in.
    pub expires_at: Field<RawText>,
}

/// A field of a person that a rule is about, in the order in which violations are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum PersonField {
    /// The given name.
    Name,
    /// The family name.
    Surname,
    /// The e-mail address.
    Email,
    /// The name to log in by.
    Username,
    /// The role in classrooms.
    Role,
    /// The password.
    Password,
    /// The telephone number.
    Mobile,
    /// Whether the person may log in.
    LoginAllowed,
    /// Whether the person may act at all.
    Active,
    /// The language.
    Lang,
    /// The time zone.
    Timezone,
    /// The end of the time in which the person may log in.
    ExpiresAt,
}

impl PersonField {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::Surname,
        Self::Email,
        Self::Username,
        Self::Role,
        Self::Password,
        Self::Mobile,
        Self::LoginAllowed,
        Self::Active,
        Self::Lang,
        Self::Timezone,
        Self::ExpiresAt,
    ];
}

/// A password in the clear: 1 to 200 characters. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Text<200>);

impl Password {
    /// Checks a password as it was typed.
    ///
    /// # Errors
    /// Any [`TextError`].
    pub fn new(text: RawText) -> Result<Self, TextError> {
        let text = Text::from_bytes(text)?;
        if text.as_str().is_empty() { Err(TextError::Empty) } else { Ok(Self(text)) }
    }

    /// The password, to be hashed or compared with a hash.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A form after all its fields were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonChange {
    name: Option<PersonName>,
    surname: Option<PersonName>,
    email: Option<Email>,
    username: Option<Username>,
    role: Option<ClassroomRole>,
    password: Option<Password>,
    mobile: Option<Mobile>,
    login_allowed: Option<bool>,
    active: Option<bool>,
    lang: Option<Lang>,
    timezone: Option<Zone>,
    expires_at: Option<Timestamp>,
}

/// A validated person that lacks only its ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    name: PersonName,
    surname: PersonName,
    email: Email,
    username: Username,
    rest: PersonChange,
}

impl PersonForm {
    /// Validates the form as one that adds a person.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`PersonField`].
    pub fn validate_new(self) -> Result<NewPerson, Vec<Violation<PersonField>>> {
        let wanted = [
            (PersonField::Name, is_absent(&self.name)),
            (PersonField::Surname, is_absent(&self.surname)),
            (PersonField::Email, is_absent(&self.email)),
            (PersonField::Username, is_absent(&self.username)),
        ];
        let missing = wanted.into_iter().filter(|(_, absent)| *absent).map(|(field, _)| Violation { field, problem: Problem::Required });
        let missing: Vec<_> = missing.collect();
        let validated = self.validate();
        let change = match (validated, missing.is_empty()) {
            (Ok(change), true) => change,
            (Ok(_), false) => return Err(missing),
            (Err(mut broken), _) => {
                broken.extend(missing);
                broken.sort_by_key(|violation| PersonField::ALL.iter().position(|field| *field == violation.field));
                return Err(broken);
            }
        };
        match (change.name.clone(), change.surname.clone(), change.email.clone(), change.username.clone()) {
            (Some(name), Some(surname), Some(email), Some(username)) => Ok(NewPerson { name, surname, email, username, rest: change }),
            _ => Err(Vec::new()),
        }
    }

    /// Validates the form as one that sets a password, which is required.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`PersonField`].
    pub fn validate_password(self) -> Result<PersonChange, Vec<Violation<PersonField>>> {
        if is_absent(&self.password) {
            return Err(vec![Violation { field: PersonField::Password, problem: Problem::Required }]);
        }
        self.validate()
    }

    /// Validates the form as one that changes a person: a field that is missing or null is left alone.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`PersonField`].
    pub fn validate(self) -> Result<PersonChange, Vec<Violation<PersonField>>> {
        let mut violations = Violations::default();
        let change = PersonChange {
            name: violations.read(PersonField::Name, self.name, read_name),
            surname: violations.read(PersonField::Surname, self.surname, read_name),
            email: violations.read(PersonField::Email, self.email, |text| read_email(&text)),
            username: violations.read(PersonField::Username, self.username, |text| Ok(Username::parse(read_utf8(&text)?)?)),
            role: violations.read(PersonField::Role, self.role, |text| read_role(&text)),
            password: violations.read(PersonField::Password, self.password, |text| Ok(Password::new(text)?)),
            mobile: violations.read(PersonField::Mobile, self.mobile, |text| Ok(Mobile::from_bytes(text)?)),
            login_allowed: violations.read(PersonField::LoginAllowed, self.login_allowed, Ok),
            active: violations.read(PersonField::Active, self.active, Ok),
            lang: violations.read(PersonField::Lang, self.lang, |tag| Lang::parse(read_utf8(&tag)?).map_err(|_| Problem::Invalid)),
            timezone: violations
                .read(PersonField::Timezone, self.timezone, |name| Zone::parse(read_utf8(&name)?).map_err(|_| Problem::Invalid)),
            expires_at: violations.read(PersonField::ExpiresAt, self.expires_at, |text| read_instant(&text)),
        };
        violations.verdict(Some(change))
    }
}

impl NewPerson {
    /// The person, under ids that must not be in use.
    pub fn into_user(self, id: PrincipalId, guid: UserGuid, at: Timestamp) -> User {
        let blank = User {
            id,
            guid,
            kind: PrincipalKind::User,
            role: Role::Member,
            username: Some(self.username),
            email: Some(self.email),
            name: self.name,
            surname: self.surname,
            status: UserState::Active,
            created_at: at,
            updated_at: at,
            profile: UserProfile::default(),
        };
        self.rest.apply_to(&blank, at)
    }

    /// The password that was chosen.
    pub const fn password(&self) -> Option<&Password> {
        self.rest.password.as_ref()
    }
}

impl PersonChange {
    /// The password that was chosen.
    pub const fn password(&self) -> Option<&Password> {
        self.password.as_ref()
    }

    /// The user after the change.
    pub fn apply_to(self, user: &User, at: Timestamp) -> User {
        let profile = &user.profile;
        let role = match self.role {
            None => user.role,
            Some(ClassroomRole::Admin) => Role::Admin,
            Some(_) => Role::Member,
        };
        let status = match self.active {
            None => user.status,
            Some(true) => UserState::Active,
            Some(false) => UserState::Passive,
        };
        User {
            id: user.id,
            guid: user.guid,
            kind: user.kind,
            role,
            username: self.username.or_else(|| user.username.clone()),
            email: self.email.or_else(|| user.email.clone()),
            name: self.name.unwrap_or_else(|| user.name.clone()),
            surname: self.surname.unwrap_or_else(|| user.surname.clone()),
            status,
            created_at: user.created_at,
            updated_at: at,
            profile: UserProfile {
                role: self.role.unwrap_or(profile.role),
                mobile: self.mobile.or_else(|| profile.mobile.clone()),
                login_allowed: self.login_allowed.unwrap_or(profile.login_allowed),
                lang: self.lang.or_else(|| profile.lang.clone()),
                timezone: self.timezone.or(profile.timezone),
                expires_at: self.expires_at.or(profile.expires_at),
            },
        }
    }
}

/// Why a person was neither added nor changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum PersonRefusal {
    /// Rules were broken.
    Invalid(Vec<Violation<PersonField>>),
    /// Another user of the account has the e-mail address.
    EmailTaken,
    /// Another user of the account has the name to log in by.
    UsernameTaken,
}

/// The form of a request to list people, not validated yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PersonFilterForm {
    /// A part of the given name.
    pub name: Field<RawText>,
    /// A part of the family name.
    pub surname: Field<RawText>,
    /// The e-mail address.
    pub email: Field<RawText>,
    /// The name to log in by.
    pub username: Field<RawText>,
    /// The role in classrooms.
    pub role: Field<RawText>,
    /// The number of the page, from 1.
    pub page_number: Field<i64>,
    /// The most people on a page.
    pub page_size: Field<i64>,
}

/// The people of an account that a list is about. Names are trimmed and [folded](fold). An address and a user name identify
/// a user, and are [keys of identity](identity_key).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PersonFilter {
    /// The given name contains this.
    pub name: Option<String>,
    /// The family name contains this.
    pub surname: Option<String>,
    /// The e-mail address is this.
    pub email: Option<String>,
    /// The name to log in by is this.
    pub username: Option<String>,
    /// The role in classrooms.
    pub role: Option<ClassroomRole>,
    /// Whether the person may act. No client asks for it, and a list of attendees has no such state.
    pub status: Option<UserState>,
    /// The page.
    pub page: OffsetPage,
}

/// Why a filter for people was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum PersonFilterError {
    /// A field has no usable value.
    #[error("a field has no usable value")]
    Invalid(PersonField),
    /// The page was refused.
    #[error(transparent)]
    Page(#[from] PageError),
}

impl PersonFilterForm {
    /// Validates the form. A page without a size holds `default_size` people.
    ///
    /// # Errors
    /// The first [`PersonFilterError`].
    pub fn validate(self, default_size: u32) -> Result<PersonFilter, PersonFilterError> {
        let size = number(self.page_size)?.filter(|size| *size != 0).or(Some(default_size.into()));
        let page = OffsetPage::new(number(self.page_number)?, size)?;
        let role = match sought(self.role, PersonField::Role, fold)? {
            None => None,
            Some(role) => Some(ClassroomRole::by_code(&role).ok_or(PersonFilterError::Invalid(PersonField::Role))?),
        };
        Ok(PersonFilter {
            name: sought(self.name, PersonField::Name, fold)?,
            surname: sought(self.surname, PersonField::Surname, fold)?,
            email: sought(self.email, PersonField::Email, identity_key)?,
            username: sought(self.username, PersonField::Username, identity_key)?,
            role,
            status: None,
            page,
        })
    }
}

fn number(field: Field<i64>) -> Result<Option<i64>, PersonFilterError> {
    field.given().map_err(|_| PageError::OutOfRange.into())
}

fn sought(field: Field<RawText>, name: PersonField, key: impl Fn(&str) -> String) -> Result<Option<String>, PersonFilterError> {
    let Some(text) = field.given().map_err(|_| PersonFilterError::Invalid(name))? else { return Ok(None) };
    let text = read_utf8(&text).map_err(|_| PersonFilterError::Invalid(name))?;
    let key = key(text.trim());
    Ok((!key.is_empty()).then_some(key))
}

fn is_absent<T>(field: &Field<T>) -> bool {
    matches!(field, Field::Missing | Field::Null)
}

/// A given or a family name, which is never blank.
pub(crate) fn read_name(text: RawText) -> Result<PersonName, Problem> {
    let name = PersonName::from_bytes(text)?;
    if name.as_str().trim().is_empty() { Err(TextError::Empty.into()) } else { Ok(name) }
}

pub(crate) fn read_email(text: &[u8]) -> Result<Email, Problem> {
    Email::parse(read_utf8(text)?.trim()).map_err(|_| Problem::Invalid)
}

pub(crate) fn read_role(text: &[u8]) -> Result<ClassroomRole, Problem> {
    ClassroomRole::by_code(read_utf8(text)?).ok_or(Problem::Invalid)
}

/// An instant; a time without an offset is in UTC.
fn read_instant(text: &[u8]) -> Result<Timestamp, Problem> {
    let written: WrittenTime = read_utf8(text)?.trim().parse().map_err(|_| Problem::Invalid)?;
    Ok(written.instant().unwrap_or_else(|| crate::time::Start::at(written.civil(), Zone::UTC).instant()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn given(text: &str) -> Field<RawText> {
        Field::Given(text.as_bytes().to_vec())
    }

    fn form() -> PersonForm {
        PersonForm {
            name: given("Ayşe"),
            surname: given("Yılmaz"),
            email: given("a@b.c"),
            username: given("ayse"),
            ..PersonForm::default()
        }
    }

    fn added(form: PersonForm) -> User {
        form.validate_new().unwrap().into_user(Id::new(7), UserGuid::new(uuid::Uuid::nil()), Timestamp::from_micros(5))
    }

    #[test]
    fn four_fields_make_a_person_who_may_log_in_and_decides_nothing() {
        let user = added(form());
        assert_eq!((user.role, user.profile.role, user.status), (Role::Member, ClassroomRole::User, UserState::Active));
        assert!(user.profile.login_allowed);
    }

    #[test]
    fn an_admin_of_classrooms_is_one_of_the_account_and_stops_being_one_with_the_role() {
        let admin = added(PersonForm { role: given("a"), ..form() });
        assert_eq!(admin.role, Role::Admin);
        let teacher =
            PersonForm { role: given("e+"), ..PersonForm::default() }.validate().unwrap().apply_to(&admin, Timestamp::from_micros(6));
        assert_eq!((teacher.role, teacher.profile.role), (Role::Member, ClassroomRole::SeniorInstructor));
        assert_eq!((teacher.name, teacher.updated_at), (admin.name, Timestamp::from_micros(6)));
    }

    #[test]
    fn tells_of_everything_that_is_wrong_in_the_order_of_the_fields() {
        let form = PersonForm {
            name: Field::Null,
            surname: given(&"x".repeat(201)),
            email: given("nobody"),
            role: given("boss"),
            active: Field::Mistyped,
            ..PersonForm::default()
        };
        let broken: Vec<_> = form.validate_new().unwrap_err().into_iter().map(|violation| (violation.field, violation.problem)).collect();
        assert_eq!(
            broken,
            [
                (PersonField::Name, Problem::Required),
                (PersonField::Surname, Problem::Text(TextError::TooLong { max: 200 })),
                (PersonField::Email, Problem::Invalid),
                (PersonField::Username, Problem::Required),
                (PersonField::Role, Problem::Invalid),
                (PersonField::Active, Problem::Mistyped),
            ]
        );
    }

    #[test]
    fn a_change_leaves_alone_what_is_missing_or_null() {
        let user = added(PersonForm { mobile: given("+90"), ..form() });
        let same = PersonForm { email: Field::Null, mobile: Field::Null, ..PersonForm::default() }.validate().unwrap();
        assert_eq!(same.apply_to(&user, user.updated_at), user);
    }

    #[test]
    fn a_password_prints_as_nothing() {
        assert_eq!(format!("{:?}", Password::new(b"hunter2".to_vec())), "Ok(Password(..))");
    }
}
