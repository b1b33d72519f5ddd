//! As much of MongoDB's wire protocol as it takes to make a replica set of one and to
//! find out that it can be written to: commands in OP_MSG, written as BSON.
//!
//! <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>,
//! <https://bsonspec.org/spec.html>

use super::mongodb::REPLICA_SET;
use super::server::connect;
use std::io::{Read, Result, Write};

const OP_MSG: i32 = 2013;
/// Bytes before the document: lengths and ids, flags, and the kind of its section.
const HEADER: usize = 16 + 4 + 1;
/// Answers to these commands are much shorter.
const LONGEST_ANSWER: usize = 1 << 20;

/// A value, as far as these commands have any.
enum Value<'a> {
    Number(i32),
    Text(&'a str),
    Document(Vec<(&'a str, Value<'a>)>),
    /// Of one value.
    List(Box<Value<'a>>),
}

/// Can the server on this port be written to?
pub(super) fn is_primary(port: u16) -> bool {
    let hello = vec![("hello", Value::Number(1)), ("$db", Value::Text("admin"))];
    ask(port, &hello).is_ok_and(|answer| says_primary(&answer))
}

/// The same; makes it the only member of a replica set, if it is none yet.
pub(super) fn is_primary_or_becomes(port: u16) -> bool {
    if is_primary(port) {
        return true;
    }
    let host = format!("127.0.0.1:{port}");
    let member = vec![("_id", Value::Number(0)), ("host", Value::Text(&host))];
    let set = vec![
        ("_id", Value::Text(REPLICA_SET)),
        ("members", Value::List(Box::new(Value::Document(member)))),
    ];
    let initiate = vec![
        ("replSetInitiate", Value::Document(set)),
        ("$db", Value::Text("admin")),
    ];
    // It may not answer yet, or be about to become one: it is asked again.
    drop(ask(port, &initiate));
    false
}

fn says_primary(answer: &[u8]) -> bool {
    let field = b"\x08isWritablePrimary\0\x01";
    answer.windows(field.len()).any(|part| part == field)
}

/// Sends a command and returns the answer's bytes.
fn ask(port: u16, command: &[(&str, Value<'_>)]) -> Result<Vec<u8>> {
    let mut stream = connect(port)?;
    stream.write_all(&message(command))?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_le_bytes(length)).unwrap_or_default();
    let mut rest = vec![0; length.saturating_sub(4).min(LONGEST_ANSWER)];
    stream.read_exact(&mut rest)?;
    Ok(rest)
}

fn message(command: &[(&str, Value<'_>)]) -> Vec<u8> {
    let document = document(command);
    let mut message = length(HEADER + document.len()).to_vec();
    let (id, answers) = (1_i32, 0_i32);
    for number in [id, answers, OP_MSG] {
        message.extend(number.to_le_bytes());
    }
    let (flags, kind) = (0_u32, 0_u8);
    message.extend(flags.to_le_bytes());
    message.push(kind);
    message.extend(document);
    message
}

fn document(fields: &[(&str, Value<'_>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let (kind, bytes) = written(value);
        body.push(kind);
        body.extend(name.as_bytes());
        body.push(0);
        body.extend(bytes);
    }
    body.push(0);
    let mut document = length(4 + body.len()).to_vec();
    document.extend(body);
    document
}

/// The type of a value, and its bytes.
fn written(value: &Value<'_>) -> (u8, Vec<u8>) {
    match value {
        Value::Number(number) => (0x10, number.to_le_bytes().to_vec()),
        Value::Text(text) => {
            let mut bytes = length(text.len() + 1).to_vec();
            bytes.extend(text.as_bytes());
            bytes.push(0);
            (0x02, bytes)
        }
        Value::Document(fields) => (0x03, document(fields)),
        Value::List(only) => {
            let (kind, bytes) = written(only);
            let mut body = vec![kind, b'0', 0];
            body.extend(bytes);
            body.push(0);
            let mut list = length(4 + body.len()).to_vec();
            list.extend(body);
            (0x04, list)
        }
    }
}

fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_written_as_the_protocol_says() {
        let hello = [("hello", Value::Number(1)), ("$db", Value::Text("admin"))];
        let mut expected: Vec<u8> = Vec::new();
        expected.extend(b"\x34\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0");
        expected.extend(b"\0\0\0\0\0");
        expected.extend(b"\x1f\0\0\0\x10hello\0\x01\0\0\0");
        expected.extend(b"\x02$db\0\x06\0\0\0admin\0\0");
        assert_eq!(message(&hello), expected);
    }

    #[test]
    fn documents_and_lists_have_their_lengths() {
        let member = Value::Document(vec![("_id", Value::Number(0))]);
        let list = [("members", Value::List(Box::new(member)))];
        let mut expected = b"\x24\0\0\0\x04members\0".to_vec();
        expected.extend(b"\x16\0\0\0\x030\0\x0e\0\0\0\x10_id\0\0\0\0\0\0\0\0");
        assert_eq!(document(&list), expected);
    }

    #[test]
    fn a_primary_is_told_from_a_server_that_is_none_yet() {
        assert!(says_primary(b"..\x08isWritablePrimary\0\x01\x08ok\0"));
        assert!(!says_primary(
            b"..\x08isWritablePrimary\0\0\x08secondary\0\x01"
        ));
        assert!(!says_primary(b""));
    }
}
