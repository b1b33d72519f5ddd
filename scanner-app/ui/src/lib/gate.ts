// The gate's commands and events, typed. Nothing here decides or remembers.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type {
  CameraPreference,
  CameraShown,
  CameraState,
  Chosen,
  ControllerError,
  Direction,
  Enrolled,
  EventShown,
  Exported,
  Figures,
  HistoryEntry,
  ImageScanned,
  InfoShown,
  Preferences,
  ScanShown,
  SerialLine,
  SerialPortShown,
  SerialState,
  StatusLine,
  SyncSummary,
  TicketFound,
  UndoShown,
} from "./types";

export const gate = {
  reopen: () => invoke<StatusLine>("reopen"),
  status: () => invoke<StatusLine>("status"),
  enrol: (code: string, name: string) => invoke<Enrolled>("enrol", { code, name }),
  events: () => invoke<EventShown[]>("events"),
  choose: (event: number, gate: number | null, direction: Direction) =>
    invoke<Chosen>("choose", { event, gate, direction }),
  scanText: (text: string) => invoke<ScanShown>("scan_text", { text }),
  info: (text: string) => invoke<InfoShown>("info", { text }),
  lookUpOnly: (on: boolean) => invoke<void>("look_up_only", { on }),
  scanImage: (picture: ArrayBuffer) => invoke<ImageScanned>("scan_image", picture),
  undoLast: (seq: number | null) => invoke<UndoShown>("undo_last", { seq }),
  overrideLast: (seq: number, reason: string, pin: string | null) =>
    invoke<ScanShown>("override_last", { seq, reason, pin }),
  search: (text: string) => invoke<TicketFound[]>("search", { text }),
  admitListed: (serial: string) => invoke<ScanShown>("admit_listed", { serial }),
  syncNow: () => invoke<SyncSummary>("sync_now"),
  figures: () => invoke<Figures>("figures"),
  history: (beforeSeq: number | null, limit: number) =>
    invoke<HistoryEntry[]>("history", { beforeSeq, limit }),
  exportLog: () => invoke<Exported>("export_log"),
  preferences: () => invoke<Preferences>("preferences"),
  setPreferences: (preferences: Preferences) => invoke<void>("set_preferences", { preferences }),
  lock: () => invoke<void>("lock"),
  unlock: (pin: string) => invoke<void>("unlock", { pin }),
  setLockPin: (old: string | null, pin: string | null) =>
    invoke<void>("set_lock_pin", { old, new: pin }),
  checkSupervisor: (pin: string) => invoke<void>("check_supervisor", { pin }),
  kiosk: () => invoke<boolean>("kiosk"),
  enterKiosk: () => invoke<void>("enter_kiosk"),
  leaveKiosk: (pin: string) => invoke<void>("leave_kiosk", { pin }),
  cameras: () => invoke<CameraShown[]>("cameras"),
  useCamera: (camera: CameraPreference) => invoke<void>("use_camera", { camera }),
  cameraState: () => invoke<CameraState>("camera_state"),
  serialPorts: () => invoke<SerialPortShown[]>("serial_ports"),
  useSerial: (line: SerialLine | null) => invoke<void>("use_serial", { line }),
  serialState: () => invoke<SerialState>("serial_state"),
  preview: (seen: number) => invoke<ArrayBuffer>("preview", { seen }),
};

export interface GateEvents {
  shown: ScanShown;
  informed: InfoShown;
  status: StatusLine;
  enrolment_code: string;
  camera: CameraState;
  serial: SerialState;
  scan_failed: ControllerError;
}

export function on<K extends keyof GateEvents>(name: K, hear: (payload: GateEvents[K]) => void) {
  return listen<GateEvents[K]>(name, (event) => hear(event.payload));
}

/** What goes wrong, for programs and, in technical English, for supporters. */
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
