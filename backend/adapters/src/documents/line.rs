//! Lines of text: broken to a width, brought into the order in which they are
//! seen (right-to-left scripts), and shaped (joined letters, marks in place).

use super::font::{Face, Fonts, Spelled, Style};
use harfrust::{Direction, ShapeOptions, UnicodeBuffer};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use std::ops::Range;
use unicode_bidi::BidiInfo;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A line of text, ready to be drawn.
pub(super) struct Line {
    /// The text, normalized.
    pub(super) text: String,
    /// Runs of glyphs of one font each, from left to right.
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
    /// Needs an outline to be as heavy as the words around it.
    pub(super) light: bool,
}

impl Fonts {
    /// Lays out one line.
    pub(super) fn line(&self, text: &str, style: Style) -> Line {
        let text: String = text.nfc().filter(|c| !is_unwanted(*c)).collect();
        let spelled = Spelling::of(self.spell(&text, style));
        let bidi = BidiInfo::new(&spelled.shown, None);
        let mut runs = Vec::new();
        for paragraph in &bidi.paragraphs {
            let (levels, seen) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for part in seen {
                let rtl = levels.get(part.start).is_some_and(|level| level.is_rtl());
                let mut faces = spelled.by_face(part);
                if rtl {
                    faces.reverse();
                }
                let shaped = faces
                    .into_iter()
                    .map(|(face, part)| spelled.shape(self.face(face), part, rtl));
                runs.extend(shaped);
            }
        }
        Line {
            width: runs.iter().map(|run| run.width).sum(),
            runs,
            text,
        }
    }

    /// Breaks text into lines of at most `width` (at size 1), at most `most` of
    /// them; what does not fit ends in an ellipsis.
    pub(super) fn wrap(&self, text: &str, style: Style, width: f32, most: usize) -> Vec<Line> {
        let mut rows = self.rows(text, style, width);
        if rows.len() > most {
            rows.truncate(most);
            if let Some(last) = rows.last_mut() {
                *last = self.shortened(last, style, width);
            }
        }
        rows.iter().map(|row| self.line(row, style)).collect()
    }

    /// The text in as many lines of at most `width` (at size 1) as it needs.
    pub(super) fn rows(&self, text: &str, style: Style, width: f32) -> Vec<String> {
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
        rows
    }

    /// A word, in pieces if it is wider than a line.
    fn pieces(&self, word: &str, style: Style, width: f32) -> Vec<String> {
        if self.line(word, style).width <= width {
            return vec![word.to_owned()];
        }
        let mut pieces = vec![String::new()];
        for c in word.chars() {
            if let Some(piece) = pieces.last_mut() {
                piece.push(c);
                let alone = piece.len() == c.len_utf8() || is_combining_mark(c);
                if !alone && self.line(piece, style).width > width {
                    piece.pop();
                    pieces.push(c.to_string());
                }
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
}

/// A text as it is drawn, and for each of its bytes what it stands for.
struct Spelling {
    shown: String,
    from: Vec<Range<usize>>,
    face: Vec<usize>,
}

impl Spelling {
    fn of(spelled: Vec<Spelled>) -> Self {
        let mut spelling = Self {
            shown: String::new(),
            from: Vec::new(),
            face: Vec::new(),
        };
        for Spelled { c, face, from } in spelled {
            spelling.shown.push(c);
            spelling.from.resize(spelling.shown.len(), from);
            spelling.face.resize(spelling.shown.len(), face);
        }
        spelling
    }

    /// The parts of a part that are drawn with one face each.
    fn by_face(&self, part: Range<usize>) -> Vec<(usize, Range<usize>)> {
        let mut parts = Vec::new();
        let mut at = part.start;
        for same in self.face[part].chunk_by(|a, b| a == b) {
            parts.extend(same.first().map(|face| (*face, at..at + same.len())));
            at += same.len();
        }
        parts
    }

    fn shape(&self, face: &Face, part: Range<usize>, rtl: bool) -> Run {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&self.shown[part.clone()]);
        buffer.guess_segment_properties();
        buffer.set_direction(if rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        });
        let shaper = face.shaping.shaper(&face.outlines).build();
        let shaped = shaper.shape(buffer, ShapeOptions::new());
        let em = face.font.units_per_em();
        let mut starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| info.cluster as usize)
            .collect();
        starts.sort_unstable();
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        let glyphs: Vec<_> = glyphs
            .map(|(info, position)| {
                let start = info.cluster as usize;
                let next = starts.iter().find(|next| **next > start);
                let cluster = part.start + start..next.map_or(part.end, |next| part.start + next);
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    position.x_advance as f32 / em,
                    position.x_offset as f32 / em,
                    position.y_offset as f32 / em,
                    position.y_advance as f32 / em,
                    self.stands_for(&cluster),
                    None,
                )
            })
            .collect();
        Run {
            width: glyphs.iter().map(|glyph| glyph.x_advance).sum(),
            font: face.font.clone(),
            light: face.light,
            glyphs,
        }
    }

    /// The bytes of the text that a part of the drawn one stands for.
    fn stands_for(&self, part: &Range<usize>) -> Range<usize> {
        let parts = &self.from[part.clone()];
        let start = parts.iter().map(|from| from.start).min().unwrap_or(0);
        start..parts.iter().map(|from| from.end).max().unwrap_or(start)
    }
}

/// Control characters, and those that would turn the rest of the line around.
fn is_unwanted(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fonts() -> Fonts {
        Fonts::load().expect("the fonts load")
    }

    fn order(line: &Line) -> Vec<&str> {
        let glyphs = line.runs.iter().flat_map(|run| &run.glyphs);
        glyphs
            .map(|glyph| &line.text[glyph.text_range.clone()])
            .collect()
    }

    #[test]
    fn every_glyph_is_one_of_its_font_and_stands_for_its_text() {
        let line = fonts().line("Ünal → e\u{301}😀 山", Style::Text);
        let glyphs: Vec<_> = line.runs.iter().flat_map(|run| &run.glyphs).collect();
        assert!(glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0));
        let seen = order(&line);
        assert_eq!(
            seen,
            [
                "Ü", "n", "a", "l", " ", "→", " ", "é", "😀", " ", "山", "山", "山", "山"
            ]
        );
    }

    #[test]
    fn what_runs_from_right_to_left_does_and_turns_nothing_else_around() {
        // The mark says which way a line goes that consists of arrows.
        let line = fonts().line("\u{200f}→←↑", Style::Text);
        let seen = order(&line).concat();
        assert_eq!(seen.trim_matches('\u{200f}'), "↑←→");
        let turned = fonts().line("ab\u{202e}cd", Style::Text);
        assert_eq!(order(&turned).concat(), "abcd");
    }

    #[test]
    fn long_text_is_broken_into_lines_that_fit_and_then_shortened() {
        let text = "Donaudampfschifffahrtsgesellschaftskapitänsmütze ".repeat(5);
        let lines = fonts().wrap(&text, Style::Text, 12.0, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.width <= 12.0));
        assert!(lines[2].text.ends_with('…'));
        assert!(fonts().wrap("", Style::Text, 12.0, 3).is_empty());
    }
}
