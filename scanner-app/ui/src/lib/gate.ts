// The gate's commands and events, typed. Nothing here decides or remembers.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type {
  Chosen,
  ControllerError,
  Direction,
  Enrolled,
  EventShown,
  InfoShown,
  ScanShown,
  StatusLine,
  SyncSummary,
  TicketFound,
  UndoShown,
} from "./types";

export const gate = {
  status: () => invoke<StatusLine>("status"),
  enrol: (code: string, name: string) => invoke<Enrolled>("enrol", { code, name }),
  events: () => invoke<EventShown[]>("events"),
  choose: (event: number, gate: number | null, direction: Direction) =>
    invoke<Chosen>("choose", { event, gate, direction }),
  scanText: (text: string) => invoke<ScanShown>("scan_text", { text }),
  info: (text: string) => invoke<InfoShown>("info", { text }),
  undoLast: () => invoke<UndoShown>("undo_last"),
  overrideLast: (reason: string, pin: string | null) =>
    invoke<ScanShown>("override_last", { reason, pin }),
  search: (text: string) => invoke<TicketFound[]>("search", { text }),
  admitListed: (serial: string) => invoke<ScanShown>("admit_listed", { serial }),
  syncNow: () => invoke<SyncSummary>("sync_now"),
  reopen: () => invoke<StatusLine>("reopen"),
  cameraTrouble: () => invoke<string | null>("camera_trouble"),
  preview: (seen: number) => invoke<ArrayBuffer>("preview", { seen }),
};

export interface GateEvents {
  shown: ScanShown;
  status: StatusLine;
  enrolment_code: string;
  camera_trouble: string | null;
  scan_failed: ControllerError;
}

export function on<K extends keyof GateEvents>(name: K, hear: (payload: GateEvents[K]) => void) {
  return listen<GateEvents[K]>(name, (event) => hear(event.payload));
}

/** What goes wrong, for programs and for people. */
export interface Failure {
  code: string;
  message: string;
}

/** Any rejection as code and words. */
export function failure(error: unknown): Failure {
  if (typeof error === "object" && error !== null && "message" in error) {
    const { code, message } = error as Partial<Failure>;
    return { code: code ?? "unknown", message: String(message) };
  }
  return { code: "unknown", message: String(error) };
}
