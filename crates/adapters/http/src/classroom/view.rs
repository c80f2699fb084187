//! The shapes of answers. Unset fields are left out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use derslik_domain::course::{
    Alias, CalculationType, CalendarDate, Course, CourseMaterial, CourseMaterialSet, DisplaySetting, GradebookSettings, GradingPeriod,
    GradingPeriodSettings, MaterialTitle, MaterialUrl,
};
use derslik_domain::identity::{Account, Actor, Scope, User};
use derslik_domain::text::Text;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{CourseWithAccess, MemberWithAccess};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::schema::{CALCULATION_TYPE, DISPLAY_SETTING};
use super::settings::Templates;

/// An instant in UTC with `Z` and three decimals.
fn instant(at: Timestamp) -> String {
    let Some(at) = at.to_utc() else { return String::new() };
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A course as the actor sees it.
pub(super) struct CourseView<'a> {
    pub(super) seen: &'a CourseWithAccess,
    pub(super) templates: &'a Templates,
    /// The account of the course.
    pub(super) account: &'a Account,
}

fn text<const MAX: usize, M: SerializeMap>(map: &mut M, name: &'static str, text: Option<&Text<MAX>>) -> Result<(), M::Error> {
    text.map_or(Ok(()), |text| map.serialize_entry(name, text.as_str()))
}

impl Serialize for CourseView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Course { details, .. } = &self.seen.course;
        let course = &self.seen.course;
        let is_staff = self.seen.access.sees_staff_fields();
        let id = course.id.to_string();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &id)?;
        map.serialize_entry("name", details.name.as_str())?;
        text(&mut map, "section", details.section.as_ref())?;
        text(&mut map, "descriptionHeading", details.description_heading.as_ref())?;
        text(&mut map, "description", details.description.as_ref())?;
        text(&mut map, "room", details.room.as_ref())?;
        map.serialize_entry("ownerId", &course.owner.to_string())?;
        map.serialize_entry("creationTime", &instant(course.created_at))?;
        map.serialize_entry("updateTime", &instant(course.updated_at))?;
        if is_staff {
            map.serialize_entry("enrollmentCode", course.enrollment_code.as_str())?;
        }
        map.serialize_entry("courseState", course.state.name())?;
        map.serialize_entry("alternateLink", &self.templates.course_link(&STANDARD_NO_PAD.encode(&id)))?;
        map.serialize_entry("teacherGroupEmail", &self.templates.group_address(&course.group.of_teachers(), self.account))?;
        map.serialize_entry("courseGroupEmail", &self.templates.group_address(&course.group.of_members(), self.account))?;
        if let Some(folder) = course.teacher_folder.as_ref().filter(|_| is_staff) {
            let title = folder.title.as_ref().map_or(details.name.as_str(), Text::as_str);
            let link = folder.alternate_link.as_ref().map(|link| link.as_str().to_owned());
            let link = link.unwrap_or_else(|| self.templates.folder_link(folder.id.as_str()));
            let id = folder.id.as_str();
            map.serialize_entry("teacherFolder", &FolderView { id, title, alternate_link: &link })?;
        }
        if !course.material_sets.is_empty() {
            let sets: Vec<_> = course.material_sets.iter().map(MaterialSetView).collect();
            map.serialize_entry("courseMaterialSets", &sets)?;
        }
        map.serialize_entry("guardiansEnabled", &course.guardians_enabled)?;
        if let Some(calendar) = &course.calendar {
            map.serialize_entry("calendarId", calendar.as_str())?;
        }
        map.serialize_entry("gradebookSettings", &GradebookView(&course.gradebook))?;
        text(&mut map, "subject", details.subject.as_ref())?;
        text(&mut map, "levels", details.levels.as_ref())?;
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FolderView<'a> {
    id: &'a str,
    title: &'a str,
    alternate_link: &'a str,
}

struct MaterialSetView<'a>(&'a CourseMaterialSet);

impl Serialize for MaterialSetView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.title.as_str().is_empty() {
            map.serialize_entry("title", self.0.title.as_str())?;
        }
        if !self.0.materials.is_empty() {
            let materials: Vec<_> = self.0.materials.iter().map(MaterialView::of).collect();
            map.serialize_entry("materials", &materials)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum MaterialView<'a> {
    DriveFile(MaterialBody<'a>),
    YouTubeVideo(MaterialBody<'a>),
    Link(MaterialBody<'a>),
    Form(MaterialBody<'a>),
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct MaterialBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternate_link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_url: Option<&'a str>,
}

impl<'a> MaterialView<'a> {
    fn of(material: &'a CourseMaterial) -> Self {
        let title = |title: &'a Option<MaterialTitle>| title.as_ref().map(Text::as_str);
        let url = |url: &'a Option<MaterialUrl>| url.as_ref().map(MaterialUrl::as_str);
        let stored = |stored: &'a derslik_domain::course::StoredMaterial| MaterialBody {
            id: Some(stored.id.as_str()),
            title: title(&stored.title),
            alternate_link: url(&stored.alternate_link),
            thumbnail_url: url(&stored.thumbnail_url),
            ..MaterialBody::default()
        };
        match material {
            CourseMaterial::DriveFile(file) => Self::DriveFile(stored(file)),
            CourseMaterial::YouTubeVideo(video) => Self::YouTubeVideo(stored(video)),
            CourseMaterial::Link(link) => Self::Link(MaterialBody {
                url: Some(link.url.as_str()),
                title: title(&link.title),
                thumbnail_url: url(&link.thumbnail_url),
                ..MaterialBody::default()
            }),
            CourseMaterial::Form(form) => Self::Form(MaterialBody {
                form_url: Some(form.form_url.as_str()),
                response_url: url(&form.response_url),
                title: title(&form.title),
                thumbnail_url: url(&form.thumbnail_url),
                ..MaterialBody::default()
            }),
        }
    }
}

struct GradebookView<'a>(&'a GradebookSettings);

impl Serialize for GradebookView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = |names: &'static [&'static str], code: i16| usize::try_from(code).ok().and_then(|code| names.get(code));
        let calculation: CalculationType = self.0.calculation();
        let display: DisplaySetting = self.0.display();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("calculationType", &name(CALCULATION_TYPE.values, calculation.code()))?;
        map.serialize_entry("displaySetting", &name(DISPLAY_SETTING.values, display.code()))?;
        if !self.0.categories().is_empty() {
            let categories: Vec<_> = self
                .0
                .categories()
                .iter()
                .map(|category| CategoryView {
                    id: category.id.to_string(),
                    name: category.name.as_str(),
                    weight: category.weight.map(derslik_domain::course::GradeWeight::get),
                    default_grade_denominator: category.default_grade_denominator.map(derslik_domain::course::GradeDenominator::get),
                })
                .collect();
            map.serialize_entry("gradeCategories", &categories)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CategoryView<'a> {
    id: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_grade_denominator: Option<i32>,
}

/// One page of a list. `name` is the name of the list's field.
pub(super) struct ListView<T> {
    pub(super) name: &'static str,
    pub(super) entries: Vec<T>,
    pub(super) next: Option<String>,
}

impl<T: Serialize> Serialize for ListView<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.entries.is_empty() {
            map.serialize_entry(self.name, &self.entries)?;
        }
        if let Some(next) = &self.next {
            map.serialize_entry("nextPageToken", next)?;
        }
        map.end()
    }
}

/// An answer without fields.
#[derive(Serialize)]
pub(super) struct EmptyView {}

/// An alias.
#[derive(Serialize)]
pub(super) struct AliasView<'a> {
    alias: &'a str,
}

impl<'a> AliasView<'a> {
    pub(super) fn new(alias: &'a Alias) -> Self {
        Self { alias: alias.as_str() }
    }
}

/// The grading periods of a course.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GradingPeriodsView<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grading_periods: Vec<PeriodView<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    apply_to_existing_coursework: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview_version: Option<&'static str>,
}

impl<'a> GradingPeriodsView<'a> {
    pub(super) fn new(settings: &'a GradingPeriodSettings, preview_version: Option<&'static str>) -> Self {
        Self {
            grading_periods: settings.periods().iter().map(PeriodView::of).collect(),
            apply_to_existing_coursework: settings.applies_to_existing_coursework(),
            preview_version,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PeriodView<'a> {
    id: String,
    title: &'a str,
    start_date: DateView,
    end_date: DateView,
}

#[derive(Serialize)]
struct DateView {
    year: i32,
    month: u32,
    day: u32,
}

impl<'a> PeriodView<'a> {
    fn of(period: &'a GradingPeriod) -> Self {
        let date = |date: CalendarDate| DateView { year: date.year(), month: date.month(), day: date.day() };
        Self { id: period.id.to_string(), title: period.title.as_str(), start_date: date(period.start), end_date: date(period.end) }
    }
}

/// Whether add-ons may attach something to a course.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddOnEligibilityView {
    pub(super) course_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_create_attachment_eligible: bool,
}

/// Whether the grading periods of a course may be changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GradingPeriodsEligibilityView {
    pub(super) course_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_grading_periods_setup_eligible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preview_version: Option<&'static str>,
}

/// A member of a course.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberView<'a> {
    course_id: String,
    user_id: String,
    profile: ProfileView<'a>,
}

impl<'a> MemberView<'a> {
    pub(super) fn new(member: &'a MemberWithAccess, actor: &Actor) -> Self {
        Self { course_id: member.course.to_string(), user_id: member.user.id.to_string(), profile: ProfileView::new(&member.user, actor) }
    }
}

/// The profile of a user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileView<'a> {
    id: String,
    name: NameView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    permissions: Vec<PermissionView>,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "these are the names of the wire")]
#[serde(rename_all = "camelCase")]
struct NameView<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    given_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    family_name: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    full_name: String,
}

#[derive(Serialize)]
struct PermissionView {
    permission: &'static str,
}

impl<'a> ProfileView<'a> {
    /// A user as the actor sees them. The address needs the scope for addresses. Permissions are shown to the user only.
    pub(super) fn new(user: &'a User, actor: &Actor) -> Self {
        let (given_name, family_name) = (user.name.as_str(), user.surname.as_str());
        let email = user.email.as_ref().filter(|_| actor.scopes.contains(Scope::ProfileEmails));
        let permissions = if user.id == actor.principal.id { vec![PermissionView { permission: "CREATE_COURSE" }] } else { Vec::new() };
        Self {
            id: user.id.to_string(),
            name: NameView { given_name, family_name, full_name: format!("{given_name} {family_name}").trim().to_owned() },
            email_address: email.map(derslik_domain::identity::Email::as_str),
            permissions,
        }
    }
}
