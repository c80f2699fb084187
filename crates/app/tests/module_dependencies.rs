//! The dependencies between the modules of a crate, read from its sources: no circles, and no path from a lower floor to a higher
//! one.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The crates and their modules in which no file may lead back to itself. An empty name stands for the whole crate.
const WITHOUT_CIRCLES: [(&str, &str); 9] = [
    ("adapters/http", ""),
    ("adapters/operations", ""),
    ("adapters/sqlite-limit", ""),
    ("adapters/storage", ""),
    ("adapters/worker", ""),
    ("app", ""),
    ("domain", ""),
    ("ports", ""),
    ("services", ""),
];

/// The lower floor of a crate: it uses no other module of the crate.
const LOWER_FLOORS: [(&str, &str); 1] = [("adapters/storage", "db")];

/// The path of a module below the root of its crate.
type Module = Vec<String>;

/// An import: the path as it is written, the name that it gets, and whether other modules can use that name.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    path: Vec<String>,
    name: String,
    is_public: bool,
}

/// A source without comments, tests and imports, and its imports.
struct Source {
    code: String,
    imports: Vec<Import>,
}

type Sources = BTreeMap<Module, Source>;

/// The modules of a crate that consist of a file each.
fn read_crate(name: &str) -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
    let mut texts = BTreeMap::new();
    read_folder(&root, &[], &mut texts);
    let mut for_tests = Vec::new();
    let sources: Sources = texts
        .into_iter()
        .map(|(module, text)| {
            let (source, test_modules) = parse(&text);
            for_tests.extend(test_modules.into_iter().map(|name| [module.as_slice(), &[name]].concat()));
            (module, source)
        })
        .collect();
    sources.into_iter().filter(|(module, _)| !for_tests.iter().any(|test: &Module| module.starts_with(test))).collect()
}

fn read_folder(folder: &Path, parent: &[String], texts: &mut BTreeMap<Module, String>) {
    for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let module = if parent.is_empty() && name == "lib" || name == "mod" { parent.to_vec() } else { [parent, &[name]].concat() };
        if path.is_dir() {
            read_folder(&path, &module, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.insert(module, std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// The source, and the names of child modules that are compiled for tests only. Inline test modules end a file.
fn parse(text: &str) -> (Source, Vec<String>) {
    let (mut code, mut test_modules, mut is_test) = (String::new(), Vec::new(), false);
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        let test_module = if is_test { line.split_once("mod ").map(|(_, name)| name) } else { None };
        is_test = line == "#[cfg(test)]";
        match test_module {
            Some(name) if name.ends_with('{') => break,
            Some(name) => test_modules.push(name.trim_end_matches(';').to_owned()),
            None => code.extend([line, "\n"]),
        }
    }
    let (mut rest, mut imports) = (String::new(), Vec::new());
    for statement in code.split_inclusive(';') {
        match import_of(statement) {
            Some((before, import)) => {
                rest.push_str(before);
                imports.extend(import);
            }
            None => rest.push_str(statement),
        }
    }
    (Source { code: rest, imports }, test_modules)
}

/// The imports of a statement, and the code before it, if the statement begins with `use` on a line of its own.
fn import_of(statement: &str) -> Option<(&str, Vec<Import>)> {
    let start = statement.match_indices("use ").map(|(start, _)| start).find(|start| {
        let line = statement[..*start].rsplit('\n').next().unwrap_or_default();
        line.is_empty() || line == "pub " || line.starts_with("pub(") && line.ends_with(") ")
    })?;
    let (before, tree) = (&statement[..start], statement[start + "use ".len()..].trim_end_matches(';'));
    let is_public = before.rsplit('\n').next().unwrap_or_default().starts_with("pub");
    let mut imports = Vec::new();
    expand(&[], tree, is_public, &mut imports);
    Some((before, imports))
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(|segment| segment.trim().to_owned()).filter(|segment| !segment.is_empty()).collect()
}

/// Adds the paths of a tree such as `a::{b, c as d}`.
fn expand(prefix: &[String], tree: &str, is_public: bool, imports: &mut Vec<Import>) {
    if let Some((head, group)) = tree.split_once('{') {
        let prefix = [prefix, &segments(head)].concat();
        let group = group.rsplit_once('}').expect("the group ends").0;
        let (mut depth, mut start) = (0, 0);
        for (at, letter) in group.char_indices().chain([(group.len(), ',')]) {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&prefix, &group[start..at], is_public, imports);
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path = [prefix, &segments(path)].concat();
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    if let (Some(last), false) = (path.last().cloned(), tree.trim().is_empty()) {
        let name = if alias.is_empty() { last } else { alias.trim().to_owned() };
        imports.push(Import { path, name, is_public });
    }
}

/// The path from the root of the crate, if the path leads into the crate.
fn from_root(sources: &Sources, module: &[String], path: &[String]) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let parent = module.split_last()?.1;
            if rest.first().is_some_and(|next| next == "super") { from_root(sources, parent, rest) } else { Some([parent, rest].concat()) }
        }
        child if sources.contains_key(&[module, &[child.to_owned()]].concat()) => Some([module, path].concat()),
        _ => None,
    }
}

/// The module that defines what a path from the root names. A name that a module only passes on is followed.
fn definition(sources: &Sources, path: &[String]) -> Module {
    let depth = (0..=path.len()).rev().find(|depth| sources.contains_key(&path[..*depth])).unwrap_or_default();
    let (module, rest) = path.split_at(depth);
    let passed_on = rest.first().and_then(|name| {
        let import = sources[module].imports.iter().find(|import| import.is_public && import.name == *name)?;
        from_root(sources, module, &import.path).filter(|path| path != &[module, std::slice::from_ref(name)].concat())
    });
    passed_on.map_or_else(|| module.to_vec(), |path| definition(sources, &path))
}

/// The paths in the code beside its imports. `pub(in …)` tells who may use an item, and is left out.
fn paths(code: &str) -> impl Iterator<Item = Vec<String>> {
    let is_of_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split("pub(in ").enumerate().flat_map(move |(part, text)| {
        let text = if part == 0 { text } else { text.split_once(')').map_or("", |(_, after)| after) };
        text.split(move |letter| !is_of_path(letter)).filter(|word| word.contains("::"))
    });
    words.map(|word| word.split("::").map(str::to_owned).collect())
}

/// The modules that each module uses.
fn dependencies(sources: &Sources) -> BTreeMap<Module, BTreeSet<Module>> {
    let of = |module: &Module, source: &Source| -> BTreeSet<Module> {
        let imported = source.imports.iter().map(|import| import.path.clone());
        let used = imported.chain(paths(&source.code)).filter_map(|path| from_root(sources, module, &path));
        used.map(|path| definition(sources, &path)).filter(|used| used != module).collect()
    };
    sources.iter().map(|(module, source)| (module.clone(), of(module, source))).collect()
}

/// A way from a module back to itself. A module may use what a module around it defines, so such a step does not count.
fn circle(dependencies: &BTreeMap<Module, BTreeSet<Module>>, start: &Module) -> Option<Vec<Module>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        let module = way.last()?;
        for next in dependencies[module].iter().filter(|next| !module.starts_with(next)) {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push([way.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

fn is_in(module: &[String], top: &str) -> bool {
    top.is_empty() || module.first().is_some_and(|first| first == top)
}

#[test]
fn module_dependencies_have_no_circles() {
    for (name, top) in WITHOUT_CIRCLES {
        let dependencies = dependencies(&read_crate(name));
        let modules: Vec<_> = dependencies.keys().filter(|module| is_in(module, top)).collect();
        assert!(!modules.is_empty(), "{name} has no module {top}");
        for module in modules {
            assert_eq!(circle(&dependencies, module), None, "in {name}");
        }
    }
}

#[test]
fn module_dependencies_lead_from_higher_floors_to_lower_ones() {
    for (name, floor) in LOWER_FLOORS {
        let dependencies = dependencies(&read_crate(name));
        let of_floor: Vec<_> = dependencies.iter().filter(|(module, _)| is_in(module, floor)).collect();
        assert!(of_floor.iter().any(|(_, used)| !used.is_empty()), "{floor} of {name} has no dependencies that could be wrong");
        for (module, used) in of_floor {
            let higher: Vec<_> = used.iter().filter(|used| !is_in(used, floor)).collect();
            assert!(higher.is_empty(), "{module:?} of {name} uses {higher:?}");
        }
    }
}

/// Sources from pairs of a path and a text.
fn sources(texts: &[(&str, &str)]) -> Sources {
    texts.iter().map(|(path, text)| (segments(path), parse(text).0)).collect()
}

#[test]
fn module_dependencies_are_found_in_imports_paths_and_names_that_are_passed_on() {
    let sources = sources(&[
        ("", "mod a;\nmod b;\npub use a::Thing;"),
        ("a", "//! See crate::b.\nmod inner;\npub(crate) use inner::Thing;\nfn f() { inner::g() }"),
        ("a::inner", "use std::fmt;\npub(in crate::b) struct Thing;\n#[cfg(test)]\nmod tests {\nuse crate::b;\n}"),
        ("b", "use crate::{\na::{self, Thing as Other},\n};\nfn g() -> crate::a::inner::Thing { super::Thing }"),
    ]);
    let names = |modules: &BTreeSet<Module>| modules.iter().map(|module| module.join("::")).collect::<Vec<_>>();
    let found: Vec<_> = dependencies(&sources).values().map(names).collect();
    assert_eq!(found, [vec!["a::inner"], vec!["a::inner"], vec![], vec!["a", "a::inner"]]);
}

#[test]
fn module_dependencies_that_lead_back_are_a_circle() {
    let texts = [("", "mod a;\nmod b;\nmod c;"), ("a", "use super::b::B;"), ("b", "fn f() { crate::c::g() }"), ("c", "use crate::a;")];
    let dependencies = dependencies(&sources(&texts));
    assert_eq!(circle(&dependencies, &vec!["a".to_owned()]), Some(["a", "b", "c"].map(|name| vec![name.to_owned()]).to_vec()));
    assert_eq!(circle(&dependencies, &Vec::new()), None);
}

#[test]
fn module_dependencies_on_a_module_around_are_not_a_circle() {
    let texts = [("", "mod a;"), ("a", "mod inner;\nuse inner::f;\nconst MOST: u8 = 1;"), ("a::inner", "use super::MOST;")];
    let dependencies = dependencies(&sources(&texts));
    assert_eq!(dependencies.keys().find_map(|module| circle(&dependencies, module)), None);
}
