// The shapes that the gate sends, as `gateline_scanner::controller` serialises
// them. Times are UTC milliseconds.

export type Direction = "entry" | "exit";
export type Admission = "entry" | "re_entry" | "exit" | "unlisted";

export type Refusal =
  | { reason: "malformed" }
  | { reason: "bad_signature" }
  | { reason: "unknown_key" }
  | { reason: "wrong_event"; event: number; title: string | null }
  | { reason: "not_listed" }
  | { reason: "superseded" }
  | { reason: "cancelled" }
  | { reason: "refunded" }
  | { reason: "blocked" }
  | { reason: "not_yet_valid"; from: number }
  | { reason: "no_longer_valid"; until: number }
  | { reason: "wrong_gate"; gates: number[] }
  | { reason: "wrong_ticket_type" }
  | { reason: "rule"; rule: number | null; name: string }
  | { reason: "already_admitted"; at: number; gate: number | null; device: string }
  | { reason: "not_inside" }
  | { reason: "stale_rotating_code" };

export type Answer = { admit: Admission } | { refuse: Refusal };
export type Confirmation = "confirmed" | "unconfirmed" | "not_asked";
export type OverrideNeeds = "reason" | "reason_and_pin";
export type TicketStatus = "valid" | "cancelled" | "refunded" | "blocked";
export type Link = "not_yet" | "online" | "offline" | "revoked";

export interface TicketShown {
  serial: string;
  type_name: string;
  name: string | null;
  seat: string | null;
  order_code: string | null;
  note: string | null;
}

export interface ScanShown {
  at: number;
  seq: number;
  answer: Answer;
  headline: string;
  words: string;
  confirmation: Confirmation;
  ticket: TicketShown | null;
  next: string[];
  override_needs: OverrideNeeds | null;
  gate_name: string | null;
  direction: Direction;
  decided_ms: number;
}

export interface PassageShown {
  at: number;
  direction: Direction;
  gate_name: string | null;
  device_name: string;
}

export interface TicketFound {
  ticket: TicketShown;
  status: TicketStatus;
  last_passage: PassageShown | null;
}

export interface UndoShown {
  seq: number;
  undone: number;
  serial: string | null;
  words: string;
}

export interface GateShown {
  gate: number;
  name: string;
}

export interface EventShown {
  event: number;
  title: string;
  timezone: string;
  starts_at: number;
  ends_at: number;
  gates: GateShown[];
  tickets: number;
  complete: boolean;
}

export interface Enrolled {
  device: string;
  name: string;
  org_name: string;
  server: string;
}

export interface Chosen {
  event: number;
  title: string;
  gate: number | null;
  gate_name: string | null;
  direction: Direction;
}

export interface Trouble {
  code: string;
  message: string;
}

export interface ListShown {
  tickets: number;
  complete: boolean;
  as_of: number | null;
  age_ms: number | null;
  inside: number;
}

export interface StatusLine {
  enrolled: Enrolled | null;
  chosen: Chosen | null;
  link: Link;
  trouble: Trouble | null;
  last_contact_at: number | null;
  last_contact_age_ms: number | null;
  confirming: boolean;
  list: ListShown | null;
  scans_waiting: number;
  scans_logged: number;
  scans_quarantined: number;
  clock_offset_ms: number;
  clock_uncertainty_ms: number | null;
  exposure: number | null;
  store_key: string;
  warnings: string[];
}

export interface SyncSummary {
  complete: boolean;
  trouble: Trouble | null;
  records_sent: number;
  scans_waiting: number;
  quarantined: number;
  entries_read: number;
  manifest_version: number;
  clock_offset_ms: number;
}

/** What every command answers when it cannot do what it was asked. */
export interface Failure {
  code: string;
  message: string;
}
