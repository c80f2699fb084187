//! Courses as messages. Unset fields are left out. Most texts are printed into the answer without a copy of their own, since a list has
//! up to a thousand courses.

use std::fmt::{self, Display};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use derslik_domain::course::gradebook::{GradeCategory, GradeDenominator, GradeWeight, GradebookSettings};
use derslik_domain::course::material::{
    CourseMaterial, CourseMaterialSet, DriveFolder, FormMaterial, LinkMaterial, MaterialUrl, StoredMaterial,
};
use derslik_domain::course::{Course, CourseDetails, Revision};
use derslik_domain::text::Text;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::{CourseWithAccess, Eligibility};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::messages::{CALCULATION_TYPE, DISPLAY_SETTING};
use crate::classroom::settings::Links;

/// The tag of a version of the course with that id.
pub(super) fn tag(id: &str, version: Revision) -> String {
    format!("\"{id}-{}\"", version.get())
}

/// The tag of the course in a stored answer that shows it as it was created, if the answer includes its id.
pub(super) fn first_tag(body: &[u8]) -> Option<String> {
    let shown: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(tag(shown.get("id")?.as_str()?, Revision::FIRST))
}

/// A course as the actor sees it.
pub(super) struct CourseView<'a> {
    pub(super) course: &'a CourseWithAccess,
    /// Those of the account of the course.
    pub(super) links: &'a Links<'a>,
}

impl Serialize for CourseView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { course: CourseWithAccess { course, access }, links } = self;
        // A new field does not compile until it is shown, or named here as one that clients do not see.
        let Course {
            id,
            revision: _,
            details,
            owner,
            state,
            suspended_from: _,
            enrollment_code,
            group,
            teacher_folder,
            material_sets,
            guardians_enabled,
            calendar,
            gradebook,
            created_at,
            updated_at,
            first_active_at: _,
        } = course;
        let CourseDetails { name, section, description_heading, description, room, subject, levels } = details;
        let is_staff = access.sees_staff_fields();
        let id = id.to_string();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &id)?;
        map.serialize_entry("name", name.as_str())?;
        text(&mut map, "section", section.as_ref())?;
        text(&mut map, "descriptionHeading", description_heading.as_ref())?;
        text(&mut map, "description", description.as_ref())?;
        text(&mut map, "room", room.as_ref())?;
        map.serialize_entry("ownerId", &Shown(owner))?;
        map.serialize_entry("creationTime", &Shown(Instant(*created_at)))?;
        map.serialize_entry("updateTime", &Shown(Instant(*updated_at)))?;
        if is_staff {
            map.serialize_entry("enrollmentCode", enrollment_code.as_str())?;
        }
        map.serialize_entry("courseState", state.name())?;
        map.serialize_entry("alternateLink", &Shown(links.of_course(Base64Display::new(id.as_bytes(), &STANDARD_NO_PAD))))?;
        map.serialize_entry("teacherGroupEmail", &Shown(links.of_group(group.of_teachers())))?;
        map.serialize_entry("courseGroupEmail", &Shown(links.of_group(group.of_members())))?;
        if let Some(DriveFolder { id: folder, title, alternate_link }) = teacher_folder.as_ref().filter(|_| is_staff) {
            let title = title.as_ref().map_or(name.as_str(), Text::as_str);
            let of_template = links.of_folder(folder.as_str());
            let link: &dyn Display = match alternate_link {
                Some(link) => link,
                None => &of_template,
            };
            map.serialize_entry("teacherFolder", &FolderView { id: folder.as_str(), title, alternate_link: Shown(link) })?;
        }
        if !material_sets.is_empty() {
            let sets: Vec<_> = material_sets.iter().map(MaterialSetView).collect();
            map.serialize_entry("courseMaterialSets", &sets)?;
        }
        map.serialize_entry("guardiansEnabled", guardians_enabled)?;
        if let Some(calendar) = calendar {
            map.serialize_entry("calendarId", calendar.as_str())?;
        }
        map.serialize_entry("gradebookSettings", &GradebookView(gradebook))?;
        text(&mut map, "subject", subject.as_ref())?;
        text(&mut map, "levels", levels.as_ref())?;
        map.end()
    }
}

/// A value that is printed as a JSON string.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An instant that is printed in UTC with `Z` and three decimals.
struct Instant(Timestamp);

impl Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.in_zone(Zone::UTC).to_string();
        let seconds = text.split(['.', '+']).next().unwrap_or_default();
        let millis = self.0.micros().rem_euclid(1_000_000) / 1_000;
        write!(f, "{seconds}.{millis:03}Z")
    }
}

fn text<const MAX: usize, M: SerializeMap>(map: &mut M, name: &'static str, text: Option<&Text<MAX>>) -> Result<(), M::Error> {
    text.map_or(Ok(()), |text| map.serialize_entry(name, text.as_str()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FolderView<'a> {
    id: &'a str,
    title: &'a str,
    alternate_link: Shown<&'a dyn Display>,
}

struct MaterialSetView<'a>(&'a CourseMaterialSet);

impl Serialize for MaterialSetView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let CourseMaterialSet { title, materials } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if !title.as_str().is_empty() {
            map.serialize_entry("title", title.as_str())?;
        }
        if !materials.is_empty() {
            let materials: Vec<_> = materials.iter().map(MaterialView::of).collect();
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
        match material {
            CourseMaterial::DriveFile(file) => Self::DriveFile(MaterialBody::of_stored(file)),
            CourseMaterial::YouTubeVideo(video) => Self::YouTubeVideo(MaterialBody::of_stored(video)),
            CourseMaterial::Link(LinkMaterial { url, title, thumbnail_url }) => Self::Link(MaterialBody {
                url: Some(url.as_str()),
                title: title.as_ref().map(Text::as_str),
                thumbnail_url: thumbnail_url.as_ref().map(MaterialUrl::as_str),
                ..MaterialBody::default()
            }),
            CourseMaterial::Form(FormMaterial { form_url, response_url, title, thumbnail_url }) => Self::Form(MaterialBody {
                form_url: Some(form_url.as_str()),
                response_url: response_url.as_ref().map(MaterialUrl::as_str),
                title: title.as_ref().map(Text::as_str),
                thumbnail_url: thumbnail_url.as_ref().map(MaterialUrl::as_str),
                ..MaterialBody::default()
            }),
        }
    }
}

impl<'a> MaterialBody<'a> {
    fn of_stored(material: &'a StoredMaterial) -> Self {
        let StoredMaterial { id, title, alternate_link, thumbnail_url } = material;
        Self {
            id: Some(id.as_str()),
            title: title.as_ref().map(Text::as_str),
            alternate_link: alternate_link.as_ref().map(MaterialUrl::as_str),
            thumbnail_url: thumbnail_url.as_ref().map(MaterialUrl::as_str),
            ..Self::default()
        }
    }
}

struct GradebookView<'a>(&'a GradebookSettings);

impl Serialize for GradebookView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = |names: &'static [&'static str], code: i16| usize::try_from(code).ok().and_then(|code| names.get(code));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("calculationType", &name(CALCULATION_TYPE.values, self.0.calculation().code()))?;
        map.serialize_entry("displaySetting", &name(DISPLAY_SETTING.values, self.0.display().code()))?;
        if !self.0.categories().is_empty() {
            let categories: Vec<_> = self.0.categories().iter().map(CategoryView::of).collect();
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

impl<'a> CategoryView<'a> {
    fn of(category: &'a GradeCategory) -> Self {
        let GradeCategory { id, name, weight, default_grade_denominator } = category;
        Self {
            id: id.to_string(),
            name: name.as_str(),
            weight: weight.map(GradeWeight::get),
            default_grade_denominator: default_grade_denominator.map(GradeDenominator::get),
        }
    }
}

/// Whether add-ons may attach something to a course.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddOnEligibilityView {
    course_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_create_attachment_eligible: bool,
}

impl AddOnEligibilityView {
    pub(super) fn new(checked: &Eligibility) -> Self {
        let Eligibility { course, eligible } = checked;
        Self { course_id: course.to_string(), is_create_attachment_eligible: *eligible }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_three_decimals() {
        let shown = |micros| Instant(Timestamp::from_micros(micros)).to_string();
        assert_eq!(shown(1_738_847_255_488_999), "2025-02-06T13:07:35.488Z");
        assert_eq!(shown(1_738_847_255_000_000), "2025-02-06T13:07:35.000Z");
        assert_eq!(shown(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(
            [Timestamp::MIN, Timestamp::MAX].map(|at| Instant(at).to_string()),
            ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"]
        );
    }
}
