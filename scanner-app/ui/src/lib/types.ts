// Written from the Rust types by `UPDATE_BINDINGS=1 cargo test -p gateline-scanner-app`.
// Times are UTC milliseconds. Do not edit.

/**
 * Milliseconds since 1970-01-01T00:00:00Z.
 */
export type Timestamp = number;

/**
 * An event. Random and never zero, unique in an installation.
 */
export type EventId = number;

/**
 * A gate, unique within its event.
 */
export type GateId = number;

/**
 * An entry rule, unique within its event.
 */
export type RuleId = number;

/**
 * A ticket type, unique within its event.
 */
export type TicketTypeId = number;

/**
 * One enrolment of a scanner: one key, one chain of records.
 */
export type DeviceId = string;

/**
 * A ticket's serial: 48 bits, unique within its event, alive as long as its
 * ticket. Text form: ten digits of Crockford's base 32.
 */
export type Serial = string;

/**
 * Which way the guest goes.
 */
export type Direction = "entry" | "exit";

/**
 * How a guest was let through.
 */
export type Admission = "entry" | "re_entry" | "exit" | "unlisted";

/**
 * Why a guest was refused: always exactly one reason, the first that applies
 * in the order of these variants.
 *
 * In JSON the variant's name is the field `reason`; binary forms, which cannot
 * look ahead for a tag, carry the variant's number (see [`Numbered`]).
 */
export type Refusal = { "reason": "malformed" } | { "reason": "bad_signature" } | { "reason": "unknown_key" } | { "reason": "wrong_event", 
/**
 * The event that the code names.
 */
event: EventId, 
/**
 * Its title, when it is one of the same organizer.
 */
title: string | null, } | { "reason": "not_listed" } | { "reason": "superseded" } | { "reason": "cancelled" } | { "reason": "refunded" } | { "reason": "blocked" } | { "reason": "not_yet_valid", 
/**
 * The first instant at which it is valid.
 */
from: Timestamp, } | { "reason": "no_longer_valid", 
/**
 * The last instant at which it was valid.
 */
until: Timestamp, } | { "reason": "wrong_gate", 
/**
 * The gates that take it.
 */
gates: Array<GateId>, } | { "reason": "wrong_ticket_type" } | { "reason": "rule", 
/**
 * The rule; `None` for the built-in ones (limits, capacity, zones).
 */
rule: RuleId | null, 
/**
 * The words for staff.
 */
name: string, } | { "reason": "already_admitted", 
/**
 * When.
 */
at: Timestamp, 
/**
 * Through which gate.
 */
gate: GateId | null, 
/**
 * By which device.
 */
device: DeviceId, } | { "reason": "not_inside" } | { "reason": "stale_rotating_code" };

/**
 * The answer to one scan.
 */
export type Answer = { "admit": Admission } | { "refuse": Refusal };

/**
 * Did the server take part in an answer?
 */
export type Confirmation = "confirmed" | "unconfirmed" | "not_asked";

/**
 * What an override takes.
 */
export type OverrideNeeds = "reason" | "reason_and_pin";

/**
 * Whether a ticket still stands.
 */
export type TicketStatus = "valid" | "cancelled" | "refunded" | "blocked";

/**
 * The state of the connection to the server.
 */
export type Link = "not_yet" | "online" | "offline" | "revoked";

/**
 * What staff see of a ticket.
 */
export type TicketShown = { 
/**
 * Its serial.
 */
serial: Serial, 
/**
 * The name of its type.
 */
type_name: string, 
/**
 * The attendee, if the event allows names on devices.
 */
name: string | null, 
/**
 * The seat, if the event allows seats on devices.
 */
seat: string | null, 
/**
 * The short code of its order.
 */
order_code: string | null, 
/**
 * A note that staff must see.
 */
note: string | null, };

/**
 * A limit that every event can have.
 */
export type Limit = { "kind": "first_through", 
/**
 * That zone.
 */
zone: string, } | { "kind": "entries_in_all", 
/**
 * How many there may be.
 */
most: number, } | { "kind": "entries_a_day", 
/**
 * How many there may be.
 */
most: number, } | { "kind": "full", 
/**
 * The zone or the event.
 */
place: string, };

/**
 * What an answer speaks of, by the names that staff know: with it a screen can
 * say the answer in its own language.
 */
export type Names = { 
/**
 * Gates that take the ticket, or through which it was admitted.
 */
gates: Array<string>, 
/**
 * The device that admitted it before.
 */
device: string | null, 
/**
 * The limit that was reached, when no rule of the organizer's said no.
 */
limit: Limit | null, 
/**
 * The whole event is off.
 */
event_is_off: boolean, };

/**
 * What staff may do next.
 */
export type Step = { "step": "read_note" } | { "step": "scan_again" } | { "step": "sync_first" } | { "step": "search" } | { "step": "ask_for_current_code" } | { "step": "ask_for_live_code" } | { "step": "send_to_gate" } | { "step": "come_back_at", 
/**
 * From then on.
 */
at: Timestamp, } | { "step": "check_direction" } | { "step": "refer_to_organizer" } | { "step": "help_desk" } | { "step": "override", 
/**
 * Is the supervisor's PIN asked for?
 */
pin: boolean, };

/**
 * One scan, as staff see it. It is on disk before it is shown.
 */
export type ScanShown = { 
/**
 * When, by the device's clock corrected by its last comparison.
 */
at: Timestamp, 
/**
 * The number of its record in this device's log.
 */
seq: number, 
/**
 * Green or red, and why.
 */
answer: Answer, 
/**
 * One or two words in large letters.
 */
headline: string, 
/**
 * The sentence that staff read.
 */
words: string, 
/**
 * Whether the server took part.
 */
confirmation: Confirmation, 
/**
 * The ticket, when one was recognised.
 */
ticket: TicketShown | null, 
/**
 * What staff may do next, in words.
 */
next: Array<string>, 
/**
 * The same for a screen that has its own words.
 */
steps: Array<Step>, 
/**
 * What the answer speaks of, by name.
 */
names: Names, 
/**
 * May staff override this refusal, and what does it take?
 */
override_needs: OverrideNeeds | null, 
/**
 * The gate that was chosen.
 */
gate_name: string | null, 
/**
 * Which way.
 */
direction: Direction, 
/**
 * From the text to the record on disk, without the wait for the server,
 * in milliseconds, to a tenth.
 */
decided_ms: number, };

/**
 * One passage of a ticket.
 */
export type PassageShown = { 
/**
 * When.
 */
at: Timestamp, 
/**
 * In or out.
 */
direction: Direction, 
/**
 * The gate's name.
 */
gate_name: string | null, 
/**
 * The device's name.
 */
device_name: string, };

/**
 * What an info scan shows. It burns nothing and is not logged.
 */
export type InfoShown = { 
/**
 * What a scan would answer now.
 */
answer: Answer, 
/**
 * One or two words in large letters.
 */
headline: string, 
/**
 * The sentence that staff would read.
 */
words: string, 
/**
 * What the answer speaks of, by name.
 */
names: Names, 
/**
 * The ticket, when one was recognised.
 */
ticket: TicketShown | null, 
/**
 * Its passages that this device knows, oldest first.
 */
passages: Array<PassageShown>, };

/**
 * A ticket found by a search.
 */
export type TicketFound = { 
/**
 * The ticket.
 */
ticket: TicketShown, 
/**
 * Whether it stands.
 */
status: TicketStatus, 
/**
 * When its holder last came in or went out, as far as this device knows.
 */
last_passage: PassageShown | null, };

/**
 * An undone scan.
 */
export type UndoShown = { 
/**
 * The record that takes it back.
 */
seq: number, 
/**
 * The record that was taken back.
 */
undone: number, 
/**
 * Its ticket.
 */
serial: Serial | null, 
/**
 * The sentence that staff read.
 */
words: string, };

/**
 * A gate of an event.
 */
export type GateShown = { 
/**
 * The gate.
 */
gate: GateId, 
/**
 * Its name.
 */
name: string, };

/**
 * An event that the gate can be set to.
 */
export type EventShown = { 
/**
 * The event.
 */
event: EventId, 
/**
 * Its title.
 */
title: string, 
/**
 * IANA name of its time zone.
 */
timezone: string, 
/**
 * Begin.
 */
starts_at: Timestamp, 
/**
 * End.
 */
ends_at: Timestamp, 
/**
 * Its gates.
 */
gates: Array<GateShown>, 
/**
 * Tickets of it on this device.
 */
tickets: number, 
/**
 * Has the whole list arrived?
 */
complete: boolean, };

/**
 * Who this device is.
 */
export type Enrolled = { 
/**
 * The enrolment.
 */
device: DeviceId, 
/**
 * What staff call the device.
 */
name: string, 
/**
 * The organization.
 */
org_name: string, 
/**
 * The server.
 */
server: string, };

/**
 * Where the gate stands.
 */
export type Chosen = { 
/**
 * The event.
 */
event: EventId, 
/**
 * Its title.
 */
title: string, 
/**
 * The gate; `None` if none was chosen.
 */
gate: GateId | null, 
/**
 * Its name.
 */
gate_name: string | null, 
/**
 * Which way.
 */
direction: Direction, };

/**
 * A failed exchange, for programs and for people.
 */
export type Trouble = { 
/**
 * One of the codes that [`crate::sync::SyncError`] documents.
 */
code: string, 
/**
 * What staff read.
 */
message: string, };

/**
 * The attendee list of one event on this device.
 */
export type ListShown = { 
/**
 * Tickets on it.
 */
tickets: number, 
/**
 * Has it been read to its end?
 */
complete: boolean, 
/**
 * When it was last known to be up to date (device's clock).
 */
as_of: Timestamp | null, 
/**
 * Milliseconds since.
 */
age_ms: number | null, 
/**
 * Tickets whose holders are inside, as far as this device knows.
 */
inside: number, };

/**
 * Something that a supervisor must know.
 */
export type Warning = { "kind": "clock_set", 
/**
 * By so much, milliseconds; negative when it was set back.
 */
by_ms: number, } | { "kind": "clock_off", 
/**
 * Server time minus device time, milliseconds.
 */
by_ms: number, } | { "kind": "store_rebuilt", 
/**
 * Records of its log that were kept.
 */
kept: number, 
/**
 * Scans that cannot be read any more.
 */
lost: number, 
/**
 * Of these, at most so many that the server does not have.
 */
lost_unsent: number, 
/**
 * May more be lost than `lost` says?
 */
at_least: boolean, 
/**
 * The folder with the damaged files, within the store's.
 */
aside: string, } | { "kind": "forked" } | { "kind": "records_refused", 
/**
 * How many.
 */
count: number, } | { "kind": "records_uncounted", 
/**
 * How many.
 */
count: number, } | { "kind": "list_incomplete" } | { "kind": "list_old", 
/**
 * Milliseconds since it was.
 */
age_ms: number, } | { "kind": "disk_nearly_full", 
/**
 * Bytes that this program may still write.
 */
free_bytes: number, };

/**
 * Where a store's key lives.
 */
export type StoreKeyPlace = "keyring" | "file";

/**
 * Why it did not do its work.
 */
export type HookTrouble = { "kind": "not_started", 
/**
 * What the operating system said.
 */
reason: string, } | { "kind": "failed", 
/**
 * Its exit code; `None` when a signal ended it.
 */
exit_code: number | null, } | { "kind": "too_slow", 
/**
 * After so many milliseconds.
 */
limit_ms: number, } | { "kind": "left_out" };

/**
 * The line that is always in sight.
 */
export type StatusLine = { 
/**
 * Who this device is; `None` before it was enrolled.
 */
enrolled: Enrolled | null, 
/**
 * Where the gate stands.
 */
chosen: Chosen | null, 
/**
 * The connection.
 */
link: Link, 
/**
 * What is wrong with it.
 */
trouble: Trouble | null, 
/**
 * When the server last answered (device's clock).
 */
last_contact_at: Timestamp | null, 
/**
 * Milliseconds since.
 */
last_contact_age_ms: number | null, 
/**
 * Would an admission be confirmed with the server now?
 */
confirming: boolean, 
/**
 * The list of the chosen event.
 */
list: ListShown | null, 
/**
 * Scans that the server does not have yet.
 */
scans_waiting: number, 
/**
 * Scans in this device's log.
 */
scans_logged: number, 
/**
 * Records that the server keeps without counting them.
 */
scans_quarantined: number, 
/**
 * Server time minus device time, milliseconds, as last measured.
 */
clock_offset_ms: number, 
/**
 * Half the round trip of that measurement; `None` if never measured.
 */
clock_uncertainty_ms: number | null, 
/**
 * Tickets that this gate would admit and another one could have admitted
 * without this one knowing; 0 while admissions are confirmed.
 */
exposure: number | null, 
/**
 * Is the app locked? Then only its PIN opens it, and syncing goes on.
 */
locked: boolean, 
/**
 * Has this device a PIN of its own?
 */
lock_pin_set: boolean, 
/**
 * Where the key of the local store lives.
 */
store_key: StoreKeyPlace, 
/**
 * Why the program that is run for each admission did not do its work.
 */
hook_trouble: HookTrouble | null, 
/**
 * What a supervisor must know (a forked log, a reset clock, …).
 */
warnings: Array<Warning>, };

/**
 * What one sync did.
 */
export type SyncSummary = { 
/**
 * Did it end with everything sent and every list up to date?
 */
complete: boolean, 
/**
 * What went wrong, if something did.
 */
trouble: Trouble | null, 
/**
 * Records sent and taken.
 */
records_sent: number, 
/**
 * Scans still waiting.
 */
scans_waiting: number, 
/**
 * Records that the server keeps without counting them.
 */
quarantined: number, 
/**
 * Feed entries read.
 */
entries_read: number, 
/**
 * The manifest's version now.
 */
manifest_version: number, 
/**
 * Server time minus device time, milliseconds.
 */
clock_offset_ms: number, };

/**
 * Tickets of one type.
 */
export type TypeFigures = { 
/**
 * The type; `None` for tickets that are not on the list.
 */
ticket_type: TicketTypeId | null, 
/**
 * Its name, if it is known.
 */
name: string | null, 
/**
 * On the list.
 */
listed: number, 
/**
 * Somebody came in.
 */
entered: number, 
/**
 * Inside now.
 */
inside: number, };

/**
 * Scans of this device at the chosen event.
 */
export type DeviceFigures = { 
/**
 * Entries that stand.
 */
entries: number, 
/**
 * Exits that stand.
 */
exits: number, 
/**
 * Refusals.
 */
refusals: number, 
/**
 * Admissions that staff took back.
 */
undone: number, };

/**
 * Figures of the chosen event, of all devices as far as this one knows.
 */
export type Figures = { 
/**
 * The event.
 */
event: EventId, 
/**
 * When (server's clock, as far as it is known).
 */
at: Timestamp, 
/**
 * Tickets on the list.
 */
listed: number, 
/**
 * Tickets of which somebody came in, those that left again among them.
 */
entered: number, 
/**
 * Tickets whose holders are inside.
 */
inside: number, 
/**
 * The same by ticket type, in the order of the event's ticket types.
 */
by_type: Array<TypeFigures>, 
/**
 * Scans of this device alone.
 */
this_device: DeviceFigures, 
/**
 * Entries in each of the last 60 minutes, oldest first; the last one is the
 * minute of `at`.
 */
per_minute: Array<number>, };

/**
 * How a ticket was presented.
 */
export type Presented = { "kind": "scan" } | { "kind": "search" } | { "kind": "override", 
/**
 * The reason, in the words of staff.
 */
reason: string, 
/**
 * What was waived.
 */
waived: Answer, 
/**
 * Was the supervisor's PIN given?
 */
supervised: boolean, };

/**
 * One scan of this device, and what became of it.
 */
export type HistoryEntry = { 
/**
 * The number of its record in this device's log.
 */
seq: number, 
/**
 * When, by the device's clock corrected by its last comparison.
 */
at: Timestamp, 
/**
 * The event that the gate was set to.
 */
event: EventId, 
/**
 * Its title, while the event is known.
 */
event_title: string | null, 
/**
 * The gate's name, while it is known.
 */
gate_name: string | null, 
/**
 * Which way.
 */
direction: Direction, 
/**
 * How the ticket was presented.
 */
how: Presented, 
/**
 * What was shown.
 */
answer: Answer, 
/**
 * What the answer speaks of, by the names that are known today.
 */
names: Names, 
/**
 * Whether the server took part.
 */
confirmation: Confirmation, 
/**
 * Did staff take the admission back?
 */
undone: boolean, 
/**
 * The ticket, when one was recognised; what the list said of it goes with the
 * list.
 */
ticket: TicketShown | null, 
/**
 * Does the server have the record?
 */
sent: boolean, };

/**
 * A file that was written.
 */
export type Exported = { 
/**
 * Where it is.
 */
path: string, 
/**
 * Records in it.
 */
records: number, };

/**
 * A language of the screens.
 */
export type Language = "en" | "de";

/**
 * Light or dark.
 */
export type Theme = "system" | "light" | "dark";

/**
 * How large texts are.
 */
export type TextSize = "normal" | "large" | "largest";

/**
 * Which camera looks.
 */
export type CameraPreference = { "kind": "first" } | { "kind": "index", 
/**
 * By the system's number.
 */
index: number, } | { "kind": "none" };

/**
 * A hand scanner on a serial line.
 */
export type SerialLine = { 
/**
 * The system's name of the port, at most 256 bytes.
 */
port: string, 
/**
 * Bits a second: 300 to 4,000,000.
 */
baud: number, };

/**
 * How staff set the app. A field that is missing or unknown in JSON is no error.
 */
export type Preferences = { 
/**
 * The language of the screens; `None` is the system's.
 */
language: Language | null, 
/**
 * Light or dark.
 */
theme: Theme, 
/**
 * How large texts are.
 */
text: TextSize, 
/**
 * Of sounds, 0 to 100.
 */
volume: number, 
/**
 * No sounds at all.
 */
muted: boolean, 
/**
 * Which camera looks.
 */
camera: CameraPreference, 
/**
 * The hand scanner on a serial line, if there is one.
 */
serial: SerialLine | null, 
/**
 * A list that was not brought up to date for longer is told as old, minutes: 1
 * to a day.
 */
list_old_minutes: number, 
/**
 * The app locks when nobody touched it for so long, minutes: 1 to a day.
 */
lock_after_minutes: number | null, };

/**
 * A camera to choose.
 */
export type CameraShown = { 
/**
 * The system's number.
 */
index: number, 
/**
 * What its maker calls it.
 */
name: string, };

/**
 * How the camera is doing.
 */
export type CameraState = { "kind": "off" } | { "kind": "starting" } | { "kind": "seeing", 
/**
 * What staff call it.
 */
name: string, 
/**
 * Pixels across.
 */
width: number, 
/**
 * Pixels down.
 */
height: number, } | { "kind": "trouble", 
/**
 * What staff call it.
 */
name: string, 
/**
 * The word of [`crate::frame::SourceError::code`].
 */
code: string, 
/**
 * What the operating system said.
 */
reason: string, };

/**
 * A port that the operating system lists.
 */
export type SerialPortShown = { 
/**
 * What [`SerialScanner::use_port`] takes: `/dev/ttyACM0`, `COM3`.
 */
path: string, 
/**
 * What the maker calls it, where that is known; else the path.
 */
name: string, };

/**
 * What is wrong with a port.
 */
export type SerialTrouble = "not_there" | "not_allowed" | "gone" | "failed";

/**
 * How the serial scanner is doing.
 */
export type SerialState = { "kind": "off" } | { "kind": "starting" } | { "kind": "listening", 
/**
 * The port's path.
 */
path: string, 
/**
 * Bits per second.
 */
baud: number, } | { "kind": "trouble", 
/**
 * The port's path.
 */
path: string, 
/**
 * What is wrong.
 */
code: SerialTrouble, 
/**
 * What the operating system said.
 */
reason: string, };

/**
 * What is wrong with a picture.
 */
export type ImageTrouble = "not_an_image" | "damaged" | "too_large";

/**
 * What was found in a dropped picture.
 */
export type ImageScanned = { 
/**
 * Codes that were scanned, or given to the enrolment screen.
 */
codes: number, 
/**
 * Why nothing could be read in it.
 */
trouble: ImageTrouble | null, };

/**
 * What went wrong, for programs.
 */
export type ControllerErrorCode = "not_enrolled" | "already_enrolled" | "unsent" | "not_an_enrolment_code" | "revoked" | "no_event" | "no_gate" | "unknown_place" | "bad_manifest" | "nothing_to_undo" | "nothing_to_override" | "override_forbidden" | "reason_missing" | "wrong_pin" | "locked" | "no_pin" | "bad_pin" | "out_of_bounds" | "unknown_ticket" | "superseded" | "search_too_short" | "not_logged" | "not_written" | "not_read" | "store" | "sync" | "frames" | "closed";

/**
 * An error of the controller.
 */
export type ControllerError = { 
/**
 * For programs.
 */
code: ControllerErrorCode, 
/**
 * For staff.
 */
message: string, };
