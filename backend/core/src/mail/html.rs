//! The HTML form of a letter: its paragraphs, nothing that must be loaded.

/// A letter's paragraphs as a page. A paragraph that is a web address becomes a
/// link; line breaks stay.
pub(super) fn page(title: &str, paragraphs: &[String]) -> String {
    let mut body = String::new();
    for paragraph in paragraphs {
        let text = escape(paragraph);
        if is_link(paragraph) {
            body.push_str(&format!("<p><a href=\"{text}\">{text}</a></p>\n"));
        } else {
            body.push_str(&format!("<p>{}</p>\n", text.replace('\n', "<br>\n")));
        }
    }
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body style=\"font-family:sans-serif;max-width:36em;margin:1em auto;line-height:1.5\">\n\
         <h1 style=\"font-size:1.3em\">{title}</h1>\n{body}</body></html>\n"
    )
}

fn is_link(paragraph: &str) -> bool {
    (paragraph.starts_with("https://") || paragraph.starts_with("http://"))
        && !paragraph.contains(char::is_whitespace)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_never_becomes_markup() {
        let page = page(
            "A <b> & c",
            &["<script>\n\"x\"".into(), "https://x/?a&b".into()],
        );
        assert!(page.contains("<title>A &lt;b&gt; &amp; c</title>"));
        assert!(page.contains("<p>&lt;script&gt;<br>\n&quot;x&quot;</p>"));
        assert!(page.contains("<a href=\"https://x/?a&amp;b\">"));
    }
}
