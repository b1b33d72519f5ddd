//! The names of operations, by which clients are generated: what the handler is
//! called, after its group, because several groups have a `read`.

use utoipa::openapi::PathItem;
use utoipa::openapi::path::Operation;

/// Puts each operation's group before its name: `ticket_types_read`.
pub(super) fn complete(item: &mut PathItem) {
    for operation in super::operations(item) {
        name(operation);
    }
}

fn name(operation: &mut Operation) {
    let group = operation.tags.iter().flatten().next();
    if let (Some(group), Some(name)) = (group, &operation.operation_id) {
        let group = group.replace(' ', "_");
        operation.operation_id = Some(format!("{group}_{name}"));
    }
}
