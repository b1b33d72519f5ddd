//! The OpenAPI schema of a rule's condition: one object per kind, with a single
//! property that names it.

use crate::catalog::Condition;
use serde_json::json;
use utoipa::openapi::schema::{
    AdditionalProperties, Array, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::{Ref, RefOr};

impl utoipa::ToSchema for Condition {}

impl utoipa::PartialSchema for Condition {
    fn schema() -> RefOr<Schema> {
        let own = || RefOr::from(Ref::from_schema_name("Condition"));
        let named = |name: &str| RefOr::from(Ref::from_schema_name(name));
        let kinds: [(&str, RefOr<Schema>, &str); 12] = [
            ("all", list(own()), "Every one holds (true when empty)."),
            ("any", list(own()), "At least one holds (false when empty)."),
            ("not", own(), "It does not hold."),
            (
                "gate_in",
                list(named("GateId")),
                "The scan is at one of these gates.",
            ),
            (
                "type_in",
                list(named("TicketTypeId")),
                "The ticket is of one of these types.",
            ),
            (
                "between",
                pair(named("Timestamp")),
                "From the first instant (included) to the second (excluded).",
            ),
            (
                "time_of_day",
                pair(number(0, 1440)),
                "From the first minute of the day (included) to the second (excluded), as the \
                 clocks at the event go; past midnight when the first is the larger.",
            ),
            (
                "weekday",
                list(number(1, 7)),
                "On one of these days, 1 = Monday to 7 = Sunday.",
            ),
            (
                "entries_at_most",
                number(0, u32::from(u16::MAX)),
                "At most so many entries before this one.",
            ),
            (
                "entries_today_at_most",
                number(0, u32::from(u16::MAX)),
                "At most so many entries before this one today.",
            ),
            (
                "minutes_since_last_entry_at_least",
                number(0, u32::MAX),
                "At least so many minutes since the last entry, or there was none.",
            ),
            (
                "minutes_since_first_entry_at_most",
                number(0, u32::MAX),
                "At most so many minutes since the first entry, or there was none.",
            ),
        ];
        let all = kinds.into_iter().fold(OneOfBuilder::new(), |all, kind| {
            let (name, value, description) = kind;
            all.item(
                ObjectBuilder::new()
                    .description(Some(description))
                    .property(name, value)
                    .required(name)
                    .additional_properties(Some(AdditionalProperties::FreeForm(false))),
            )
        });
        let description = "A condition over one scan and the ticket's history. Times of day, \
            weekdays and \"today\" are taken in the event's time zone.";
        RefOr::T(
            all.description(Some(description))
                .examples([example()])
                .build()
                .into(),
        )
    }
}

/// From 9:00 to 18:00, and on weekends at gate 1 alone.
fn example() -> serde_json::Value {
    json!({"all": [
        {"time_of_day": [540, 1080]},
        {"any": [{"not": {"weekday": [6, 7]}}, {"gate_in": [1]}]},
    ]})
}

fn list(items: RefOr<Schema>) -> RefOr<Schema> {
    RefOr::T(ArrayBuilder::new().items(items).build().into())
}

fn pair(items: RefOr<Schema>) -> RefOr<Schema> {
    let pair: Array = ArrayBuilder::new()
        .items(items)
        .min_items(Some(2))
        .max_items(Some(2))
        .build();
    RefOr::T(pair.into())
}

fn number(least: u32, most: u32) -> RefOr<Schema> {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(least))
        .maximum(Some(most));
    RefOr::T(number.build().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::catalog::Condition::{self, *};
    use crate::ids::{GateId, TicketTypeId};
    use utoipa::PartialSchema;

    /// Every kind once; a new one does not compile until it is here.
    fn every_kind() -> Vec<Condition> {
        let kinds = vec![
            All(vec![]),
            Any(vec![]),
            Not(Box::new(All(vec![]))),
            GateIn(vec![GateId(1)]),
            TypeIn(vec![TicketTypeId(1)]),
            Between(Timestamp(0), Timestamp(1)),
            TimeOfDay(0, 1440),
            Weekday(vec![1]),
            EntriesAtMost(1),
            EntriesTodayAtMost(1),
            MinutesSinceLastEntryAtLeast(1),
            MinutesSinceFirstEntryAtMost(1),
        ];
        for kind in &kinds {
            match kind {
                All(_) | Any(_) | Not(_) | GateIn(_) | TypeIn(_) | Between(..) | TimeOfDay(..) => {}
                Weekday(_) | EntriesAtMost(_) | EntriesTodayAtMost(_) => {}
                MinutesSinceLastEntryAtLeast(_) | MinutesSinceFirstEntryAtMost(_) => {}
            }
        }
        kinds
    }

    #[test]
    fn the_schema_has_every_kind_of_condition_and_its_example_is_one() {
        let schema = serde_json::to_value(Condition::schema()).unwrap();
        let documented = schema["oneOf"].as_array().unwrap().iter();
        let documented: Vec<_> = documented
            .map(|kind| kind["required"][0].as_str().unwrap())
            .collect();
        let written = every_kind().into_iter().map(|kind| {
            let json = serde_json::to_value(kind).unwrap();
            json.as_object().unwrap().keys().next().unwrap().clone()
        });
        assert_eq!(documented, written.collect::<Vec<String>>());
        serde_json::from_value::<Condition>(example()).unwrap();
        assert_eq!(schema["examples"][0], example());
    }
}
