//! The fonts, and which of them draws a character.
//!
//! Three are compiled in: Ubuntu covers Latin, Greek and Cyrillic; what it lacks is
//! looked for in Hack (box drawing, arrows, more letters) and Noto Emoji. An
//! operator can name a folder of more, which are asked last. What none has is
//! written in Latin letters, or else as a question mark, never as an empty box; the
//! text beneath it, as a reader copies it, is right all the same.

use harfrust::ShaperData;
use krilla::text::Font;
use skrifa::{FontRef, MetadataProvider};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Once;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Drawn for a character that no font has and that Latin letters cannot say.
const UNKNOWN: char = '?';

const COMPILED_IN: [&[u8]; 3] = [
    epaint_default_fonts::UBUNTU_LIGHT,
    epaint_default_fonts::HACK_REGULAR,
    epaint_default_fonts::NOTO_EMOJI_REGULAR,
];

/// All faces, the main one first.
pub(super) struct Fonts {
    faces: Vec<Face>,
    /// Said once: the log is no list of guests.
    lack: Once,
}

/// One font.
pub(super) struct Face {
    pub(super) font: Font,
    pub(super) outlines: FontRef<'static>,
    pub(super) shaping: ShaperData,
    /// Needs an outline to be as heavy as the words around it.
    pub(super) light: bool,
}

/// Which face text is looked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// For words.
    Text,
    /// For serials and codes: every character as wide, 0 and O told apart.
    Mono,
}

impl Style {
    /// The index of that face.
    const fn main(self) -> usize {
        match self {
            Self::Text => 0,
            Self::Mono => 1,
        }
    }
}

/// A character to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelled {
    pub(super) c: char,
    /// Which face has it.
    pub(super) face: usize,
    /// The bytes of the text that it stands for.
    pub(super) from: Range<usize>,
}

impl Fonts {
    /// The fonts that are compiled in; `None` if one of them is damaged.
    pub(super) fn load() -> Option<Self> {
        let faces: Option<Vec<_>> = COMPILED_IN.iter().map(|file| Face::load(file, 0)).collect();
        let mut faces = faces?;
        faces.first_mut()?.light = true;
        Some(Self {
            faces,
            lack: Once::new(),
        })
    }

    /// Adds every font file (TTF, OTF, TTC) of a folder, by name.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, a file is no font, or there is none.
    pub(super) fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let file = entry?.path();
            if is_font_file(&file) {
                files.push(file);
            }
        }
        if files.is_empty() {
            return Err(io::Error::other("no .ttf, .otf or .ttc file is in it"));
        }
        files.sort();
        for file in files {
            // Kept for the life of the process, as those that are compiled in.
            let bytes: &'static [u8] = Vec::leak(std::fs::read(&file)?);
            let faces: Vec<_> = (0..).map_while(|index| Face::load(bytes, index)).collect();
            if faces.is_empty() {
                let name = file.display();
                return Err(io::Error::other(format!("{name} is no usable font")));
            }
            self.faces.extend(faces);
        }
        Ok(())
    }

    pub(super) fn face(&self, index: usize) -> &Face {
        &self.faces[index]
    }

    /// Finds a face for every character, in the order of the text; what has none
    /// is spelled out.
    pub(super) fn spell(&self, text: &str, style: Style) -> Vec<Spelled> {
        let mut spelled: Vec<Spelled> = Vec::new();
        for (at, c) in text.char_indices() {
            let from = at..at + c.len_utf8();
            // Marks and joiners go with what they mark or join, if they can.
            let before = spelled.last().map_or(style.main(), |before| before.face);
            let goes_with = is_joiner(c) || is_combining_mark(c) && self.faces[before].has(c);
            let carried = goes_with.then_some(before);
            if let Some(face) = carried.or_else(|| self.find(c, style)) {
                spelled.push(Spelled { c, face, from });
            } else {
                let letters = self.in_other_letters(c, style);
                spelled.extend(letters.into_iter().map(|(c, face)| Spelled {
                    c,
                    face,
                    from: from.clone(),
                }));
            }
        }
        spelled
    }

    fn find(&self, c: char, style: Style) -> Option<usize> {
        let mut order = std::iter::once(style.main()).chain(0..self.faces.len());
        order.find(|index| self.faces[*index].has(c))
    }

    /// The same without its accents or its form, or in Latin letters.
    fn in_other_letters(&self, c: char, style: Style) -> Vec<(char, usize)> {
        let found = |c: char| Some((c, self.find(c, style)?));
        let plain = std::iter::once(c)
            .nfkd()
            .filter(|part| !is_combining_mark(*part));
        let plain: Option<Vec<_>> = plain.map(found).collect();
        if let Some(plain) = plain.filter(|plain| !plain.is_empty()) {
            return plain;
        }
        self.lack.call_once(|| {
            tracing::warn!(
                character = %c.escape_unicode(),
                "no font for some characters on tickets, which are printed in Latin letters or \
                 as `{UNKNOWN}`; name a folder of fonts that have them: print_fonts"
            );
        });
        let latin: Option<Vec<_>> = in_latin_letters(c).chars().map(found).collect();
        match latin {
            Some(latin) if !latin.is_empty() || is_combining_mark(c) => latin,
            _ => found(UNKNOWN).into_iter().collect(),
        }
    }
}

impl Face {
    fn load(bytes: &'static [u8], index: u32) -> Option<Self> {
        let outlines = FontRef::from_index(bytes, index).ok()?;
        Some(Self {
            font: Font::new(bytes.into(), index)?,
            shaping: ShaperData::new(&outlines),
            outlines,
            light: false,
        })
    }

    /// Has it a glyph for the character, or for all that it is composed of?
    fn has(&self, c: char) -> bool {
        let charmap = self.outlines.charmap();
        let there = |c: char| charmap.map(c).is_some_and(|glyph| glyph.to_u32() != 0);
        there(c) || std::iter::once(c).nfd().all(there)
    }
}

fn in_latin_letters(c: char) -> &'static str {
    match c {
        // Left out by the table, as a vowel's carrier; but then a name lacks letters.
        '\u{627}' => "a",
        _ => any_ascii::any_ascii_char(c),
    }
}

fn is_font_file(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["ttf", "otf", "ttc", "otc"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Joiners, variation selectors and direction marks change how their neighbours
/// are drawn, and have no glyph of their own.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let fonts = Fonts::load().expect("the fonts load");
        let spelled = fonts.spell(text, Style::Text);
        spelled.into_iter().map(|spelled| spelled.c).collect()
    }

    #[test]
    fn latin_greek_and_cyrillic_names_are_drawn_as_they_are() {
        for name in [
            "Åsa Łukasz Ñúñez Čapek Ştefan Đoković öß",
            "Ελένη Παπαδοπούλου ΐΰ",
            "Юлія Щербак Ђорђе Ёж",
            "→ ½ 😀",
        ] {
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn what_no_font_has_is_written_in_latin_letters_and_never_as_a_box() {
        assert_eq!(shown("Nguyễn"), "Nguyen");
        assert_eq!(shown("東京 2026"), "DongJing 2026");
        assert_eq!(shown("احمد"), "ahmd");
        assert_eq!(shown("नमस्ते"), "nmste");
        // Assigned, but said by no Latin letters; and not assigned.
        assert_eq!(shown("a\u{e000}b\u{378}"), "a?b?");
        // Nothing is drawn for a mark of direction.
        assert_eq!(shown("\u{200f}a").trim_start_matches('\u{200f}'), "a");
    }

    #[test]
    fn what_is_spelled_out_stands_for_the_text_it_came_from() {
        let fonts = Fonts::load().expect("the fonts load");
        let spelled = fonts.spell("x東", Style::Text);
        let from: Vec<_> = spelled.iter().map(|spelled| spelled.from.clone()).collect();
        assert_eq!(from, [0..1, 1..4, 1..4, 1..4, 1..4]);
    }

    #[test]
    fn a_folder_of_fonts_is_asked_after_those_that_are_compiled_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut fonts = Fonts::load().expect("the fonts load");
        let none = fonts.add_folder(folder.path()).expect_err("it is empty");
        assert!(none.to_string().contains(".ttf"), "{none}");

        // The icons that come with the fonts: one of them has the Tux.
        let tux = '\u{e61e}';
        let icons = epaint_default_fonts::EMOJI_ICON;
        std::fs::write(folder.path().join("icons.TTF"), icons).expect("written");
        std::fs::write(folder.path().join("readme.txt"), "no font").expect("written");
        assert_eq!(fonts.find(tux, Style::Text), None);
        fonts.add_folder(folder.path()).expect("a font is in it");
        assert_eq!(fonts.find(tux, Style::Text), Some(COMPILED_IN.len()));
        assert_eq!(fonts.find('a', Style::Text), Some(0));

        std::fs::write(folder.path().join("zz.otf"), "no font").expect("written");
        let damaged = fonts.add_folder(folder.path()).expect_err("one is no font");
        assert!(damaged.to_string().contains("zz.otf"), "{damaged}");
    }
}
