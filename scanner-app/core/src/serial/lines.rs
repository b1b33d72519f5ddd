//! Bytes to lines: a line ends with a carriage return, a line feed or a pause.

/// No code of ours is longer; the rest of such a line is left out.
const MOST_LINE: usize = 16 << 10;

/// The line that is coming in.
#[derive(Default)]
pub(super) struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Takes what came in, and gives each line that ends in it.
    pub(super) fn take(&mut self, bytes: &[u8], mut give: impl FnMut(&str)) {
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' => self.pause(&mut give),
                _ if self.line.len() < MOST_LINE => self.line.push(byte),
                _ => {}
            }
        }
    }

    /// Nothing more came: what is there is a line.
    pub(super) fn pause(&mut self, mut give: impl FnMut(&str)) {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        // What a plug gives off as it is pushed in is no code.
        let noise =
            |c: char| c.is_control() || c.is_whitespace() || c == char::REPLACEMENT_CHARACTER;
        let text = text.trim_matches(noise);
        if !text.is_empty() {
            give(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut given) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.take(piece, |line| given.push(line.to_owned()));
        }
        lines.pause(|line| given.push(line.to_owned()));
        given
    }

    #[test]
    fn lines_end_with_any_mix_of_returns_and_feeds_and_may_come_in_pieces() {
        assert_eq!(
            lines(&[b"one\r\ntw", b"o\rthree\n\n \nla", b"st"]),
            ["one", "two", "three", "last"]
        );
    }

    #[test]
    fn what_a_plug_gives_off_is_no_line_and_a_flood_is_bounded() {
        assert_eq!(lines(&[b"\0\xff\xfe\r\0\xffcode\0\r"]), ["code"]);
        let found = lines(&[&[b'x'; 1 << 20], b"\nnext\n"]);
        assert_eq!((found[0].len(), found[1].as_str()), (MOST_LINE, "next"));
    }
}
