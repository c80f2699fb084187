//! Makes a method for each text of the console. A text that a language lacks, or that takes other arguments there, fails the build.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

const LANGUAGES: [&str; 3] = ["en", "tr", "ar"];

/// The ids of the texts, and the arguments of each.
type Shapes = BTreeMap<String, BTreeSet<String>>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=texts");
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rustc-env=CONSOLE_ASSETS={}", version_of_assets()?);
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("texts");
    let mut files: Vec<_> = fs::read_dir(root.join("en"))?.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<_, _>>()?;
    files.sort();
    let (mut all, mut sources) = (Vec::new(), String::new());
    for language in LANGUAGES {
        let mut shapes = Shapes::new();
        write!(sources, "    &[")?;
        for file in &files {
            let path = root.join(language).join(file);
            read(&path, &mut shapes)?;
            write!(sources, "include_str!({:?}), ", path.display().to_string())?;
        }
        writeln!(sources, "],")?;
        all.push((language, shapes));
    }
    let [(_, english), others @ ..] = all.as_slice() else { return Err("no language".into()) };
    for (language, shapes) in others {
        compare(english, shapes, language)?;
    }
    let code =
        format!("/// The files of each language.\nconst SOURCES: [&[&str]; {}] = [\n{sources}];\n\n{}", LANGUAGES.len(), methods(english)?);
    fs::write(PathBuf::from(variable("OUT_DIR")?).join("texts.rs"), code)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a build has its folders from the environment")]
fn variable(name: &str) -> Result<String, env::VarError> {
    env::var(name)
}

/// A text that changes with the content of the assets.
fn version_of_assets() -> Result<String, Box<dyn Error>> {
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("assets");
    let mut files: Vec<_> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn read(path: &Path, shapes: &mut Shapes) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let resource = fluent_syntax::parser::parse(text.as_str()).map_err(|(_, faults)| format!("{}: {faults:?}", path.display()))?;
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let id = message.id.name.to_owned();
        let Some(pattern) = message.value else { return Err(format!("{}: {id} has no text", path.display()).into()) };
        let mut arguments = BTreeSet::new();
        walk(&pattern, &mut arguments);
        if shapes.insert(id.clone(), arguments).is_some() {
            return Err(format!("{}: {id} is there twice", path.display()).into());
        }
    }
    Ok(())
}

fn walk(pattern: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => mention(inline, arguments),
            Expression::Select { selector, variants } => {
                mention(selector, arguments);
                for variant in variants {
                    walk(&variant.value, arguments);
                }
            }
        }
    }
}

fn mention(inline: &InlineExpression<&str>, arguments: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = inline {
        arguments.insert(id.name.to_owned());
    }
}

fn compare(english: &Shapes, other: &Shapes, language: &str) -> Result<(), Box<dyn Error>> {
    for (id, arguments) in english {
        match other.get(id) {
            None => return Err(format!("the text {id} is missing in {language}").into()),
            // A plural form may leave the number out.
            Some(found) if found != arguments => return Err(format!("the text {id} has other arguments in {language}: {found:?}").into()),
            Some(_) => {}
        }
    }
    match other.keys().find(|id| !english.contains_key(*id)) {
        Some(id) => Err(format!("the text {id} is in {language} alone").into()),
        None => Ok(()),
    }
}

/// A method for each text. Its arguments stand in the order of the alphabet.
fn methods(shapes: &Shapes) -> Result<String, std::fmt::Error> {
    let mut code = String::from("impl Texts {\n");
    for (id, arguments) in shapes {
        let name = id.replace('-', "_");
        let (mut parameters, mut values) = (String::new(), String::new());
        for name in arguments {
            write!(parameters, ", {name}: impl Into<FluentValue<'a>>")?;
            write!(values, "({name:?}, {name}.into()), ")?;
        }
        let lifetime = if arguments.is_empty() { "" } else { "<'a>" };
        writeln!(
            code,
            "    pub(crate) fn {name}{lifetime}(self{parameters}) -> String {{\n        self.say({id:?}, &[{values}])\n    }}\n"
        )?;
    }
    code.push_str("}\n");
    Ok(code)
}
