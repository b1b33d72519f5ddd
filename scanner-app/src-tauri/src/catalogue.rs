//! Holds the catalogues of the screens' words: every language says everything,
//! with the same variables, and everything that the screens may be told has words.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Message to its variables.
type Catalogue = BTreeMap<String, BTreeSet<String>>;

fn screens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src")
}

fn catalogues() -> BTreeMap<String, Catalogue> {
    let files = fs::read_dir(screens().join("locales")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let read = fluent_syntax::parser::parse(text.as_str());
            let read = read.unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", file.display()));
            let messages = read.body.iter().filter_map(|entry| match entry {
                Entry::Message(message) => Some(message),
                _ => None,
            });
            let catalogue = messages.map(|message| {
                let mut variables = BTreeSet::new();
                let pattern = message.value.iter().flat_map(|value| &value.elements);
                pattern.for_each(|part| note_variables(part, &mut variables));
                (message.id.name.to_owned(), variables)
            });
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            (name, catalogue.collect())
        })
        .collect()
}

fn note_variables(part: &PatternElement<&str>, into: &mut BTreeSet<String>) {
    let PatternElement::Placeable { expression } = part else {
        return;
    };
    let (Expression::Inline(inline)
    | Expression::Select {
        selector: inline, ..
    }) = expression;
    if let InlineExpression::VariableReference { id } = inline {
        into.insert(id.name.to_owned());
    }
    if let Expression::Select { variants, .. } = expression {
        let parts = variants.iter().flat_map(|variant| &variant.value.elements);
        parts.for_each(|part| note_variables(part, into));
    }
}

/// The words in quotes after each `start` in `text`.
fn quoted<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let after = text.split(start).skip(1);
    after
        .filter_map(|rest| rest.split(['"', '`']).next())
        .collect()
}

/// What the generated type `name` may be: every word in quotes of its declaration
/// that follows `tag`.
fn values(types: &str, name: &str, tag: &str) -> Vec<String> {
    let start = format!("export type {name} = ");
    let declaration = types
        .split(&start)
        .nth(1)
        .unwrap_or_else(|| panic!("no type {name}"));
    let declaration = declaration.split("export type").next().unwrap_or_default();
    let found: Vec<String> = match tag {
        "" => declaration
            .split('"')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect(),
        tag => quoted(declaration, &format!("\"{tag}\": \""))
            .into_iter()
            .map(str::to_owned)
            .collect(),
    };
    assert!(!found.is_empty(), "{name} has no values");
    found
}

/// The codes of `SyncError`, as its `code` has them.
fn troubles() -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/sync/error.rs");
    let source = fs::read_to_string(source).unwrap();
    quoted(&source, " => \"")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path, into: &mut String) {
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.is_dir() {
            sources(&file, into);
        } else if file
            .extension()
            .is_some_and(|end| end == "ts" || end == "svelte")
        {
            into.push_str(&fs::read_to_string(file).unwrap());
        }
    }
}

#[test]
fn every_language_says_everything_with_the_same_variables() {
    let all = catalogues();
    let english = &all["en"];
    assert!(all.len() > 1 && english.len() > 100);
    for (language, catalogue) in &all {
        for (message, variables) in english {
            assert_eq!(
                catalogue.get(message),
                Some(variables),
                "{message} in {language}"
            );
        }
        let unknown: Vec<_> = catalogue
            .keys()
            .filter(|one| !english.contains_key(*one))
            .collect();
        assert!(unknown.is_empty(), "{language} alone has {unknown:?}");
    }
}

#[test]
fn all_that_the_screens_may_be_told_has_words() {
    let english = &catalogues()["en"];
    let types = fs::read_to_string(screens().join("lib/types.ts")).unwrap();
    let families = [
        ("headline-admit-", values(&types, "Admission", "")),
        ("words-admit-", values(&types, "Admission", "")),
        ("headline-refuse-", values(&types, "Refusal", "reason")),
        ("words-refuse-", values(&types, "Refusal", "reason")),
        ("words-limit-", values(&types, "Limit", "kind")),
        ("step-", values(&types, "Step", "step")),
        ("warning-", values(&types, "Warning", "kind")),
        ("status-", values(&types, "TicketStatus", "")),
        ("link-", values(&types, "Link", "")),
        ("key-", values(&types, "StoreKeyPlace", "")),
        ("camera-", values(&types, "CameraState", "kind")),
        ("picture-", values(&types, "ImageTrouble", "")),
        ("serial-", values(&types, "SerialState", "kind")),
        ("error-", values(&types, "ControllerErrorCode", "")),
        ("trouble-", troubles()),
    ];
    for (family, values) in families {
        for value in values {
            let id = format!("{family}{value}");
            assert!(english.contains_key(&id), "no words for {id}");
        }
    }
}

#[test]
fn the_screens_say_what_is_in_the_catalogue_all_of_it_and_no_more() {
    let english = &catalogues()["en"];
    let mut text = String::new();
    sources(&screens(), &mut text);
    let said = quoted(&text, "say(\"");
    assert!(said.len() > 100, "{}", said.len());
    for id in said {
        assert!(english.contains_key(id), "no words for {id}");
    }
    let families = [
        "headline-",
        "words-",
        "step-",
        "warning-",
        "status-",
        "link-",
        "key-",
        "camera-",
        "serial-",
        "error-",
        "trouble-",
        "picture-",
        "passage-",
        "way-",
    ];
    for id in english.keys() {
        let is_said = text.contains(&format!("\"{id}\""));
        let is_composed = families.iter().any(|family| id.starts_with(family));
        assert!(is_said || is_composed, "nobody says {id}");
    }
}
