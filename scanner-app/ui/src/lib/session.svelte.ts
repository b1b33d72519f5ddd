// What the window shows now. The gate (Rust) holds the truth; this holds the
// last word of it and which screen is open.

import { type Failure, failure, gate, on } from "./gate";
import type { CameraState, EventShown, ScanShown, StatusLine } from "./types";
import { Wedge } from "./wedge";

/** A green answer leaves the screen by itself, so that it is never taken for
 * the next guest's; a red one stays until somebody has read it. */
const GREEN_MS = 6_000;

export type Screen = "starting" | "broken" | "enrol" | "choose" | "scan";

class Session {
  line = $state.raw<StatusLine | null>(null);
  /** When `line` came, by `performance.now()`. */
  lineAt = $state(0);
  /** Ticks every second, for ages. */
  now = $state(performance.now());
  broken = $state.raw<Failure | null>(null);
  choosing = $state(false);
  events = $state.raw<EventShown[]>([]);
  /** The answer that fills the screen. */
  answer = $state.raw<ScanShown | null>(null);
  last = $state.raw<ScanShown | null>(null);
  /** A scan that could not be carried out. */
  failed = $state.raw<Failure | null>(null);
  /** A short word on what was just done. */
  notice = $state<string | null>(null);
  camera = $state.raw<CameraState>({ kind: "starting" });
  enrolmentCode = $state("");
  /** The code came from the camera or a hand scanner: only the name is missing. */
  codeRead = $state(false);

  #clear: ReturnType<typeof setTimeout> | undefined;

  get screen(): Screen {
    if (this.broken) return "broken";
    if (!this.line) return "starting";
    // A revoked device scans no more: it can only become a new one.
    if (!this.line.enrolled || this.line.link === "revoked") return "enrol";
    return this.choosing || !this.line.chosen ? "choose" : "scan";
  }

  get cameraTrouble(): string | null {
    if (this.camera.kind === "off") return "No camera: use the hand scanner, or search the list";
    return this.camera.kind === "trouble" ? this.camera.reason : null;
  }

  get timezone(): string | undefined {
    return this.events.find((event) => event.event === this.line?.chosen?.event)?.timezone;
  }

  async start(): Promise<void> {
    await on("shown", (scan) => this.show(scan));
    await on("status", (line) => this.take(line));
    await on("enrolment_code", (code) => this.takeCode(code));
    await on("camera", (state) => (this.camera = state));
    await on("scan_failed", (error) => this.fail(error));
    new Wedge((text) => void this.typed(text)).listen();
    setInterval(() => (this.now = performance.now()), 1000);
    try {
      this.camera = await gate.cameraState();
      await this.refresh();
    } catch (error) {
      this.broken = failure(error);
    }
  }

  async refresh(): Promise<void> {
    this.take(await gate.status());
    if (!this.line?.enrolled) return;
    const events = await gate.events();
    this.events = events.sort((a, b) => a.starts_at - b.starts_at || a.event - b.event);
  }

  take(line: StatusLine): void {
    this.line = line;
    this.lineAt = performance.now();
    this.now = this.lineAt;
  }

  takeCode(code: string): void {
    if (this.screen !== "enrol") return;
    this.enrolmentCode = code;
    this.codeRead = code.trim().startsWith("gateline-enrol:");
  }

  show(scan: ScanShown): void {
    clearTimeout(this.#clear);
    this.failed = null;
    this.notice = null;
    this.answer = scan;
    this.last = scan;
    if ("admit" in scan.answer) {
      this.#clear = setTimeout(() => (this.answer = null), GREEN_MS);
    }
  }

  fail(error: Failure): void {
    if (this.screen !== "scan") return;
    clearTimeout(this.#clear);
    this.answer = null;
    this.failed = error;
  }

  dismiss(): void {
    clearTimeout(this.#clear);
    this.answer = null;
    this.failed = null;
    this.notice = null;
  }

  /** Runs a command; what goes wrong with it fills the screen. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.fail(failure(error));
      return undefined;
    }
  }

  async typed(text: string): Promise<void> {
    if (this.screen === "enrol") this.takeCode(text);
    else if (this.screen === "scan") await this.attempt(() => gate.scanText(text));
    else this.notice = "Choose a gate first, then scan.";
  }

  async undo(): Promise<void> {
    const undone = await this.attempt(() => gate.undoLast());
    if (!undone) return;
    this.dismiss();
    this.last = null;
    this.notice = undone.words;
  }
}

export const session = new Session();
