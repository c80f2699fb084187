//! The public API of the crates that other teams depend on is a checked-in list, so that a review sees each change of it.
//! `BLESS=1 cargo nextest run -p derslik --test public_api` writes the lists anew.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Attribute, Fields, File, ImplItem, Item, TraitItem, Type, UseTree, Visibility};

#[test]
fn the_public_api_of_the_domain_is_the_checked_in_list() {
    compare("domain", "derslik_domain");
}

#[test]
fn the_public_api_of_the_ports_is_the_checked_in_list() {
    compare("ports", "derslik_ports");
}

fn compare(folder: &str, name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let found = Crate::read(&root.join("src"), name).list().join("\n") + "\n";
    let path = root.join("public-api.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let (found, expected): (BTreeSet<_>, BTreeSet<_>) = (found.lines().collect(), expected.lines().collect());
    let added: Vec<_> = found.difference(&expected).collect();
    let removed: Vec<_> = expected.difference(&found).collect();
    assert!(
        added.is_empty() && removed.is_empty(),
        "the public API of {folder} changed; tell it in its CHANGELOG.md, then write the list with BLESS=1\nadded: {added:#?}\nremoved: {removed:#?}"
    );
}

/// A module path within the crate, from its root.
type ModulePath = Vec<String>;

struct Crate {
    name: String,
    /// The items of each module.
    modules: BTreeMap<ModulePath, Vec<Item>>,
    /// The modules that callers can reach.
    public: BTreeSet<ModulePath>,
}

impl Crate {
    fn read(source: &Path, name: &str) -> Self {
        let mut read = Self { name: name.to_owned(), modules: BTreeMap::new(), public: BTreeSet::new() };
        read.module(&source.join("lib.rs"), source, Vec::new(), true);
        read
    }

    fn module(&mut self, file: &Path, folder: &Path, path: ModulePath, is_public: bool) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let File { items, .. } = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.items(items, folder, path, is_public);
    }

    fn items(&mut self, items: Vec<Item>, folder: &Path, path: ModulePath, is_public: bool) {
        let mut kept = Vec::new();
        for item in items {
            match item {
                Item::Mod(module) if is_test(&module.attrs) => {}
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let inner: ModulePath = path.iter().cloned().chain([name.clone()]).collect();
                    let reaches = is_public && matches!(module.vis, Visibility::Public(_));
                    let below = folder.join(&name);
                    if let Some((_, items)) = module.content {
                        self.items(items, &below, inner, reaches);
                    } else {
                        let file = [folder.join(format!("{name}.rs")), below.join("mod.rs")].into_iter().find(|file| file.exists());
                        self.module(&file.unwrap_or_else(|| PathBuf::from(&name)), &below, inner, reaches);
                    }
                }
                other => kept.push(other),
            }
        }
        if is_public {
            self.public.insert(path.clone());
        }
        self.modules.insert(path, kept);
    }

    /// One line for each public item, field, variant, method and implemented trait, in order.
    fn list(&self) -> Vec<String> {
        let mut lines = BTreeSet::new();
        for module in &self.public {
            let shown = [self.name.clone()].into_iter().chain(module.iter().cloned()).collect::<Vec<_>>().join("::");
            for item in self.modules.get(module).into_iter().flatten() {
                self.add(item, module, &shown, None, &mut lines);
                if let Item::Use(used) = item
                    && matches!(used.vis, Visibility::Public(_))
                {
                    self.add_uses(&used.tree, module, &mut Vec::new(), &shown, &mut lines);
                }
            }
        }
        lines.into_iter().collect()
    }

    fn add_uses(&self, tree: &UseTree, module: &ModulePath, prefix: &mut ModulePath, shown: &str, lines: &mut BTreeSet<String>) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.add_uses(&path.tree, module, prefix, shown, lines);
                prefix.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_uses(tree, module, prefix, shown, lines);
                }
            }
            UseTree::Name(name) => self.add_use(&name.ident.to_string(), module, prefix, shown, lines),
            UseTree::Rename(_) | UseTree::Glob(_) => panic!("the list does not know renamed and glob re-exports: {shown}"),
        }
    }

    fn add_use(&self, name: &str, module: &ModulePath, prefix: &[String], shown: &str, lines: &mut BTreeSet<String>) {
        let mut from = match prefix.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            _ => module.clone(),
        };
        for part in prefix {
            match part.as_str() {
                "crate" | "self" => {}
                "super" => drop(from.pop()),
                other => from.push(other.to_owned()),
            }
        }
        let Some(items) = self.modules.get(&from) else {
            lines.insert(format!("{shown}: pub use {}::{name}", prefix.join("::")));
            return;
        };
        // A re-export of a re-export.
        for item in items {
            if let Item::Use(used) = item
                && uses(&used.tree, name)
            {
                self.add_uses(&used.tree, &from, &mut Vec::new(), shown, lines);
            }
        }
        for item in items {
            self.add(item, &from, shown, Some(name), lines);
        }
    }

    /// Adds the lines of one item, if it is public and has the name.
    fn add(&self, item: &Item, from: &ModulePath, shown: &str, wanted: Option<&str>, lines: &mut BTreeSet<String>) {
        let (vis, name, attrs) = match item {
            Item::Const(item) => (&item.vis, &item.ident, &item.attrs),
            Item::Enum(item) => (&item.vis, &item.ident, &item.attrs),
            Item::Fn(item) => (&item.vis, &item.sig.ident, &item.attrs),
            Item::Static(item) => (&item.vis, &item.ident, &item.attrs),
            Item::Struct(item) => (&item.vis, &item.ident, &item.attrs),
            Item::Trait(item) => (&item.vis, &item.ident, &item.attrs),
            Item::Type(item) => (&item.vis, &item.ident, &item.attrs),
            _ => return,
        };
        let name = name.to_string();
        if !matches!(vis, Visibility::Public(_)) || wanted.is_some_and(|wanted| wanted != name) {
            return;
        }
        let at = format!("{shown}::{name}");
        lines.extend(derived(attrs).into_iter().map(|derived| format!("{at}: {derived}")));
        match item {
            Item::Const(item) => drop(lines.insert(format!("{at}: const {}", text(&item.ty)))),
            Item::Static(item) => drop(lines.insert(format!("{at}: static {}", text(&item.ty)))),
            Item::Fn(item) => drop(lines.insert(format!("{at}: {}", text(&item.sig)))),
            Item::Type(item) => drop(lines.insert(format!("{at}: type{} = {}", text(&item.generics), text(&item.ty)))),
            Item::Struct(item) => {
                lines.insert(format!(
                    "{at}: struct{}{}",
                    text(&item.generics),
                    if is_open(&item.fields) { "" } else { " with private fields" }
                ));
                add_fields(&item.fields, &at, lines);
            }
            Item::Enum(item) => {
                lines.insert(format!("{at}: enum{}", text(&item.generics)));
                lines.extend(item.variants.iter().map(|variant| format!("{at}::{}: variant{}", variant.ident, text(&variant.fields))));
            }
            Item::Trait(item) => {
                lines.insert(format!("{at}: trait{}: {}", text(&item.generics), text(&item.supertraits)));
                for inner in &item.items {
                    match inner {
                        TraitItem::Fn(method) => {
                            let provided = if method.default.is_some() { " (provided)" } else { "" };
                            lines.insert(format!("{at}::{}: {}{provided}", method.sig.ident, text(&method.sig)));
                        }
                        TraitItem::Const(item) => drop(lines.insert(format!("{at}::{}: const {}", item.ident, text(&item.ty)))),
                        TraitItem::Type(item) => drop(lines.insert(format!("{at}::{}: type", item.ident))),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        self.add_impls(&name, from, &at, lines);
    }

    /// Adds what the implementations of a type offer. They stand in the same top-level module as the type, where its name is
    /// unique.
    fn add_impls(&self, name: &str, from: &ModulePath, at: &str, lines: &mut BTreeSet<String>) {
        let near = self.modules.iter().filter(|(module, _)| module.first() == from.first());
        for item in near.flat_map(|(_, items)| items) {
            let Item::Impl(block) = item else { continue };
            if is_test(&block.attrs) || own_name(&block.self_ty).is_none_or(|own| own != name) {
                continue;
            }
            if let Some((_, path, _)) = &block.trait_ {
                lines.insert(format!("{at}: impl {} for {}", text(path), text(&block.self_ty)));
                continue;
            }
            for inner in &block.items {
                match inner {
                    ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => {
                        lines.insert(format!("{at}::{}: {}", method.sig.ident, text(&method.sig)));
                    }
                    ImplItem::Const(item) if matches!(item.vis, Visibility::Public(_)) => {
                        lines.insert(format!("{at}::{}: const {}", item.ident, text(&item.ty)));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn uses(tree: &UseTree, name: &str) -> bool {
    match tree {
        UseTree::Path(path) => uses(&path.tree, name),
        UseTree::Group(group) => group.items.iter().any(|tree| uses(tree, name)),
        UseTree::Name(used) => used.ident == name,
        UseTree::Rename(_) | UseTree::Glob(_) => false,
    }
}

fn is_test(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| matches!(text(attr).as_str(), "#[cfg(test)]" | "#[cfg(doctest)]"))
}

/// The derives of an item, those of a feature with its name.
fn derived(attrs: &[Attribute]) -> Vec<String> {
    let attrs = attrs.iter().map(text);
    attrs.filter(|attr| attr.contains("derive(")).map(|attr| attr.trim_start_matches("#[").trim_end_matches(']').to_owned()).collect()
}

fn is_open(fields: &Fields) -> bool {
    fields.iter().all(|field| matches!(field.vis, Visibility::Public(_)))
}

fn add_fields(fields: &Fields, at: &str, lines: &mut BTreeSet<String>) {
    for (position, field) in fields.iter().enumerate() {
        if matches!(field.vis, Visibility::Public(_)) {
            let name = field.ident.as_ref().map_or_else(|| position.to_string(), ToString::to_string);
            lines.insert(format!("{at}.{name}: {}", text(&field.ty)));
        }
    }
}

fn own_name(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// Source text on one line, without comments and with the usual blanks.
fn text(part: &impl ToTokens) -> String {
    let mut text = String::new();
    for word in part.to_token_stream().to_string().split_whitespace() {
        let is_tight = text.is_empty()
            || text.ends_with(['(', '<', '&', '[', '\'', '!', '#'])
            || text.ends_with("::")
            || word.starts_with([')', '>', ',', ']', ';', '(', '<', '[', '?', '.', '!'])
            || word.starts_with("::")
            || word == ":";
        if !is_tight {
            text.push(' ');
        }
        text.push_str(word);
    }
    text.replace("->", " -> ").replace("  ", " ").replace("- >", "->")
}
