//! The parts of a course that few courses have, as JSON: a folder, materials and its own gradebook. Defaults are left out.

use derslik_domain::course::Course;
use derslik_domain::course::gradebook::{
    CalculationType, DisplaySetting, GradeCategory, GradeCategoryName, GradeDenominator, GradeWeight, GradebookSettings,
};
use derslik_domain::course::material::{
    CourseMaterial, CourseMaterialSet, DriveFolder, FormMaterial, LinkMaterial, MaterialId, MaterialTitle, MaterialUrl, StoredMaterial,
};
use derslik_domain::id::Id;
use derslik_domain::text::TextError;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The parts of a course that are stored as JSON.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) teacher_folder: Option<DriveFolder>,
    pub(super) material_sets: Vec<CourseMaterialSet>,
    pub(super) gradebook: GradebookSettings,
}

/// The members of the stored JSON. Nearly every course has a folder and nothing else, which is read without a tree of JSON.
#[derive(Deserialize)]
struct Stored {
    folder: Option<StoredFolder>,
    materials: Option<Vec<Value>>,
    gradebook: Option<Value>,
}

#[derive(Deserialize)]
struct StoredFolder {
    id: String,
    title: Option<String>,
    link: Option<String>,
}

const FOLDER: &str = "folder";
const MATERIALS: &str = "materials";
const GRADEBOOK: &str = "gradebook";

pub(super) fn to_json(course: &Course) -> String {
    let mut extras = Map::new();
    if let Some(folder) = &course.teacher_folder {
        let (title, link) = (title(folder.title.as_ref()), url(folder.alternate_link.as_ref()));
        extras.insert(FOLDER.to_owned(), json!({ "id": folder.id.as_str(), "title": title, "link": link }));
    }
    if !course.material_sets.is_empty() {
        extras.insert(MATERIALS.to_owned(), course.material_sets.iter().map(set_to_json).collect());
    }
    if course.gradebook != GradebookSettings::default() {
        extras.insert(GRADEBOOK.to_owned(), gradebook_to_json(&course.gradebook));
    }
    Value::Object(extras).to_string()
}

/// Reads a text that [`to_json`] made. `None` means that the text is corrupt.
pub(super) fn from_json(text: &str) -> Option<Extras> {
    if text == "{}" {
        return Some(Extras::default());
    }
    let Stored { folder, materials, gradebook } = serde_json::from_str(text).ok()?;
    Some(Extras {
        teacher_folder: folder.map_or(Some(None), |folder| read_folder(folder).map(Some))?,
        material_sets: materials.unwrap_or_default().iter().map(set_from_json).collect::<Option<_>>()?,
        gradebook: gradebook.as_ref().map_or(Some(GradebookSettings::default()), gradebook_from_json)?,
    })
}

fn title(title: Option<&MaterialTitle>) -> Option<&str> {
    title.map(MaterialTitle::as_str)
}

fn url(url: Option<&MaterialUrl>) -> Option<&str> {
    url.map(MaterialUrl::as_str)
}

fn set_to_json(set: &CourseMaterialSet) -> Value {
    let materials: Vec<Value> = set.materials.iter().map(material_to_json).collect();
    json!({ "title": set.title.as_str(), "materials": materials })
}

fn material_to_json(material: &CourseMaterial) -> Value {
    let stored = |kind: &str, stored: &StoredMaterial| {
        json!({
            "kind": kind,
            "id": stored.id.as_str(),
            "title": title(stored.title.as_ref()),
            "link": url(stored.alternate_link.as_ref()),
            "thumbnail": url(stored.thumbnail_url.as_ref()),
        })
    };
    match material {
        CourseMaterial::DriveFile(file) => stored("file", file),
        CourseMaterial::YouTubeVideo(video) => stored("video", video),
        CourseMaterial::Link(link) => json!({
            "kind": "link",
            "url": link.url.as_str(),
            "title": title(link.title.as_ref()),
            "thumbnail": url(link.thumbnail_url.as_ref()),
        }),
        CourseMaterial::Form(form) => json!({
            "kind": "form",
            "url": form.form_url.as_str(),
            "response": url(form.response_url.as_ref()),
            "title": title(form.title.as_ref()),
            "thumbnail": url(form.thumbnail_url.as_ref()),
        }),
    }
}

fn gradebook_to_json(gradebook: &GradebookSettings) -> Value {
    let categories: Vec<Value> = gradebook
        .categories()
        .iter()
        .map(|category| {
            json!({
                "id": category.id.get(),
                "name": category.name.as_str(),
                "weight": category.weight.map(GradeWeight::get),
                "denominator": category.default_grade_denominator.map(GradeDenominator::get),
            })
        })
        .collect();
    json!({ "calculation": gradebook.calculation().code(), "display": gradebook.display().code(), "categories": categories })
}

/// A text that may be absent. `Err` means that it is there and not valid.
fn optional<'v, T>(value: &'v Value, name: &str, read: impl FnOnce(&'v str) -> Result<T, TextError>) -> Result<Option<T>, TextError> {
    value.get(name).and_then(Value::as_str).map(read).transpose()
}

fn read_title(value: &Value) -> Result<Option<MaterialTitle>, TextError> {
    optional(value, "title", MaterialTitle::new)
}

fn read_url(value: &Value, name: &str) -> Result<Option<MaterialUrl>, TextError> {
    optional(value, name, MaterialUrl::new)
}

fn read_folder(folder: StoredFolder) -> Option<DriveFolder> {
    Some(DriveFolder {
        id: MaterialId::new(folder.id).ok()?,
        title: folder.title.map(MaterialTitle::new).transpose().ok()?,
        alternate_link: folder.link.map(MaterialUrl::new).transpose().ok()?,
    })
}

fn set_from_json(value: &Value) -> Option<CourseMaterialSet> {
    let materials = value.get("materials")?.as_array()?;
    Some(CourseMaterialSet {
        title: MaterialTitle::new(value.get("title")?.as_str()?).ok()?,
        materials: materials.iter().map(material_from_json).collect::<Option<_>>()?,
    })
}

fn material_from_json(value: &Value) -> Option<CourseMaterial> {
    let stored = || {
        Some(StoredMaterial {
            id: MaterialId::new(value.get("id")?.as_str()?).ok()?,
            title: read_title(value).ok()?,
            alternate_link: read_url(value, "link").ok()?,
            thumbnail_url: read_url(value, "thumbnail").ok()?,
        })
    };
    let address = || MaterialUrl::new(value.get("url")?.as_str()?).ok();
    Some(match value.get("kind")?.as_str()? {
        "file" => CourseMaterial::DriveFile(stored()?),
        "video" => CourseMaterial::YouTubeVideo(stored()?),
        "link" => CourseMaterial::Link(LinkMaterial {
            url: address()?,
            title: read_title(value).ok()?,
            thumbnail_url: read_url(value, "thumbnail").ok()?,
        }),
        "form" => CourseMaterial::Form(FormMaterial {
            form_url: address()?,
            response_url: read_url(value, "response").ok()?,
            title: read_title(value).ok()?,
            thumbnail_url: read_url(value, "thumbnail").ok()?,
        }),
        _ => return None,
    })
}

fn gradebook_from_json(value: &Value) -> Option<GradebookSettings> {
    let category = |value: &Value| {
        let number = |name: &str| value.get(name).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
        Some(GradeCategory {
            id: Id::new(value.get("id")?.as_i64()?),
            name: GradeCategoryName::new(value.get("name")?.as_str()?).ok()?,
            weight: number("weight").and_then(GradeWeight::new),
            default_grade_denominator: number("denominator").and_then(GradeDenominator::new),
        })
    };
    let calculation = CalculationType::by_code(value.get("calculation")?.as_i64()?)?;
    let display = DisplaySetting::by_code(value.get("display")?.as_i64()?)?;
    let categories = value.get("categories")?.as_array()?.iter().map(category).collect::<Option<_>>()?;
    GradebookSettings::new(calculation, display, categories).ok()
}
