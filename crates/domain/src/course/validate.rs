//! The validation of a course form, field by field. All rules are checked, so that one answer tells the client every
//! violation. States and access are checked elsewhere.

use crate::form::{Field, FieldFault, RawText, Violation, Violations};
use crate::text::{Text, TextError};

use super::alias::{Alias, AliasError};
use super::form::CourseForm;
use super::roster::UserRef;
use super::{CourseDetails, CourseField, CourseFields, CourseName, CourseState};

/// A problem of a field of a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseProblem {
    /// It has to be sent.
    #[error("required")]
    Required,
    /// It is of the wrong type.
    #[error("of the wrong type")]
    Mistyped,
    /// It was sent more than once.
    #[error("sent more than once")]
    Repeated,
    /// The text is not acceptable.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The text is not an alias.
    #[error(transparent)]
    Alias(#[from] AliasError),
    /// A course cannot begin in this state.
    #[error("a course cannot begin as {0}")]
    NoFirstState(CourseState),
}

/// One broken rule about a field of a course.
pub type CourseViolation = Violation<CourseField, CourseProblem>;

/// Collects the violations of one form.
pub(super) type CourseViolations = Violations<CourseField, CourseProblem>;

impl From<FieldFault> for CourseProblem {
    fn from(fault: FieldFault) -> Self {
        match fault {
            FieldFault::Mistyped => Self::Mistyped,
            FieldFault::Repeated => Self::Repeated,
        }
    }
}

impl CourseForm {
    /// The owner that the form names, for the caller to look up before a decision.
    ///
    /// # Errors
    /// The [`CourseViolation`] of a form that names no owner.
    pub fn owner_ref(&self) -> Result<UserRef, CourseViolation> {
        let violation = |problem| CourseViolation { field: CourseField::Owner, problem };
        let owner = self.owner.clone().given().map_err(|fault| violation(fault.into()))?;
        let owner = owner.filter(|owner| !owner.is_empty()).ok_or(violation(CourseProblem::Required))?;
        let owner = std::str::from_utf8(&owner).map_err(|_| violation(TextError::NotUnicode.into()))?;
        Ok(UserRef::parse(owner))
    }
}

impl CourseViolations {
    /// The details from a form: its values for the fields in `fields`, the old values for all others. A named field that was
    /// not sent is cleared.
    pub(super) fn details(&mut self, form: CourseForm, fields: CourseFields, old: Option<&CourseDetails>) -> Option<CourseDetails> {
        let name = if fields.contains(CourseField::Name) { self.name(form.name) } else { old.map(|old| old.name.clone()) };
        let mut text = TextReader { violations: self, fields };
        let section = text.read(CourseField::Section, form.section, old.and_then(|old| old.section.as_ref()));
        let description_heading =
            text.read(CourseField::DescriptionHeading, form.description_heading, old.and_then(|old| old.description_heading.as_ref()));
        let description = text.read(CourseField::Description, form.description, old.and_then(|old| old.description.as_ref()));
        let room = text.read(CourseField::Room, form.room, old.and_then(|old| old.room.as_ref()));
        let subject = text.read(CourseField::Subject, form.subject, old.and_then(|old| old.subject.as_ref()));
        let levels = text.read(CourseField::Levels, form.levels, old.and_then(|old| old.levels.as_ref()));
        name.map(|name| CourseDetails { name, section, description_heading, description, room, subject, levels })
    }

    fn name(&mut self, value: Field<RawText>) -> Option<CourseName> {
        if matches!(value, Field::Missing | Field::Null) {
            self.report(CourseField::Name, CourseProblem::Required);
        }
        self.read(CourseField::Name, value, |name| Ok(CourseName::from_bytes(name)?))
    }

    /// The alias to attach to a new course.
    pub(super) fn alias(&mut self, value: Field<RawText>) -> Option<Alias> {
        self.read(CourseField::Id, value.unset_if_empty(), |alias| Ok(Alias::from_bytes(&alias)?))
    }

    /// The requested state; `None` if the form has none.
    pub(super) fn state(&mut self, value: Field<CourseState>) -> Option<CourseState> {
        self.read(CourseField::State, value, Ok)
    }

    /// The requested state, which is required.
    pub(super) fn required_state(&mut self, value: Field<CourseState>) -> Option<CourseState> {
        if matches!(value, Field::Missing | Field::Null) {
            self.report(CourseField::State, CourseProblem::Required);
        }
        self.state(value)
    }
}

/// Reads the optional texts of a course.
struct TextReader<'a> {
    violations: &'a mut CourseViolations,
    fields: CourseFields,
}

impl TextReader<'_> {
    fn read<const MAX: usize>(&mut self, field: CourseField, value: Field<RawText>, old: Option<&Text<MAX>>) -> Option<Text<MAX>> {
        if self.fields.contains(field) {
            self.violations.read(field, value.unset_if_empty(), |text| Ok(Text::from_bytes(text)?))
        } else {
            old.cloned()
        }
    }
}

/// Whether a title holds the address of a web page: `scheme://` or `www.` at the start of a word, with text after it.
pub(super) fn contains_url(title: &str) -> bool {
    let title = title.to_lowercase();
    let schemes = title.match_indices("://").any(|(at, mark)| {
        let before = title.get(..at).and_then(|before| before.chars().next_back());
        before.is_some_and(|letter| letter.is_ascii_alphanumeric()) && goes_on(&title, at + mark.len())
    });
    let hosts = title.match_indices("www.").any(|(at, mark)| {
        let before = title.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|letter| !letter.is_alphanumeric()) && goes_on(&title, at + mark.len())
    });
    schemes || hosts
}

fn goes_on(title: &str, at: usize) -> bool {
    title.get(at..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::course::testing::{course, given, named};
    use crate::course::{CourseDescription, CourseLevels, CourseRoom, CourseSection, CourseSubject, DescriptionHeading};
    use crate::id::Id;

    fn all() -> CourseFields {
        CourseField::SETTABLE.into_iter().collect()
    }

    fn validated(form: CourseForm) -> Result<CourseDetails, Vec<CourseViolation>> {
        let mut violations = CourseViolations::default();
        let details = violations.details(form, all(), None);
        violations.verdict(details)
    }

    fn refused(form: CourseForm) -> Vec<(CourseField, CourseProblem)> {
        validated(form).unwrap_err().into_iter().map(|violation| (violation.field, violation.problem)).collect()
    }

    #[test]
    fn every_text_of_a_form_is_taken_as_it_is() {
        let form = CourseForm {
            section: given("Dönem 2"),
            description_heading: given("Hoş geldiniz"),
            description: given("www.example.org is fine here"),
            room: given("301"),
            subject: given("Biyoloji"),
            levels: given("K-2"),
            ..named("10. Sınıf")
        };
        let expected = CourseDetails {
            name: CourseName::new("10. Sınıf").unwrap(),
            section: Some(CourseSection::new("Dönem 2").unwrap()),
            description_heading: Some(DescriptionHeading::new("Hoş geldiniz").unwrap()),
            description: Some(CourseDescription::new("www.example.org is fine here").unwrap()),
            room: Some(CourseRoom::new("301").unwrap()),
            subject: Some(CourseSubject::new("Biyoloji").unwrap()),
            levels: Some(CourseLevels::new("K-2").unwrap()),
        };
        assert_eq!(validated(form), Ok(expected));
    }

    /// A form with that text in that field.
    fn saying(field: CourseField, text: &str) -> CourseForm {
        let (mut form, text) = (named("x"), given(text));
        match field {
            CourseField::Id => form.alias = text,
            CourseField::Name => form.name = text,
            CourseField::Section => form.section = text,
            CourseField::DescriptionHeading => form.description_heading = text,
            CourseField::Description => form.description = text,
            CourseField::Room => form.room = text,
            CourseField::Owner => form.owner = text,
            CourseField::Subject => form.subject = text,
            CourseField::Levels => form.levels = text,
            CourseField::State => panic!("a state is not a text"),
        }
        form
    }

    #[rstest]
    #[case(CourseField::Name, 750)]
    #[case(CourseField::Section, 2_800)]
    #[case(CourseField::DescriptionHeading, 3_600)]
    #[case(CourseField::Description, 30_000)]
    #[case(CourseField::Room, 650)]
    #[case(CourseField::Subject, 999)]
    #[case(CourseField::Levels, 999)]
    fn every_text_has_its_limit_in_code_points(#[case] field: CourseField, #[case] max: usize) {
        for letter in ["a", "ş", "🎓"] {
            assert!(validated(saying(field, &letter.repeat(max))).is_ok(), "{letter}");
            let too_long = saying(field, &letter.repeat(max + 1));
            assert_eq!(refused(too_long), [(field, TextError::TooLong { max }.into())]);
        }
    }

    #[rstest]
    #[case(Field::Missing, CourseProblem::Required)]
    #[case(Field::Null, CourseProblem::Required)]
    #[case(given(""), TextError::Empty.into())]
    #[case(given(" \u{a0}"), TextError::Empty.into())]
    #[case(given("a\0"), TextError::Nul.into())]
    #[case(Field::Given(b"\xff".to_vec()), TextError::NotUnicode.into())]
    #[case(Field::Mistyped, CourseProblem::Mistyped)]
    #[case(Field::Repeated, CourseProblem::Repeated)]
    fn a_course_needs_a_name(#[case] name: Field<RawText>, #[case] problem: CourseProblem) {
        assert_eq!(refused(CourseForm { name, ..Default::default() }), [(CourseField::Name, problem)]);
    }

    #[test]
    fn an_empty_text_counts_as_unset() {
        let form = CourseForm { section: given(""), room: Field::Null, ..named("x") };
        let details = validated(form).unwrap();
        assert_eq!((details.section, details.room), (None, None));
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let form = CourseForm { section: Field::Mistyped, room: given("\0"), ..Default::default() };
        assert_eq!(
            refused(form),
            [
                (CourseField::Name, CourseProblem::Required),
                (CourseField::Section, CourseProblem::Mistyped),
                (CourseField::Room, TextError::Nul.into())
            ]
        );
    }

    #[test]
    fn fields_that_are_not_named_are_not_even_looked_at() {
        let old = course().details;
        let form = CourseForm { name: Field::Mistyped, room: given("12"), ..Default::default() };
        let mut violations = CourseViolations::default();
        let details = violations.details(form, [CourseField::Room].into_iter().collect(), Some(&old));
        assert_eq!(violations.verdict(details), Ok(CourseDetails { room: Some(CourseRoom::new("12").unwrap()), ..old }));
    }

    #[rstest]
    #[case("http://example.org", true)]
    #[case("Ders HTTPS://Example.org/x", true)]
    #[case("(www.example.org)", true)]
    #[case("WWW.Örnek.tr", true)]
    #[case("ftp://host", true)]
    #[case("10. Sınıf Biyoloji", false)]
    #[case("A.B.C", false)]
    #[case("awww.cute", false)]
    #[case("www. ", false)]
    #[case("http://", false)]
    #[case("://x", false)]
    #[case("Fizik 10/A: giriş", false)]
    #[case("Node.js", false)]
    fn knows_an_address_in_a_title(#[case] title: &str, #[case] found: bool) {
        assert_eq!(contains_url(title), found);
    }

    #[rstest]
    #[case(given("me"), Ok(UserRef::Me))]
    #[case(given("12"), Ok(UserRef::Id(Id::new(12))))]
    #[case(given("nobody"), Ok(UserRef::Impossible))]
    #[case(given(""), Err(CourseProblem::Required))]
    #[case(Field::Missing, Err(CourseProblem::Required))]
    #[case(Field::Mistyped, Err(CourseProblem::Mistyped))]
    #[case(Field::Given(b"\xff".to_vec()), Err(TextError::NotUnicode.into()))]
    fn a_form_names_an_owner(#[case] owner: Field<RawText>, #[case] outcome: Result<UserRef, CourseProblem>) {
        let named = CourseForm { owner, ..Default::default() }.owner_ref();
        assert_eq!(
            named.map_err(|violation| (violation.field, violation.problem)),
            outcome.map_err(|problem| (CourseField::Owner, problem))
        );
    }
}
