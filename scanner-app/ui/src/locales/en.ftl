# The scanner's words in English. One message for each thing that is said; a
# translation has the same messages with the same variables (Fluent syntax,
# https://projectfluent.org). Short: staff read them aloud to a guest.

language-name = English

## Times and amounts

span-seconds = { $n } s
span-minutes = { $n } min
span-hours = { $n } h
span-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
tickets = { $n ->
    [one] { $n } ticket
   *[other] { $n } tickets
}
bytes-mb = { $n } MB

## Green

headline-admit-entry = Admit
headline-admit-re_entry = Admit again
headline-admit-exit = Goodbye
headline-admit-unlisted = Admit, not on the list
words-admit-entry = Welcome
words-admit-re_entry = Welcome back
words-admit-exit = Let out
words-admit-unlisted = The code is genuine; this list does not have the ticket yet

## Red: one headline and one sentence for each reason

headline-refuse-malformed = Not a ticket
words-refuse-malformed = This is no Gateline ticket, or it is damaged
headline-refuse-bad_signature = Not genuine
words-refuse-bad_signature = Nobody signed this code for this event
headline-refuse-unknown_key = Sync first
words-refuse-unknown_key = Signed with a key that this scanner does not know yet
headline-refuse-wrong_event = Wrong event
words-refuse-wrong_event = For another event: { $title }
words-refuse-wrong_event-unknown = For another event
headline-refuse-not_listed = Not on the list
words-refuse-not_listed = Genuine, but not on the list of this event
headline-refuse-superseded = Old ticket
words-refuse-superseded = This ticket has a new owner; this code is void
headline-refuse-cancelled = Cancelled
words-refuse-cancelled = The ticket was cancelled
words-refuse-cancelled-event = The event was cancelled
headline-refuse-refunded = Refunded
words-refuse-refunded = The ticket was refunded
headline-refuse-blocked = Blocked
words-refuse-blocked = The organizer blocked this ticket
headline-refuse-not_yet_valid = Too early
words-refuse-not_yet_valid = Not valid before { $at }
headline-refuse-no_longer_valid = Too late
words-refuse-no_longer_valid = Not valid after { $at }
headline-refuse-wrong_gate = Wrong gate
words-refuse-wrong_gate = Not here, but at { $gates }
words-refuse-wrong_gate-unknown = Not at this gate
headline-refuse-wrong_ticket_type = Wrong ticket type
words-refuse-wrong_ticket_type = This type of ticket is not admitted here
headline-refuse-rule = Not allowed
words-refuse-rule = { $name }
words-limit-first_through = First through the entrance of { $zone }
words-limit-entries_in_all = { $most ->
    [one] One entry on this ticket
   *[other] At most { $most } entries on this ticket
}
words-limit-entries_a_day = { $most ->
    [one] One entry a day on this ticket
   *[other] At most { $most } entries a day on this ticket
}
words-limit-full = { $place } is full
headline-refuse-already_admitted = Already in
words-refuse-already_admitted = Came in at { $at }, { $gate }, by { $device }
words-refuse-already_admitted-no-gate = Came in at { $at }, by { $device }
another-scanner = another scanner
ago = That was { $span } ago
headline-refuse-not_inside = Not inside
words-refuse-not_inside = This ticket was not scanned in
headline-refuse-stale_rotating_code = Old code
words-refuse-stale_rotating_code = A picture of the code, not the live one

## What staff may do next

step-read_note = Read the note
step-scan_again = Scan the code again
step-sync_first = Sync, then scan again
step-search = Search the list by name or order
step-ask_for_current_code = Ask for the current owner’s ticket
step-ask_for_live_code = Ask the guest to open the ticket on the phone
step-send_to_gate = Send to { $gates }
step-come_back_at = Come back at { $at }
step-check_direction = Check whether this scanner is set to entry or exit
step-refer_to_organizer = Let nobody in. The buyer hears from the organizer what is paid back
step-help_desk = Send to the help desk
step-override = Override, with a reason
step-override-pin = Override, with a reason and the supervisor’s PIN

## The answer on the screen

unconfirmed = Not confirmed by the server. This device’s own answer.
let-in-before = The guest before was let in: { $who }
fact-ticket = Ticket
fact-guest = Guest
fact-seat = Seat
fact-order = Order
next-steps = What to do next
next-guest = Next guest
undo = Undo
undone = Undone: the ticket is open again
override = Override…
info-only = Look-up only: nothing was counted
would-admit = Would be let in
would-refuse = Would be refused
passages = Passages known here
passages-none = Nobody came in on this ticket, as far as this device knows
passage-entry = In at { $at }, { $where }
passage-exit = Out at { $at }, { $where }
failed-title = Not done
failed-nobody-in = Let nobody in on this.
ok = OK
override-reason = Why is this guest let in?
override-pin = Supervisor’s PIN
override-do = Let in anyway
cancel = Cancel

## The scan screen

scan-hint = Hold the ticket’s code in front of the camera
scan-hint-info = Look-up: show a code to see what it is worth. Nothing is counted.
scan-hint-hand = Use the hand scanner, or search the list
camera-picture = Camera picture
way-entry = Entry
way-exit = Exit
mode-info = Look up
direction = Direction
search = Search
menu = Menu
change-gate = Change gate
last = Last
drop-here = Drop a picture of a ticket here
picture-not_an_image = This is no PNG or JPEG picture
picture-damaged = This picture is damaged
picture-too_large = This picture is too large
picture-without-code = There is no ticket code in this picture

## Search

search-field = Name, order code or serial
search-none = Nobody on this list matches.
search-more = Only { $n } of those who fit are shown: type more of the name.
search-hint = Type a part of the name, the order code or the serial.
search-let-in = Let in
search-sure = Yes, without a code
status-valid = not in yet
status-cancelled = cancelled
status-refunded = refunded
status-blocked = blocked
close = Close

## Status line

link-online = Online
link-confirming = Online, checking with the server
link-offline = Offline, scanning goes on
link-revoked = This device was revoked
link-not_yet = Not connected yet
link-not-enrolled = Not enrolled
status = Status
last-contact = Last contact { $span } ago
list-age = list { $span } old
list-loading = list still loading
waiting = { $n ->
    [0] All scans sent
    [one] { $n } scan waiting to be sent
   *[other] { $n } scans waiting to be sent
}

## Warnings

warning-clock_set = The clock of this device was set by { $span } since the last sync
warning-clock_off = The clock of this device is off by { $span }
warning-store_rebuilt = The store was damaged and rebuilt: { $kept } records kept, { $lost } lost
warning-store_rebuilt-unknown = The store was damaged and rebuilt: { $kept } records kept, { $lost } or more lost
warning-forked = Another copy of this scanner’s store is in use: enrol one of them anew
warning-records_refused = The server refused { $n } records; they are kept here
warning-records_uncounted = The server keeps { $n } records without counting them
warning-list_incomplete = The list is not complete yet
warning-list_old = The list is { $span } old: sync when you can
warning-disk_nearly_full = The disk is nearly full: { $left } left
warning-camera = The camera gives no picture
warning-hook = The turnstile’s command failed
warning-serial = The serial scanner does not answer

## Enrolling

enrol-title = Enrol this scanner
enrol-revoked-title = This device was revoked
enrol-revoked = The organizer ended its enrolment, and it lets nobody in. With a new code it becomes a new device.
enrol-revoked-unsent = The organizer ended its enrolment, and it lets nobody in. With a new code it becomes a new device, as soon as the scans that it still holds are sent.
enrol-hint = Ask your organizer for a one-time code. Show its QR code to the camera, scan it with a hand scanner, or paste it here.
enrol-code = Enrolment code
enrol-name = Name of this device
enrol-name-example = North gate, tablet 1
enrol-do = Enrol
enrol-busy = Enrolling…
enrol-read = Code read. Give this device a name and press Enrol.
enrolled-title = Enrolled with { $org }
enrolled-text = { $events ->
    [0] No event has come to this device yet.
    [one] One event, { $tickets } on this device.
   *[other] { $events } events, { $tickets } on this device.
}
enrolled-age = The list is { $span } old.

## Choosing

choose-title = Where does this scanner stand?
choose-none = No event has come to this device yet.
choose-tickets = { $tickets } on this device
choose-loading = { $tickets } on this device, still loading
choose-gates = { $n ->
    [0] one entrance
    [one] { $n } gate
   *[other] { $n } gates
}
choose-no-gate = No particular gate
choose-only-entrance = The one entrance
sync-now = Sync now
one-moment = One moment…
back = Back

## Store

broken-title = This scanner cannot open its store
broken-calm = Nothing was lost or changed. Ask your supervisor, or use another device.
try-again = Try again

## Figures

figures = Figures
figure-entered = Entered
figure-inside = Inside
figure-listed = On the list
figures-by-type = By ticket type
figures-device = This device
figure-entries = Entries
figure-exits = Exits
figure-refusals = Refusals
figure-undone = Undone
chart-title = Entries per minute, last hour
chart-text = { $now } in the last minute, at most { $most } in a minute

## History

history = History
history-none = This device has not scanned yet.
history-more = Earlier scans
history-search = from the list
history-override = override
history-undone = undone
history-waiting = not sent yet
history-sent = sent

## Status details

detail-device = This device
detail-server = Server
detail-contact = Last contact
detail-list = List
detail-waiting = Scans to send
detail-logged = Scans in the log
detail-clock = Clock
detail-clock-good = right, give or take { $span }
detail-clock-off = off by { $span }
detail-clock-unknown = never compared
detail-key = Key of the store
key-keyring = in the system’s keyring
key-file = in a file that only this account can read
detail-exposure = Could be let in twice
exposure-text = { $n ->
    [0] none: the server confirms each admission
    [one] { $n } ticket, while this gate and another are cut off from each other
   *[other] { $n } tickets, while this gate and another are cut off from each other
}
detail-camera = Camera
detail-serial = Serial scanner
never = never
for-supervisors = For supervisors
supervisor-pin = Supervisor’s PIN
show = Show

## Settings

settings = Settings
setting-language = Language
setting-theme = Appearance
theme-system = As the system
theme-light = Light
theme-dark = Dark
setting-text = Text
text-normal = Normal
text-large = Large
text-largest = Largest
setting-sound = Sound
sound-on = On
sound-muted = Muted
setting-volume = Volume
sound-try = Try the sounds
setting-camera = Camera
camera-default = The first one
camera-none = None
setting-serial = Serial scanner
serial-none = None
setting-list-old = Warn when the list is older than
setting-lock = Lock when nobody touches it for
lock-never = Never
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
setting-pin = PIN of this device
pin-old = Present PIN
pin-new = New PIN, 4 to 12 digits
pin-set = Set PIN
pin-change = Change PIN
pin-remove = Remove PIN
pin-kept = The PIN is set
pin-removed = The PIN is removed
export-log = Export the signed log
exported = { $n } records are in { $path }

## Lock and kiosk

lock = Lock
locked-title = Locked
locked-text = Scanning stops until somebody unlocks this device. Syncing goes on.
locked-pin = PIN of this device, or the supervisor’s
unlock = Unlock
kiosk = Kiosk mode
kiosk-leave = Leave kiosk mode
kiosk-text = The whole screen, and no way out without this device’s or the supervisor’s PIN
keys = Keys
keys-text = F2 search · F3 undo · F4 look up · F6 menu · F9 lock · Esc next guest

## Camera and serial scanner

camera-off = No camera
camera-starting = The camera starts…
camera-seeing = { $name }, { $width } × { $height }
camera-trouble = { $name } gives no picture. Check the cable and that no other program uses it; it is tried again by itself.
serial-off = None
serial-starting = Opening…
serial-listening = { $name }
serial-trouble = { $name } does not answer; it is tried again by itself.

## What could not be done, by the code of the error

error-not_enrolled = This device is not enrolled
error-already_enrolled = This device is enrolled already; another enrolment needs another store
error-unsent = This device was revoked and still holds scans that were not sent: sync first, then enrol again
error-not_an_enrolment_code = This is no enrolment code; ask the organizer for a new one
error-revoked = The organizer revoked this device: it scans no more
error-no_event = Choose an event and a gate first
error-no_gate = Choose a gate first
error-unknown_place = This event has no such gate
error-bad_manifest = The rules of this event cannot be used: sync, or ask the organizer
error-nothing_to_undo = There is nothing to undo: the last scan let nobody in, or was undone already
error-nothing_to_override = There is nothing to override: the last scan was not refused
error-override_forbidden = This refusal cannot be overridden here. Search the list instead, or send the guest to the help desk
error-reason_missing = An override needs a reason
error-wrong_pin = This PIN is not right. After some wrong ones there is a pause of half a minute
error-unknown_ticket = This ticket is not on the list of the event
error-search_too_short = Type a part of the name, the order code or the serial
error-not_logged = The scan could not be written to the disk
error-store = The store on this device cannot be read or written
error-sync = The exchange with the server failed
error-frames = The picture cannot be read
error-locked = This device is locked
error-not_written = The file could not be written
error-not_read = The file could not be read
error-superseded = A newer search took this one’s place
error-no_pin = Set a PIN for this device first, or a supervisor’s PIN for the event: nobody could unlock it
error-bad_pin = A PIN has 4 to 12 digits
error-out_of_bounds = This setting is out of bounds
error-closed = The scanner is closing
error-unknown = Something went wrong

## What is wrong between this device and the server

trouble-connection_refused = The server does not answer
trouble-name_not_found = The server’s name cannot be found: is there a network?
trouble-timeout = The server did not answer in time
trouble-certificate = The server’s certificate is not the right one: somebody may stand in its place. Tell your supervisor
trouble-unreachable = The server cannot be reached
trouble-captive_portal = Something else answers in the server’s place, perhaps a sign-in page of the network
trouble-truncated = The server’s answer broke off
trouble-damaged_message = The server’s answer cannot be read
trouble-server_error = The server has a problem
trouble-rate_limited = The server asks this device to slow down
trouble-not_authenticated = The server does not know this device: enrol it again in a new store
trouble-unproven_revocation = Something says that this device was revoked, without the organizer’s signature. Scanning goes on. Tell your supervisor
trouble-device_revoked = The organizer revoked this device
trouble-rejected = The server refused
trouble-bad_manifest = What the server sent is not signed by the organizer: tell your supervisor
trouble-old_manifest = The server sent older rules than this device has
trouble-insecure_server = The code names a server without encryption on another machine: ask the organizer to start it with TLS
trouble-bad_server = The server’s address in the code cannot be used
trouble-store = The store on this device failed
