//! The arguments of `derslik course materials`, and the file that it reads.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use derslik_domain::course::material::{
    CourseMaterial, CourseMaterialSet, FormMaterial, LinkMaterial, MaterialId, MaterialTitle, MaterialUrl, StoredMaterial,
};
use derslik_domain::text::TextError;
use serde::Deserialize;

use crate::cli::Failure;

/// The maximum size of a materials file, in bytes.
const MAX_BYTES: u64 = 4 << 20;

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct MaterialsArgs {
    /// A JSON file with the sets of materials, or - for standard input: [{"title": "Syllabus", "materials": [{"kind": "link",
    /// "url": "https://…", "title": "…", "thumbnail": "…"}]}]. Kinds: file and video (id, link), link (url), form (url, responses).
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Leave the course without materials.
    #[arg(long)]
    none: bool,
}

impl MaterialsArgs {
    pub(super) fn read(self) -> Result<Vec<CourseMaterialSet>, Failure> {
        let Some(path) = self.file else { return Ok(Vec::new()) };
        let text = read_file(&path).with_context(|| format!("file {}", path.display())).map_err(Failure::Usage)?;
        parse(&text).with_context(|| format!("file {}", path.display())).map_err(Failure::Usage)
    }
}

fn read_file(path: &Path) -> anyhow::Result<String> {
    let source: Box<dyn Read> = if path == Path::new("-") { Box::new(std::io::stdin()) } else { Box::new(File::open(path)?) };
    let mut text = String::new();
    source.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    anyhow::ensure!(u64::try_from(text.len()).is_ok_and(|length| length <= MAX_BYTES), "more than {MAX_BYTES} bytes");
    Ok(text)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetFile {
    title: String,
    #[serde(default)]
    materials: Vec<MaterialFile>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum MaterialFile {
    File { id: String, title: Option<String>, link: Option<String>, thumbnail: Option<String> },
    Video { id: String, title: Option<String>, link: Option<String>, thumbnail: Option<String> },
    Link { url: String, title: Option<String>, thumbnail: Option<String> },
    Form { url: String, responses: Option<String>, title: Option<String>, thumbnail: Option<String> },
}

fn parse(text: &str) -> anyhow::Result<Vec<CourseMaterialSet>> {
    let sets: Vec<SetFile> = serde_json::from_str(text)?;
    sets.into_iter().enumerate().map(|(position, set)| read_set(position, set)).collect()
}

fn read_set(position: usize, set: SetFile) -> anyhow::Result<CourseMaterialSet> {
    let title = MaterialTitle::new(set.title).with_context(|| format!("[{position}].title"))?;
    let read = |(number, material)| read_material(material).map_err(|(member, error)| (number, member, error));
    let materials = set.materials.into_iter().enumerate().map(read).collect::<Result<_, _>>();
    let materials = materials.map_err(|(number, member, error)| anyhow::anyhow!("[{position}].materials[{number}].{member} is {error}"))?;
    Ok(CourseMaterialSet { title, materials })
}

/// The member of a material that was rejected, and the reason.
type Refusal = (&'static str, TextError);

fn read_material(material: MaterialFile) -> Result<CourseMaterial, Refusal> {
    Ok(match material {
        MaterialFile::File { id, title, link, thumbnail } => CourseMaterial::DriveFile(stored(id, title, link, thumbnail)?),
        MaterialFile::Video { id, title, link, thumbnail } => CourseMaterial::YouTubeVideo(stored(id, title, link, thumbnail)?),
        MaterialFile::Link { url, title, thumbnail } => CourseMaterial::Link(LinkMaterial {
            url: read("url", url, MaterialUrl::new)?,
            title: optional("title", title, MaterialTitle::new)?,
            thumbnail_url: optional("thumbnail", thumbnail, MaterialUrl::new)?,
        }),
        MaterialFile::Form { url, responses, title, thumbnail } => CourseMaterial::Form(FormMaterial {
            form_url: read("url", url, MaterialUrl::new)?,
            response_url: optional("responses", responses, MaterialUrl::new)?,
            title: optional("title", title, MaterialTitle::new)?,
            thumbnail_url: optional("thumbnail", thumbnail, MaterialUrl::new)?,
        }),
    })
}

fn stored(id: String, title: Option<String>, link: Option<String>, thumbnail: Option<String>) -> Result<StoredMaterial, Refusal> {
    Ok(StoredMaterial {
        id: read("id", id, MaterialId::new)?,
        title: optional("title", title, MaterialTitle::new)?,
        alternate_link: optional("link", link, MaterialUrl::new)?,
        thumbnail_url: optional("thumbnail", thumbnail, MaterialUrl::new)?,
    })
}

fn read<T>(member: &'static str, text: String, new: fn(String) -> Result<T, TextError>) -> Result<T, Refusal> {
    new(text).map_err(|error| (member, error))
}

fn optional<T>(member: &'static str, text: Option<String>, new: fn(String) -> Result<T, TextError>) -> Result<Option<T>, Refusal> {
    text.map(|text| read(member, text, new)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_sets_of_four_kinds_of_material() {
        let sets = parse(
            r#"[{"title":"Kaynaklar","materials":[{"kind":"file","id":"f","title":"Plan"},{"kind":"video","id":"v","thumbnail":"t"},
            {"kind":"link","url":"https://okul.example"},{"kind":"form","url":"https://form","responses":"r"}]},{"title":""}]"#,
        );
        let sets = sets.unwrap();
        assert_eq!((sets.len(), sets[0].materials.len(), sets[1].title.as_str()), (2, 4, ""));
        assert!(matches!(&sets[0].materials[2], CourseMaterial::Link(link) if link.url.as_str() == "https://okul.example"));
    }

    #[test]
    fn an_error_names_the_wrong_part_of_a_file() {
        for (text, says) in [
            ("{}", "expected a sequence"),
            (r#"[{"title":"a","materials":[{"kind":"link","url":""}]}]"#, "[0].materials[0].url is empty"),
            (r#"[{"title":"a","materials":[{"kind":"song","url":"x"}]}]"#, "unknown variant `song`"),
            (r#"[{"title":"a","materials":[{"kind":"link","url":"x","id":"y"}]}]"#, "unknown field `id`"),
            (r#"[{"title":"a","more":1}]"#, "unknown field `more`"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
