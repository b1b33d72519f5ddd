//! Finding a text within a field.

use mongodb::bson::{Document, doc};

/// Matches texts that have `text` somewhere, whatever characters it has.
pub(super) fn containing(text: &str) -> Document {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            // A pattern ends at the character itself.
            '\0' => pattern.push_str("\\x00"),
            _ => {
                if character.is_ascii_punctuation() {
                    pattern.push('\\');
                }
                pattern.push(character);
            }
        }
    }
    doc! {"$regex": pattern}
}
