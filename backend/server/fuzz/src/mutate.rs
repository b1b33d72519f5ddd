//! Changes a case as a person would who looks for trouble: another value at some
//! place of a JSON body, another person, another path, one request more or less.
//! Every third time the engine changes bytes as it likes.

use super::case::{self, MOST_REQUESTS, Request};
use serde_json::{Map, Number, Value, json};

/// What the fuzzing engine calls.
pub(crate) fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u64) -> usize {
    let mut dice = Dice(seed << 1 | 1);
    let mut requests = case::read(&data[..size]);
    if requests.is_empty() || dice.below(3) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    for _ in 0..=dice.below(3) {
        change(&mut requests, &mut dice);
    }
    let text = written(&requests);
    match data.get_mut(..text.len()) {
        Some(place) if text.len() <= max_size => {
            place.copy_from_slice(&text);
            text.len()
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
}

/// Writes a case.
fn written(requests: &[Request]) -> Vec<u8> {
    let texts = requests.iter().map(|request| {
        let line = format!("{} {} {}\n", request.method, request.path, request.who);
        [line.as_bytes(), &request.body].concat()
    });
    texts.collect::<Vec<_>>().join(case::BETWEEN)
}

/// A sequence of numbers that only looks random (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

const PEOPLE: [&str; 7] = [
    "nobody",
    "organizer",
    "buyer",
    "root",
    "stranger",
    "gate",
    "device",
];
const PIECES: [&str; 18] = [
    "$EVENT",
    "$TYPE",
    "$ORG",
    "$ORDER",
    "$PAID",
    "$PAYMENT",
    "$SERIAL",
    "$VENUE",
    "$DEVICE",
    "$BUYER",
    "0",
    "-1",
    "99999999999999999999",
    "4294967295",
    "%00",
    "%ff",
    "a%20b",
    "",
];
const TEXTS: [&str; 16] = [
    "",
    " ",
    "\0",
    "a\u{301}\u{202e}b",
    "💥",
    "a\r\nb",
    "../../x",
    "' OR 1=1 --",
    "%s%n",
    "NaN",
    "Europe/Vienna",
    "EUR",
    "2026-02-30",
    "ada@example.org",
    "https://[::1",
    "\u{feff}\u{ffff}",
];
const NUMBERS: [i64; 14] = [
    0,
    1,
    -1,
    2,
    7,
    255,
    65_535,
    65_536,
    4_294_967_295,
    4_294_967_296,
    9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
    4_000_000_000_000,
];

fn change(requests: &mut Vec<Request>, dice: &mut Dice) {
    let at = dice.below(requests.len());
    match dice.below(12) {
        0 => requests[at].who = (*dice.one_of(&PEOPLE)).to_owned(),
        1 => piece(&mut requests[at], dice),
        2 if requests.len() > 1 => drop(requests.remove(at)),
        3 if requests.len() < MOST_REQUESTS => requests.insert(at, requests[at].clone()),
        4 => {
            let other = dice.below(requests.len());
            requests.swap(at, other);
        }
        5 => {
            let method = *dice.one_of(&["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD"]);
            requests[at].method = method.to_owned();
        }
        _ => body(&mut requests[at], dice),
    }
}

/// Another piece of the path, or another parameter.
fn piece(request: &mut Request, dice: &mut Dice) {
    let mut pieces: Vec<&str> = request.path.split(['/', '=']).collect();
    let at = dice.below(pieces.len());
    let new = *dice.one_of(&PIECES);
    let old = std::mem::replace(&mut pieces[at], new);
    if !old.is_empty() {
        request.path = request.path.replacen(old, new, 1);
    }
}

fn body(request: &mut Request, dice: &mut Dice) {
    let Ok(mut value) = serde_json::from_slice::<Value>(&request.body) else {
        return;
    };
    let places = count(&value);
    let mut place = dice.below(places);
    visit(&mut value, &mut place, dice);
    request.body = value.to_string().into_bytes();
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Changes the value that is `place` values further on; true when it is done.
fn visit(value: &mut Value, place: &mut usize, dice: &mut Dice) -> bool {
    if *place == 0 {
        *value = another(value.take(), dice);
        return true;
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| visit(item, place, dice)),
        Value::Object(fields) => fields.values_mut().any(|item| visit(item, place, dice)),
        _ => false,
    }
}

fn another(old: Value, dice: &mut Dice) -> Value {
    match (dice.below(10), old) {
        (0, _) => Value::Null,
        (1, _) => json!(*dice.one_of(&PIECES)),
        (2, _) => json!(*dice.one_of(&TEXTS)),
        (3, _) => json!("x".repeat(1 << dice.below(14))),
        (4, old) => deep(old, dice.below(200)),
        (5, Value::Array(items)) => repeated(items, dice),
        (6 | 7, Value::Object(mut fields)) => {
            less(&mut fields, dice);
            Value::Object(fields)
        }
        (_, Value::Number(old)) => number(&old, dice),
        (_, Value::Bool(old)) => Value::Bool(!old),
        (_, _) => json!(*dice.one_of(&NUMBERS)),
    }
}

fn number(old: &Number, dice: &mut Dice) -> Value {
    let near = old.as_i64().unwrap_or_default();
    match dice.below(4) {
        0 => json!(near.wrapping_add(1)),
        1 => json!(near.wrapping_neg()),
        2 => json!(old.as_f64().unwrap_or_default() + 0.5),
        _ => json!(*dice.one_of(&NUMBERS)),
    }
}

fn deep(old: Value, levels: usize) -> Value {
    (0..levels).fold(old, |inner, _| Value::Array(vec![inner]))
}

fn repeated(items: Vec<Value>, dice: &mut Dice) -> Value {
    let times = 1 << dice.below(8);
    let many = items.iter().cycle().take(items.len() * times);
    Value::Array(many.cloned().collect())
}

fn less(fields: &mut Map<String, Value>, dice: &mut Dice) {
    let names: Vec<String> = fields.keys().cloned().collect();
    if let Some(name) = names.get(dice.below(names.len())) {
        let value = fields.remove(name).unwrap_or_default();
        if dice.below(3) == 0 {
            fields.insert(format!("{name}x"), value);
        }
    }
}
