//! One walk over a file's syntax tree that notes everything the rules ask about.
//!
//! It notes and does not judge: which path is allowed where is `layers.rs`' question, which shape `shape.rs`'.

use crate::{resolve::Scopes, tokens};
use proc_macro2::{Ident, Span, TokenStream};
use syn::{
    Attribute, ImplItem, Item, Stmt, TraitItem, UseTree, Visibility,
    visit::{self, Visit},
};

/// How a path appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In a private `use`.
    Use,
    /// In a `use` that modules further up can see.
    Reexport,
    /// In an expression, a type, a pattern, an attribute or a macro's tokens.
    Inline,
}

/// A path as it was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its segments; `*` for a glob, `crate` for `$crate`.
    pub segments: Vec<String>,
    /// Whether it starts with `::`.
    pub is_global: bool,
    /// How it appears.
    pub form: Form,
    /// The line it starts on.
    pub line: usize,
}

/// A path and where it leads.
#[derive(Debug, Clone)]
pub struct Mention {
    /// As it was written.
    pub written: Written,
    /// Where it leads, as far as the file's own imports tell.
    pub target: Target,
    /// Whether only tests compile it.
    pub in_test: bool,
    /// Whether it stands under `#[expect(clippy::disallowed_methods, reason = …)]`.
    pub is_excused: bool,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Into this package, from its root.
    Own(Vec<String>),
    /// To a crate, or to a name that is in scope.
    Foreign(Vec<String>),
}

/// A function's name and extent.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its name.
    pub line: usize,
    /// From there to the closing brace.
    pub lines: usize,
    /// Whether only tests compile it.
    pub in_test: bool,
}

/// A derived trait.
#[derive(Debug, Clone)]
pub struct Derive {
    /// The trait's name.
    pub name: String,
    /// The line of the attribute.
    pub line: usize,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Survey {
    /// Every path of more than one segment, and every import.
    pub mentions: Vec<Mention>,
    /// Every function with a body.
    pub functions: Vec<Function>,
    /// Every derived trait outside tests.
    pub derives: Vec<Derive>,
    /// Every module declared, inline or not.
    pub modules: Vec<(usize, String)>,
    /// What would hide code from this check.
    pub hiding: Vec<(usize, String)>,
    /// Modules in files of their own that only tests compile, as paths from the root.
    pub test_modules: Vec<Vec<String>>,
    /// Whether the file as a whole is `#![cfg(test)]`.
    pub is_test: bool,
}

/// Walks a file that is the module `module`.
pub fn of(ast: &syn::File, module: Vec<String>) -> Survey {
    let is_test = ast.attrs.iter().any(is_test_only);
    let mut walk = Walk { module, in_test: is_test, ..Walk::default() };
    walk.visit_file(ast);
    let Walk { scopes, paths, mut survey, .. } = walk;
    survey.is_test = is_test;
    survey.mentions = paths
        .into_iter()
        .map(|(module, in_test, is_excused, written)| {
            let target = scopes.resolve(&module, &written);
            Mention { written, target, in_test, is_excused }
        })
        .collect();
    survey
}

#[derive(Default)]
struct Walk {
    module: Vec<String>,
    in_test: bool,
    is_excused: bool,
    in_attribute: bool,
    scopes: Scopes,
    paths: Vec<(Vec<String>, bool, bool, Written)>,
    survey: Survey,
}

impl Walk {
    fn note(&mut self, written: Written) {
        self.paths.push((self.module.clone(), self.in_test, self.is_excused, written));
    }

    /// Runs `inner` with what the attributes say about the code they stand on.
    fn under(&mut self, attributes: &[Attribute], inner: impl FnOnce(&mut Self)) {
        let before = (self.in_test, self.is_excused);
        self.in_test |= attributes.iter().any(is_test_only);
        self.is_excused |= attributes.iter().any(excuses_the_clock);
        inner(self);
        (self.in_test, self.is_excused) = before;
    }

    fn function(&mut self, name: &Ident, close: Span) {
        let line = name.span().start().line;
        let lines = close.start().line - line + 1;
        self.survey.functions.push(Function { name: name.to_string(), line, lines, in_test: self.in_test });
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String], is_global: bool, form: Form) {
        let (ident, name) = match tree {
            UseTree::Path(path) => {
                let prefix = [prefix, &[plain(&path.ident)]].concat();
                return self.import(&path.tree, &prefix, is_global, form);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, prefix, is_global, form));
            }
            UseTree::Name(name) => (plain(&name.ident), plain(&name.ident)),
            UseTree::Rename(rename) => (plain(&rename.ident), plain(&rename.rename)),
            UseTree::Glob(_) => ("*".to_owned(), "*".to_owned()),
        };
        let mut segments = prefix.to_vec();
        if ident != "self" || segments.is_empty() {
            segments.push(ident);
        }
        let name = if name == "self" { segments.last().cloned().unwrap_or_default() } else { name };
        let written = Written { segments, is_global, form, line: first_line(tree) };
        self.scopes.import(&self.module, name, &written);
        self.note(written);
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item(&mut self, item: &'ast Item) {
        self.under(item_attributes(item), |walk| visit::visit_item(walk, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        self.under(attributes, |walk| visit::visit_impl_item(walk, item));
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let attributes: &[Attribute] = if let TraitItem::Fn(item) = item { &item.attrs } else { &[] };
        self.under(attributes, |walk| visit::visit_trait_item(walk, item));
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let attributes: &[Attribute] = match statement {
            Stmt::Local(local) => &local.attrs,
            Stmt::Macro(call) => &call.attrs,
            _ => &[],
        };
        self.under(attributes, |walk| visit::visit_stmt(walk, statement));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, item.block.brace_token.span.close());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, item.block.brace_token.span.close());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig.ident, block.brace_token.span.close());
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        let form = if matches!(item.vis, Visibility::Inherited) { Form::Use } else { Form::Reexport };
        self.import(&item.tree, &[], item.leading_colon.is_some(), form);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let name = plain(&item.ident);
        let written = Written {
            is_global: name != "self",
            segments: vec![if name == "self" { "crate".to_owned() } else { name.clone() }],
            form: Form::Use,
            line: item.ident.span().start().line,
        };
        let alias = item.rename.as_ref().map_or(name, |(_, alias)| plain(alias));
        self.scopes.import(&self.module, alias, &written);
        self.note(written);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = plain(&item.ident);
        let line = item.ident.span().start().line;
        self.survey.modules.push((line, name.clone()));
        self.scopes.declare(&self.module, &name);
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            self.survey.hiding.push((line, format!("`#[path]` hides where the module `{name}` lives")));
        }
        self.module.push(name);
        if item.content.is_none() && self.in_test {
            self.survey.test_modules.push(self.module.clone());
        }
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta
            && !self.in_test
        {
            let line = attribute.pound_token.spans[0].start().line;
            let derived = tokens::derived(attribute.path(), &list.tokens);
            self.survey.derives.extend(derived.into_iter().map(|name| Derive { name, line }));
        }
        self.in_attribute = true;
        visit::visit_attribute(self, attribute);
        self.in_attribute = false;
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.is_ident("include") {
            let line = call.bang_token.spans[0].start().line;
            self.survey.hiding.push((line, "`include!` hides code from this check".to_owned()));
        }
        visit::visit_macro(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first()
            && path.segments.len() > 1
        {
            let line = first.ident.span().start().line;
            let segments = path.segments.iter().map(|segment| plain(&segment.ident)).collect();
            let is_global = path.leading_colon.is_some();
            self.note(Written { segments, is_global, form: Form::Inline, line });
        }
        visit::visit_path(self, path);
    }

    fn visit_token_stream(&mut self, stream: &'ast TokenStream) {
        for written in tokens::paths(stream, self.in_attribute) {
            self.note(written);
        }
    }
}

/// An identifier without the mark of a raw one.
pub fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

fn first_line(tree: &UseTree) -> usize {
    let span = match tree {
        UseTree::Path(path) => path.ident.span(),
        UseTree::Name(name) => name.ident.span(),
        UseTree::Rename(rename) => rename.ident.span(),
        UseTree::Glob(glob) => glob.star_token.spans[0],
        UseTree::Group(group) => group.brace_token.span.open(),
    };
    span.start().line
}

/// Whether only tests compile what carries this attribute: `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`.
pub fn is_test_only(attribute: &Attribute) -> bool {
    let path = attribute.path();
    match &attribute.meta {
        syn::Meta::List(list) if path.is_ident("cfg") => tokens::implies_test(&list.tokens),
        _ => path.segments.last().is_some_and(|last| last.ident == "test"),
    }
}

fn excuses_the_clock(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let text: String = list.tokens.to_string().split_whitespace().collect();
    list.path.is_ident("expect") && text.contains("clippy::disallowed_methods") && text.contains("reason=")
}

/// An item's attributes.
pub fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
