//! The fonts that are compiled in, and where each character's glyph stands.
//!
//! Ubuntu covers Latin, Greek and Cyrillic; what it lacks is looked for in Hack
//! (box drawing, arrows, more letters) and Noto Emoji. What none has is drawn as
//! its nearest letter (without accents, or small), or else as a box: the text
//! beneath it, as a reader copies it, is right all the same.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use std::ops::Range;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Drawn for a character that no font has.
const MISSING: char = '□';

/// All faces, the main one first.
pub(super) struct Fonts {
    faces: Vec<Face>,
}

struct Face {
    font: Font,
    outlines: FontRef<'static>,
    units_per_em: f32,
}

/// Which face text is looked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// For words.
    Text,
    /// For serials and codes: every character as wide, 0 and O told apart.
    Mono,
}

/// A line of text, ready to be drawn.
pub(super) struct Line {
    /// The text, normalized.
    pub(super) text: String,
    /// Runs of glyphs of one font each.
    pub(super) runs: Vec<Run>,
    /// Its width at size 1.
    pub(super) width: f32,
}

/// Glyphs of one font.
pub(super) struct Run {
    pub(super) font: Font,
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// Its width at size 1.
    pub(super) width: f32,
}

impl Fonts {
    /// Loads the fonts; `None` if one of them is damaged.
    pub(super) fn load() -> Option<Self> {
        let files = [
            epaint_default_fonts::UBUNTU_LIGHT,
            epaint_default_fonts::HACK_REGULAR,
            epaint_default_fonts::NOTO_EMOJI_REGULAR,
        ];
        let faces: Option<Vec<_>> = files.into_iter().map(Face::load).collect();
        Some(Self { faces: faces? })
    }

    /// Lays out one line.
    pub(super) fn line(&self, text: &str, style: Style) -> Line {
        let text: String = text.nfc().filter(|c| !c.is_control()).collect();
        let mut line = Line {
            runs: Vec::new(),
            width: 0.0,
            text: String::new(),
        };
        let mut last_face = None;
        for (at, c) in text.char_indices() {
            if is_invisible(c) {
                continue;
            }
            let (index, glyph) = self.glyph(c, style);
            let face = &self.faces[index];
            let advance = face.advance(glyph);
            if last_face != Some(index) {
                last_face = Some(index);
                line.runs.push(Run {
                    font: face.font.clone(),
                    glyphs: Vec::new(),
                    width: 0.0,
                });
            }
            if let Some(run) = line.runs.last_mut() {
                run.glyphs
                    .push(placed(glyph, at..at + c.len_utf8(), advance));
                run.width += advance;
            }
            line.width += advance;
        }
        line.text = text;
        line
    }

    /// Breaks text into lines of at most `width` (at size 1), at most `most` of
    /// them; what does not fit ends in an ellipsis.
    pub(super) fn wrap(&self, text: &str, style: Style, width: f32, most: usize) -> Vec<Line> {
        let mut rows: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            for piece in self.pieces(word, style, width) {
                let joined = rows.last().map(|row| format!("{row} {piece}"));
                match joined.filter(|joined| self.line(joined, style).width <= width) {
                    Some(joined) => {
                        rows.pop();
                        rows.push(joined);
                    }
                    None => rows.push(piece),
                }
            }
        }
        if rows.len() > most {
            rows.truncate(most);
            if let Some(last) = rows.last_mut() {
                *last = self.shortened(last, style, width);
            }
        }
        rows.iter().map(|row| self.line(row, style)).collect()
    }

    /// A word that is wider than a line, in pieces that are not.
    fn pieces(&self, word: &str, style: Style, width: f32) -> Vec<String> {
        let mut pieces = vec![String::new()];
        let mut used = 0.0;
        for c in word.chars() {
            let advance = self.line(&c.to_string(), style).width;
            if used + advance > width && used > 0.0 && !is_combining_mark(c) {
                pieces.push(String::new());
                used = 0.0;
            }
            used += advance;
            if let Some(piece) = pieces.last_mut() {
                piece.push(c);
            }
        }
        pieces
    }

    fn shortened(&self, row: &str, style: Style, width: f32) -> String {
        let mut row = row.to_owned();
        loop {
            let candidate = format!("{}…", row.trim_end());
            if row.is_empty() || self.line(&candidate, style).width <= width {
                return candidate;
            }
            row.pop();
        }
    }

    fn glyph(&self, c: char, style: Style) -> (usize, skrifa::GlyphId) {
        let order: [usize; 3] = match style {
            Style::Text => [0, 1, 2],
            Style::Mono => [1, 0, 2],
        };
        let find = |c: char| {
            let mut faces = order.iter();
            faces.find_map(|index| Some((*index, self.faces[*index].outlines.charmap().map(c)?)))
        };
        find(c)
            .or_else(|| std::iter::once(c).nfkd().next().and_then(find))
            .or_else(|| c.to_lowercase().next().and_then(find))
            .or_else(|| find(MISSING))
            .unwrap_or((0, skrifa::GlyphId::NOTDEF))
    }
}

impl Face {
    fn load(bytes: &'static [u8]) -> Option<Self> {
        let outlines = FontRef::new(bytes).ok()?;
        let font = Font::new(bytes.into(), 0)?;
        Some(Self {
            units_per_em: font.units_per_em(),
            font,
            outlines,
        })
    }

    /// The advance at size 1.
    fn advance(&self, glyph: skrifa::GlyphId) -> f32 {
        let metrics = self
            .outlines
            .glyph_metrics(Size::unscaled(), LocationRef::default());
        metrics.advance_width(glyph).unwrap_or(0.0) / self.units_per_em
    }
}

fn placed(glyph: skrifa::GlyphId, range: Range<usize>, advance: f32) -> KrillaGlyph {
    KrillaGlyph::new(
        GlyphId::new(glyph.to_u32()),
        advance,
        0.0,
        0.0,
        0.0,
        range,
        None,
    )
}

/// Joiners, variation selectors and direction marks have no glyph of their own.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_greek_and_cyrillic_names_need_no_box() {
        let fonts = Fonts::load().expect("the fonts load");
        let (_, missing) = fonts.glyph(MISSING, Style::Text);
        for name in [
            "Åsa Łukasz Ñúñez Čapek Ştefan Đoković ẞöß Nguyễn Thị",
            "Ελένη Παπαδοπούλου ΐΰ",
            "Юлія Щербак Ђорђе Ёж",
            "e\u{301}a\u{308}",
        ] {
            let line = fonts.line(name, Style::Text);
            let shown = line.runs.iter().flat_map(|run| &run.glyphs);
            for glyph in shown {
                let text = &line.text[glyph.text_range.clone()];
                assert_ne!(
                    glyph.glyph_id.to_u32(),
                    missing.to_u32(),
                    "{text} in {name}"
                );
                assert_ne!(glyph.glyph_id.to_u32(), 0, "{text} in {name}");
            }
        }
    }

    #[test]
    fn long_text_is_broken_into_lines_that_fit_and_then_shortened() {
        let fonts = Fonts::load().expect("the fonts load");
        let text = "Donaudampfschifffahrtsgesellschaftskapitänsmütze ".repeat(5);
        let lines = fonts.wrap(&text, Style::Text, 12.0, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.width <= 12.0));
        assert!(lines[2].text.ends_with('…'));
        assert!(fonts.wrap("", Style::Text, 12.0, 3).is_empty());
    }
}
