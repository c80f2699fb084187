//! The materials of a course: its folder and the materials of its "about" page. Files are stored by other services.

use crate::text::{Name, Text};

/// The id of a file, folder or video in the service that stores it: 1 to 256 characters.
pub type MaterialId = Name<256>;
/// The title of a material: at most 3 000 characters.
pub type MaterialTitle = Text<3_000>;
/// An address of a material: 1 to 2 024 characters.
pub type MaterialUrl = Name<2_024>;

/// A folder that the teachers of a course share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DriveFolder {
    /// Its id.
    pub id: MaterialId,
    /// Its title.
    pub title: Option<MaterialTitle>,
    /// Its address for viewing.
    pub alternate_link: Option<MaterialUrl>,
}

/// A heading of the "about" page and the materials under it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CourseMaterialSet {
    /// The heading.
    pub title: MaterialTitle,
    /// The materials, in order.
    pub materials: Vec<CourseMaterial>,
}

impl CourseMaterialSet {
    /// The most sets of a course.
    pub const MAX_SETS: usize = 50;
    /// The most materials of a set.
    pub const MAX_MATERIALS: usize = 100;

    /// Whether a course may hold that many sets and materials.
    pub(super) fn fit(sets: &[Self]) -> bool {
        sets.len() <= Self::MAX_SETS && sets.iter().all(|set| set.materials.len() <= Self::MAX_MATERIALS)
    }
}

/// One material: exactly one of four kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum CourseMaterial {
    /// A file.
    DriveFile(StoredMaterial),
    /// A video.
    YouTubeVideo(StoredMaterial),
    /// A web page.
    Link(LinkMaterial),
    /// A form to fill in.
    Form(FormMaterial),
}

/// A file or a video, known by an id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StoredMaterial {
    /// Its id.
    pub id: MaterialId,
    /// Its title.
    pub title: Option<MaterialTitle>,
    /// Its address for viewing.
    pub alternate_link: Option<MaterialUrl>,
    /// The address of a small picture of it.
    pub thumbnail_url: Option<MaterialUrl>,
}

/// A web page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LinkMaterial {
    /// Its address.
    pub url: MaterialUrl,
    /// Its title.
    pub title: Option<MaterialTitle>,
    /// The address of a small picture of it.
    pub thumbnail_url: Option<MaterialUrl>,
}

/// A form to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FormMaterial {
    /// The address at which it is filled in.
    pub form_url: MaterialUrl,
    /// The address of its responses, once there are any.
    pub response_url: Option<MaterialUrl>,
    /// Its title.
    pub title: Option<MaterialTitle>,
    /// The address of a small picture of it.
    pub thumbnail_url: Option<MaterialUrl>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::TextError;

    #[test]
    fn the_address_of_a_link_has_1_to_2024_characters() {
        assert_eq!(MaterialUrl::new(""), Err(TextError::Empty));
        assert!(MaterialUrl::new("ş".repeat(2_024)).is_ok());
        assert_eq!(MaterialUrl::new("ş".repeat(2_025)), Err(TextError::TooLong { max: 2_024 }));
    }
}
