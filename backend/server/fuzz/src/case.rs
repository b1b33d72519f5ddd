//! A case: requests, one after the other, as text that a person can read.
//!
//! Each begins with a line `METHOD path who`; what follows up to a line `---` is
//! its body. `$EVENT` and the like in the path, and `"$EVENT"` in the body, stand
//! for what the house has; a body of `who` = `gate` is records, one a line in
//! hex, that an enrolled gate chains and signs.

/// What stands between requests.
pub(crate) const BETWEEN: &[u8] = b"\n---\n";
/// Requests of one case at most.
pub(crate) const MOST_REQUESTS: usize = 6;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// As it is sent.
    pub(crate) method: String,
    /// Path and query, with placeholders.
    pub(crate) path: String,
    /// Who asks.
    pub(crate) who: String,
    /// With placeholders, unless it is no JSON.
    pub(crate) body: Vec<u8>,
}

/// Reads a case; what is no request is left out.
pub(crate) fn read(data: &[u8]) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut rest = data;
    loop {
        let end = rest.windows(BETWEEN.len()).position(|w| w == BETWEEN);
        requests.extend(request(&rest[..end.unwrap_or(rest.len())]));
        match end {
            Some(end) if requests.len() < MOST_REQUESTS => rest = &rest[end + BETWEEN.len()..],
            _ => return requests,
        }
    }
}

fn request(text: &[u8]) -> Option<Request> {
    let end = text.iter().position(|byte| *byte == b'\n');
    let (line, body) = text.split_at(end.unwrap_or(text.len()));
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let mut word = || words.next().map(str::to_owned);
    Some(Request {
        method: word()?,
        path: word()?,
        who: word()?,
        body: body.get(1..).unwrap_or_default().to_vec(),
    })
}
