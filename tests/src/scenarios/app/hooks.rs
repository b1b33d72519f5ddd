//! By what the driver knows the parts of the screens: the only place that a
//! change of the screens touches. Of several the first that is in sight counts.

use serde_json::{Value, json};

/// All of them, for the script in the page.
pub(super) fn all() -> Value {
    json!({
        "screen": ["[data-screen]"],
        "enrol_code": ["#code"],
        "enrol_name": ["#name"],
        "enrol": ["form button.primary"],
        "menu": ["[data-action=menu]"],
        "change_gate": ["[data-action=change-gate]"],
        "event": ["button[data-event='$']"],
        "gate_any": ["[data-gate]"],
        "gate": ["[data-gate='$']"],
        "direction": ["[data-direction='$']"],
        "look_up": ["[data-mode=info]"],
        "answer": ["[data-answer]"],
        "failed": ["[data-answer=failed]"],
        "next": ["[data-answer] [data-action=next]"],
        "undo": ["[data-action=undo]"],
        "override": ["[data-answer] [data-action=override]"],
        "reason": ["#reason"],
        "pin": ["#pin"],
        "override_wrong": ["[data-testid=override-wrong]"],
        "search": ["[data-action=search]"],
        "close": ["[data-action=close]"],
        "search_field": ["#search"],
        "searched": ["[data-searched='$']"],
        "found": ["li[data-serial]"],
        "found_one": ["li[data-serial='$']"],
        "admit": ["li[data-serial='$'] [data-action=admit]"],
    })
}
