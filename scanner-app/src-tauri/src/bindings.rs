//! The screens' types (`scanner-app/ui/src/lib/types.ts`), written from the Rust
//! types that the commands and events carry; a test fails when the file is not
//! what they say.

use crate::inlet::{ImageScanned, ImageTrouble};
use gateline_common::Timestamp;
use gateline_common::decision::{Admission, Answer, Direction, Refusal};
use gateline_common::ids::{DeviceId, EventId, GateId, RuleId, Serial, TicketTypeId};
use gateline_common::sync::TicketStatus;
use gateline_scanner::controller::{
    CameraPreference, Chosen, Confirmation, ControllerError, ControllerErrorCode, DeviceFigures,
    Enrolled, EventShown, Exported, Figures, GateShown, HistoryEntry, HookTrouble, InfoShown,
    Language, Limit, Link, ListShown, Names, OverrideNeeds, PassageShown, Preferences, Presented,
    ScanShown, SerialLine, StatusLine, Step, SyncSummary, TextSize, Theme, TicketFound,
    TicketShown, Trouble, TypeFigures, UndoShown, Warning,
};
use gateline_scanner::eye::{CameraShown, CameraState};
use gateline_scanner::serial::{SerialPortShown, SerialState, SerialTrouble};
use gateline_scanner::store::StoreKeyPlace;
use std::path::Path;
use ts_rs::{Config, TS};

const HEADER: &str = "// Written from the Rust types by `UPDATE_BINDINGS=1 cargo test -p gateline-scanner-app`.\n\
    // Times are UTC milliseconds. Do not edit.\n";

fn declaration<T: TS>(config: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    format!("\n{docs}export {}\n", T::decl(config))
}

macro_rules! declarations {
    ($($name:ty),* $(,)?) => {{
        let config = Config::new().with_large_int("number");
        [$(declaration::<$name>(&config)),*].concat()
    }};
}

fn bindings() -> String {
    let types = declarations!(
        Timestamp,
        EventId,
        GateId,
        RuleId,
        TicketTypeId,
        DeviceId,
        Serial,
        Direction,
        Admission,
        Refusal,
        Answer,
        Confirmation,
        OverrideNeeds,
        TicketStatus,
        Link,
        TicketShown,
        Limit,
        Names,
        Step,
        ScanShown,
        PassageShown,
        InfoShown,
        TicketFound,
        UndoShown,
        GateShown,
        EventShown,
        Enrolled,
        Chosen,
        Trouble,
        ListShown,
        Warning,
        StoreKeyPlace,
        HookTrouble,
        StatusLine,
        SyncSummary,
        TypeFigures,
        DeviceFigures,
        Figures,
        Presented,
        HistoryEntry,
        Exported,
        Language,
        Theme,
        TextSize,
        CameraPreference,
        SerialLine,
        Preferences,
        CameraShown,
        CameraState,
        SerialPortShown,
        SerialTrouble,
        SerialState,
        ImageTrouble,
        ImageScanned,
        ControllerErrorCode,
        ControllerError,
    );
    format!("{HEADER}{types}")
}

#[test]
fn the_screens_types_are_those_of_the_commands() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/lib/types.ts");
    let wanted = bindings();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written.replace("\r\n", "\n") == wanted,
        "{} is not what the Rust types say: UPDATE_BINDINGS=1 cargo test -p gateline-scanner-app",
        file.display()
    );
}
