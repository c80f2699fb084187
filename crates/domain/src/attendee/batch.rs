//! A batch of people and guests, and what it does to the attendees of a session. Items are applied in order, and a refused
//! one never undoes another.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::form::{Field, Problem, RawText, Violation, Violations, read_utf8};
use crate::id::{AttendeeGuid, SessionGuid, UserGuid};
use crate::identity::{ClassroomRole, Email, Mobile, PersonName, User, UserState, Username, read_email, read_name, read_role};
use crate::time::Timestamp;

use super::{AttendanceCode, Attendee};

/// How an item may name a person of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum UserNaming {
    /// By GUID; any other text is a mistake.
    #[default]
    Guid,
    /// By GUID or by user name. A text that matches neither counts as not sent, so that the item is about a guest.
    GuidOrUsername,
}

/// The fields of one item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AttendeeForm {
    /// The person of the account.
    pub user: Field<RawText>,
    /// How the text of that field names the person.
    pub naming: UserNaming,
    /// The code of an existing attendee.
    pub code: Field<RawText>,
    /// The e-mail address.
    pub email: Field<RawText>,
    /// The given name.
    pub name: Field<RawText>,
    /// The family name.
    pub surname: Field<RawText>,
    /// The telephone number.
    pub mobile: Field<RawText>,
    /// The role in the classroom.
    pub role: Field<RawText>,
}

/// A field of an attendee that a rule is about, in the order in which violations are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AttendeeField {
    /// The item as a whole.
    Item,
    /// The person of the account.
    User,
    /// The code.
    Code,
    /// The e-mail address.
    Email,
    /// The given name.
    Name,
    /// The family name.
    Surname,
    /// The telephone number.
    Mobile,
    /// The role in the classroom.
    Role,
}

/// The attendee that an item is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
enum Subject {
    /// A person of the account.
    User(UserGuid),
    /// An existing attendee; `None` for a text that cannot be a code.
    Code(Option<AttendanceCode>),
    /// A guest, by the address that the item names.
    Guest,
}

/// One item after all its fields were read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AttendeeItem {
    subject: Subject,
    /// A text that may be a user name. If a person has it, the item is about that person.
    username: Option<Username>,
    email: Option<Email>,
    name: Option<PersonName>,
    surname: Option<PersonName>,
    mobile: Option<Mobile>,
    role: Option<ClassroomRole>,
}

impl AttendeeForm {
    /// Reads the form: a person, a code, or a guest with address and names, in this order.
    ///
    /// # Errors
    /// Every broken rule, in the order of [`AttendeeField`].
    pub fn validate(self) -> Result<AttendeeItem, Vec<Violation<AttendeeField>>> {
        let mut violations = Violations::default();
        let (user, username) = violations.read(AttendeeField::User, self.user, |text| self.naming.read(&text)).unwrap_or_default();
        let code = violations.read(AttendeeField::Code, self.code, |code| Ok(AttendanceCode::parse(read_utf8(&code)?.trim()).ok()));
        let subject = user.map(Subject::User).or(code.map(Subject::Code)).unwrap_or(Subject::Guest);
        let is_guest = subject == Subject::Guest && username.is_none() && violations.is_empty();
        let email = violations.take(is_guest, AttendeeField::Email, self.email, |text| read_email(&text));
        let name = violations.take(is_guest, AttendeeField::Name, self.name, read_name);
        let surname = violations.take(is_guest, AttendeeField::Surname, self.surname, read_name);
        let mobile = violations.read(AttendeeField::Mobile, self.mobile, |text| Ok(Mobile::from_bytes(text)?));
        let role = violations.read(AttendeeField::Role, self.role, |text| read_role(&text));
        violations.verdict(Some(AttendeeItem { subject, username, email, name, surname, mobile, role }))
    }
}

impl UserNaming {
    /// The GUID of a person, or else a text that may be a user name.
    fn read(self, text: &[u8]) -> Result<(Option<UserGuid>, Option<Username>), Problem> {
        let text = read_utf8(text)?.trim();
        match (text.parse(), self) {
            (Ok(guid), Self::Guid | Self::GuidOrUsername) => Ok((Some(guid), None)),
            (Err(_), Self::Guid) => Err(Problem::Invalid),
            (Err(_), Self::GuidOrUsername) => Ok((None, Username::parse(text).ok())),
        }
    }
}

impl<F> Violations<F> {
    fn take<T, U>(&mut self, required: bool, field: F, value: Field<T>, read: impl FnOnce(T) -> Result<U, Problem>) -> Option<U> {
        if required { self.require(field, value, read) } else { self.read(field, value, read) }
    }
}

/// The items of one request, in order, including those that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AttendeeBatch {
    items: Vec<Result<AttendeeItem, Vec<Violation<AttendeeField>>>>,
}

/// The keys of the attendees that a batch may change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AttendeeKeys {
    /// Their codes.
    pub codes: BTreeSet<AttendanceCode>,
    /// The people that they are.
    pub users: BTreeSet<UserGuid>,
    /// Their addresses, as keys for comparison.
    pub emails: BTreeSet<String>,
}

/// Why an item was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AttendeeRefusal {
    /// Rules were broken.
    Invalid(Vec<Violation<AttendeeField>>),
    /// There is no such person in the account.
    UnknownUser,
    /// No attendee of the session has the code.
    UnknownCode,
    /// Another attendee of the session has the address.
    EmailTaken,
}

/// The verdict on one item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum AttendeeVerdict {
    /// An attendee was added or changed; it is shown as this item left it.
    Done(Attendee),
    /// Nothing was done.
    Refused(AttendeeRefusal),
}

/// The verdicts of a batch, and the rows to write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AttendeeOutcome {
    /// The verdict of each item, in order.
    pub verdicts: Vec<AttendeeVerdict>,
    /// The rows to add, as the last item about each left them.
    pub inserts: Vec<Attendee>,
    /// The rows to write over, as the last item about each left them.
    pub updates: Vec<Attendee>,
}

impl AttendeeBatch {
    /// A batch of these items.
    pub const fn new(items: Vec<Result<AttendeeItem, Vec<Violation<AttendeeField>>>>) -> Self {
        Self { items }
    }

    /// The user names of the account's people that the batch names, each once.
    pub fn usernames(&self) -> Vec<Username> {
        let names: BTreeMap<String, Username> =
            self.readable().filter_map(|item| item.username.clone()).map(|username| (username.key(), username)).collect();
        names.into_values().collect()
    }

    /// The people of the account that the batch names by GUID.
    pub fn users(&self) -> BTreeSet<UserGuid> {
        self.readable().filter_map(|item| if let Subject::User(user) = &item.subject { Some(*user) } else { None }).collect()
    }

    /// The keys of the attendees that the batch may change, and of those that it may conflict with.
    pub fn keys(&self, users: &HashMap<UserGuid, User>) -> AttendeeKeys {
        let mut keys = AttendeeKeys { users: self.users(), ..AttendeeKeys::default() };
        keys.users.extend(users.keys());
        keys.emails = users.values().filter_map(|user| user.email.as_ref()).map(Email::key).collect();
        for item in self.readable() {
            keys.emails.extend(item.email.as_ref().map(Email::key));
            if let Subject::Code(Some(code)) = &item.subject {
                keys.codes.insert(code.clone());
            }
        }
        keys
    }

    fn readable(&self) -> impl Iterator<Item = &AttendeeItem> {
        self.items.iter().filter_map(|item| item.as_ref().ok())
    }

    /// Decides every item, in order, against the existing attendees and the people that the batch names.
    pub fn decide(
        self,
        session: SessionGuid,
        existing: Vec<Attendee>,
        users: &HashMap<UserGuid, User>,
        now: Timestamp,
        mut next: impl FnMut() -> (AttendeeGuid, AttendanceCode),
    ) -> AttendeeOutcome {
        let by_name = by_username(users);
        let mut roster = Roster::new(existing);
        let mut verdicts = Vec::with_capacity(self.items.len());
        for item in self.items {
            let decided = item.and_then(|item| item.resolved(&by_name)).map_err(AttendeeRefusal::Invalid);
            let decided = decided.and_then(|item| roster.apply(item, session, users, now, &mut next));
            verdicts.push(decided.map_or_else(AttendeeVerdict::Refused, AttendeeVerdict::Done));
        }
        let (inserts, updates) = roster.into_rows();
        AttendeeOutcome { verdicts, inserts, updates }
    }
}

/// The people that are not deleted, by their user names.
fn by_username(users: &HashMap<UserGuid, User>) -> HashMap<String, UserGuid> {
    let living = users.values().filter(|user| user.status != UserState::Deleted);
    living.filter_map(|user| Some((user.username.as_ref()?.key(), user.guid))).collect()
}

/// The attendees of a session while a batch is decided, indexed by each of their keys.
struct Roster {
    attendees: BTreeMap<AttendeeGuid, (Attendee, Row)>,
    by_user: HashMap<UserGuid, AttendeeGuid>,
    by_email: HashMap<String, AttendeeGuid>,
    by_code: HashMap<AttendanceCode, AttendeeGuid>,
}

/// What to do with the row of an attendee.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Kept,
    Changed,
    Added,
}

impl Roster {
    fn new(existing: Vec<Attendee>) -> Self {
        let mut roster = Self { attendees: BTreeMap::new(), by_user: HashMap::new(), by_email: HashMap::new(), by_code: HashMap::new() };
        for attendee in existing {
            roster.put(attendee, Row::Kept);
        }
        roster
    }

    fn put(&mut self, attendee: Attendee, row: Row) {
        if let Some((old, _)) = self.attendees.get(&attendee.guid) {
            self.by_email.remove(&old.email.key());
        }
        if let Some(user) = attendee.user {
            self.by_user.insert(user, attendee.guid);
        }
        self.by_email.insert(attendee.email.key(), attendee.guid);
        self.by_code.insert(attendee.code.clone(), attendee.guid);
        self.attendees.insert(attendee.guid, (attendee, row));
    }

    fn apply(
        &mut self,
        item: AttendeeItem,
        session: SessionGuid,
        users: &HashMap<UserGuid, User>,
        now: Timestamp,
        next: &mut impl FnMut() -> (AttendeeGuid, AttendanceCode),
    ) -> Result<Attendee, AttendeeRefusal> {
        let user = match &item.subject {
            Subject::User(guid) => {
                let user = users.get(guid).filter(|user| user.status != UserState::Deleted);
                Some(user.ok_or(AttendeeRefusal::UnknownUser)?)
            }
            Subject::Code(_) | Subject::Guest => None,
        };
        let found = match &item.subject {
            Subject::User(guid) => self.by_user.get(guid),
            Subject::Code(code) => Some(code.as_ref().and_then(|code| self.by_code.get(code)).ok_or(AttendeeRefusal::UnknownCode)?),
            Subject::Guest => item.email.as_ref().and_then(|email| self.by_email.get(&email.key())),
        };
        let (attendee, row) = match found.and_then(|guid| self.attendees.get(guid)) {
            Some((old, row)) => (item.change(old, now), if *row == Row::Added { Row::Added } else { Row::Changed }),
            None => (item.add(session, user, now, next)?, Row::Added),
        };
        if self.by_email.get(&attendee.email.key()).is_some_and(|owner| *owner != attendee.guid) {
            return Err(AttendeeRefusal::EmailTaken);
        }
        self.put(attendee.clone(), row);
        Ok(attendee)
    }

    fn into_rows(self) -> (Vec<Attendee>, Vec<Attendee>) {
        let touched = self.attendees.into_values().filter(|(_, row)| *row != Row::Kept);
        let (added, changed): (Vec<_>, Vec<_>) = touched.partition(|(_, row)| *row == Row::Added);
        let attendees = |rows: Vec<(Attendee, Row)>| rows.into_iter().map(|(attendee, _)| attendee).collect();
        (attendees(added), attendees(changed))
    }
}

impl AttendeeItem {
    /// The item after its user name was looked up. It is about the person with that name, or else about the subject that it
    /// has without one.
    fn resolved(mut self, by_name: &HashMap<String, UserGuid>) -> Result<Self, Vec<Violation<AttendeeField>>> {
        let Some(username) = self.username.take() else { return Ok(self) };
        if let Some(guid) = by_name.get(&username.key()) {
            self.subject = Subject::User(*guid);
        }
        if self.subject != Subject::Guest {
            return Ok(self);
        }
        let absent = [
            (AttendeeField::Email, self.email.is_none()),
            (AttendeeField::Name, self.name.is_none()),
            (AttendeeField::Surname, self.surname.is_none()),
        ];
        let missing = absent.into_iter().filter(|(_, absent)| *absent);
        let missing: Vec<_> = missing.map(|(field, _)| Violation { field, problem: Problem::Required }).collect();
        if missing.is_empty() { Ok(self) } else { Err(missing) }
    }

    fn change(self, old: &Attendee, now: Timestamp) -> Attendee {
        Attendee {
            guid: old.guid,
            session: old.session,
            user: old.user,
            code: old.code.clone(),
            name: self.name.unwrap_or_else(|| old.name.clone()),
            surname: self.surname.unwrap_or_else(|| old.surname.clone()),
            email: self.email.unwrap_or_else(|| old.email.clone()),
            role: self.role.unwrap_or(old.role),
            mobile: self.mobile.or_else(|| old.mobile.clone()),
            created_at: old.created_at,
            updated_at: now,
        }
    }

    /// A new attendee. Fields that the item leaves out come from the person of the account.
    fn add(
        self,
        session: SessionGuid,
        user: Option<&User>,
        now: Timestamp,
        next: &mut impl FnMut() -> (AttendeeGuid, AttendanceCode),
    ) -> Result<Attendee, AttendeeRefusal> {
        let required = |field| AttendeeRefusal::Invalid(vec![Violation { field, problem: Problem::Required }]);
        let email = self.email.or_else(|| user?.email.clone()).ok_or_else(|| required(AttendeeField::Email))?;
        let name = self.name.or_else(|| Some(user?.name.clone())).ok_or_else(|| required(AttendeeField::Name))?;
        let surname = self.surname.or_else(|| Some(user?.surname.clone())).ok_or_else(|| required(AttendeeField::Surname))?;
        let role = self.role.or_else(|| Some(user?.profile.role)).unwrap_or_default();
        let mobile = self.mobile.or_else(|| user?.profile.mobile.clone());
        let (guid, code) = next();
        let user = user.map(|user| user.guid);
        Ok(Attendee { guid, session, user, code, name, surname, email, role, mobile, created_at: now, updated_at: now })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::Id;
    use crate::identity::{PrincipalKind, Role, UserProfile, Username};

    const NOW: Timestamp = Timestamp::from_micros(9);
    const SESSION: SessionGuid = SessionGuid::new(Uuid::nil());

    fn given(text: &str) -> Field<RawText> {
        Field::Given(text.as_bytes().to_vec())
    }

    fn guest(email: &str) -> AttendeeForm {
        AttendeeForm { email: given(email), name: given("Ali"), surname: given("Veli"), ..AttendeeForm::default() }
    }

    fn person(number: u128) -> User {
        User {
            id: Id::new(1),
            guid: UserGuid::new(Uuid::from_u128(number)),
            kind: PrincipalKind::User,
            role: Role::Member,
            username: Username::parse(if number == 1 { "u" } else { "other" }).ok(),
            email: Email::parse(&format!("{number}@b.c")).ok(),
            name: PersonName::new("Ayşe").unwrap(),
            surname: PersonName::new("Yılmaz").unwrap(),
            status: UserState::Active,
            created_at: NOW,
            updated_at: NOW,
            profile: UserProfile { role: ClassroomRole::Instructor, ..UserProfile::default() },
        }
    }

    fn by_user(number: u128) -> AttendeeForm {
        AttendeeForm { user: given(&UserGuid::new(Uuid::from_u128(number)).to_string()), ..AttendeeForm::default() }
    }

    fn decide(existing: Vec<Attendee>, forms: Vec<AttendeeForm>) -> AttendeeOutcome {
        let users = [person(1), person(2)].into_iter().map(|user| (user.guid, user)).collect();
        let mut count = u8::try_from(existing.len()).unwrap();
        AttendeeBatch::new(forms.into_iter().map(AttendeeForm::validate).collect()).decide(SESSION, existing, &users, NOW, || {
            count += 1;
            (AttendeeGuid::new(Uuid::from_u128(count.into())), AttendanceCode::from_random([count; 20]))
        })
    }

    fn refusals(outcome: &AttendeeOutcome) -> Vec<Option<&AttendeeRefusal>> {
        let refusal = |verdict| match verdict {
            &AttendeeVerdict::Done(_) => None,
            AttendeeVerdict::Refused(refusal) => Some(refusal),
        };
        outcome.verdicts.iter().map(refusal).collect()
    }

    #[test]
    fn a_person_brings_its_own_names_and_role_and_an_item_may_say_otherwise() {
        let outcome = decide(Vec::new(), vec![by_user(1), AttendeeForm { role: given("u"), ..by_user(2) }]);
        let roles: Vec<_> = outcome.inserts.iter().map(|attendee| (attendee.name.as_str(), attendee.role)).collect();
        assert_eq!(roles, [("Ayşe", ClassroomRole::Instructor), ("Ayşe", ClassroomRole::User)]);
    }

    #[test]
    fn the_same_person_or_guest_twice_is_one_row_as_the_last_item_left_it() {
        let again = AttendeeForm { name: given("Can"), ..guest("ALI@b.c") };
        let outcome = decide(Vec::new(), vec![guest("ali@b.c"), again, by_user(1), by_user(1)]);
        assert_eq!(outcome.verdicts.len(), 4);
        let names: Vec<_> = outcome.inserts.iter().map(|attendee| attendee.name.as_str()).collect();
        assert_eq!((names.as_slice(), outcome.updates.len()), (["Can", "Ayşe"].as_slice(), 0));
    }

    #[test]
    fn a_listed_attendee_is_changed_and_keeps_the_code() {
        let there = decide(Vec::new(), vec![guest("ali@b.c")]).inserts;
        let by_code = AttendeeForm { code: given(there[0].code.as_str()), surname: given("Can"), ..AttendeeForm::default() };
        let outcome = decide(there.clone(), vec![by_code]);
        assert_eq!(outcome.inserts, []);
        assert_eq!((outcome.updates[0].surname.as_str(), &outcome.updates[0].code), ("Can", &there[0].code));
    }

    #[test]
    fn an_address_belongs_to_one_attendee() {
        let there = decide(Vec::new(), vec![guest("1@b.c"), guest("x@b.c")]).inserts;
        let takes_over = AttendeeForm { code: given(there[1].code.as_str()), email: given("1@b.c"), ..AttendeeForm::default() };
        let outcome = decide(there, vec![by_user(1), takes_over]);
        assert_eq!(refusals(&outcome), [Some(&AttendeeRefusal::EmailTaken); 2]);
        assert_eq!((outcome.inserts.len(), outcome.updates.len()), (0, 0));
    }

    #[test]
    fn refuses_unknown_users_and_codes() {
        let by_code = AttendeeForm { code: given("nobody's code!"), ..AttendeeForm::default() };
        let outcome = decide(Vec::new(), vec![by_user(7), by_code]);
        assert_eq!(refusals(&outcome), [Some(&AttendeeRefusal::UnknownUser), Some(&AttendeeRefusal::UnknownCode)]);
    }

    /// An item that names its person by any text.
    fn named(user: &str, form: AttendeeForm) -> AttendeeForm {
        AttendeeForm { user: given(user), naming: UserNaming::GuidOrUsername, ..form }
    }

    #[test]
    fn a_text_that_is_no_guid_is_a_user_name_where_the_dialect_takes_one() {
        // The person 1 is known as `u`. The other names belong to no person, and a name has at most 100 characters.
        let long = "x".repeat(101);
        let forms = vec![
            named(" U ", AttendeeForm::default()),
            named("ayhan", guest("ayhan@b.c")),
            named("", guest("nobody@b.c")),
            named(&long, guest("long@b.c")),
            named(&UserGuid::new(Uuid::from_u128(7)).to_string(), guest("seven@b.c")),
            named("ayhan", AttendeeForm { email: given("a@b.c"), ..AttendeeForm::default() }),
            AttendeeForm { naming: UserNaming::Guid, ..named("ayhan", guest("strict@b.c")) },
        ];
        let batch = AttendeeBatch::new(forms.iter().cloned().map(AttendeeForm::validate).collect());
        assert_eq!(batch.usernames().iter().map(Username::as_str).collect::<Vec<_>>(), ["ayhan", "U"]);
        let outcome = decide(Vec::new(), forms);
        let whom: Vec<_> = outcome.inserts.iter().map(|attendee| (attendee.user, attendee.email.as_str())).collect();
        let guests = ["ayhan@b.c", "nobody@b.c", "long@b.c"].map(|email| (None, email));
        assert_eq!(whom, [[(Some(person(1).guid), "1@b.c")].as_slice(), &guests].concat());
        let required = |field| Violation { field, problem: Problem::Required };
        let missing = AttendeeRefusal::Invalid(vec![required(AttendeeField::Name), required(AttendeeField::Surname)]);
        let strict = AttendeeRefusal::Invalid(vec![Violation { field: AttendeeField::User, problem: Problem::Invalid }]);
        assert_eq!(refusals(&outcome)[4..], [Some(&AttendeeRefusal::UnknownUser), Some(&missing), Some(&strict)]);
    }

    #[test]
    fn an_unknown_user_name_leaves_the_code_to_name_the_attendee() {
        let there = decide(Vec::new(), vec![guest("ali@b.c")]).inserts;
        let by_code = AttendeeForm { code: given(there[0].code.as_str()), surname: given("Can"), ..AttendeeForm::default() };
        for user in ["", "nobody"] {
            let outcome = decide(there.clone(), vec![named(user, by_code.clone())]);
            assert_eq!(outcome.updates[0].surname.as_str(), "Can", "{user}");
        }
    }

    #[test]
    fn a_guest_needs_an_address_and_names() {
        let violations = AttendeeForm::default().validate().unwrap_err();
        let fields: Vec<_> = violations.iter().map(|violation| violation.field).collect();
        assert_eq!(fields, [AttendeeField::Email, AttendeeField::Name, AttendeeField::Surname]);
        let mistyped = AttendeeForm { user: Field::Mistyped, ..AttendeeForm::default() }.validate().unwrap_err();
        assert_eq!(mistyped, [Violation { field: AttendeeField::User, problem: Problem::Mistyped }]);
    }
}
