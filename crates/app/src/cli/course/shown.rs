//! How `derslik course` prints a course.

use derslik_domain::course::gradebook::{CalculationType, DisplaySetting, GradeDenominator, GradeWeight, GradebookSettings};
use derslik_domain::course::material::{CourseMaterial, CourseMaterialSet, MaterialTitle, MaterialUrl};
use derslik_domain::course::{Course, CourseState};
use derslik_domain::time::{Timestamp, Zone};
use serde_json::{Value, json};

pub(super) fn as_line(course: &Course) -> String {
    format!("{}\t{}\t{}\t{}", course.id, course.state, instant(course.updated_at), course.details.name)
}

pub(super) fn as_json(course: &Course) -> Value {
    json!({
        "id": course.id.to_string(),
        "name": course.details.name.as_str(),
        "owner": course.owner.to_string(),
        "state": course.state.name(),
        "suspended_from": course.suspended_from.map(CourseState::name),
        "guardians_enabled": course.guardians_enabled,
        "gradebook": gradebook(&course.gradebook),
        "material_sets": course.material_sets.iter().map(material_set).collect::<Vec<_>>(),
        "created_at": instant(course.created_at),
        "updated_at": instant(course.updated_at),
    })
}

fn instant(instant: Timestamp) -> String {
    instant.in_zone(Zone::UTC).to_string()
}

/// The settings, named as the arguments that set them. A weight is in ten-thousandths of a percent.
fn gradebook(gradebook: &GradebookSettings) -> Value {
    let categories: Vec<Value> = gradebook
        .categories()
        .iter()
        .map(|category| {
            json!({
                "id": category.id.to_string(),
                "name": category.name.as_str(),
                "weight": category.weight.map(GradeWeight::get),
                "points": category.default_grade_denominator.map(GradeDenominator::get),
            })
        })
        .collect();
    json!({
        "calculation": match gradebook.calculation() {
            CalculationType::TotalPoints => "total-points",
            CalculationType::WeightedCategories => "weighted-categories",
        },
        "display": match gradebook.display() {
            DisplaySetting::ShowOverallGrade => "show",
            DisplaySetting::HideOverallGrade => "hide",
            DisplaySetting::ShowTeachersOnly => "teachers",
        },
        "categories": categories,
    })
}

/// A set of materials, in the format of the file that `derslik course materials` reads.
fn material_set(set: &CourseMaterialSet) -> Value {
    json!({ "title": set.title.as_str(), "materials": set.materials.iter().map(material).collect::<Vec<_>>() })
}

fn material(material: &CourseMaterial) -> Value {
    let title = |title: &Option<MaterialTitle>| title.as_ref().map(|title| title.as_str().to_owned());
    let url = |url: &Option<MaterialUrl>| url.as_ref().map(|url| url.as_str().to_owned());
    match material {
        CourseMaterial::DriveFile(stored) | CourseMaterial::YouTubeVideo(stored) => json!({
            "kind": if matches!(material, CourseMaterial::DriveFile(_)) { "file" } else { "video" },
            "id": stored.id.as_str(),
            "title": title(&stored.title),
            "link": url(&stored.alternate_link),
            "thumbnail": url(&stored.thumbnail_url),
        }),
        CourseMaterial::Link(link) => {
            json!({ "kind": "link", "url": link.url.as_str(), "title": title(&link.title), "thumbnail": url(&link.thumbnail_url) })
        }
        CourseMaterial::Form(form) => json!({
            "kind": "form",
            "url": form.form_url.as_str(),
            "responses": url(&form.response_url),
            "title": title(&form.title),
            "thumbnail": url(&form.thumbnail_url),
        }),
    }
}
