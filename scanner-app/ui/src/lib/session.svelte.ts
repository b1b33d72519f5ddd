// What the window shows now. The gate (Rust) holds the truth; this holds the
// last word of it and which screen is open.

import { type Failure, failure, gate, on } from "./gate";
import { preferences } from "./preferences.svelte";
import { play, type Sound } from "./sound";
import type { CameraState, EventShown, InfoShown, ScanShown, SerialState, StatusLine } from "./types";
import { Wedge } from "./wedge";
import { say } from "./words.svelte";

/** A green answer leaves the screen by itself, so that it is never taken for
 * the next guest's; a red one stays until somebody has read it. */
const GREEN_MS = 6_000;
/** Bytes of a picture that the gate takes; no more of them are brought into memory. */
const MOST_PICTURE = 64 * 1024 * 1024;

export type Screen = "starting" | "broken" | "enrol" | "choose" | "scan" | "locked";
/** What lies over the scan screen. An answer lies over that. */
export type Sheet = "search" | "menu" | "figures" | "history" | "settings" | "status" | null;

class Session {
  line = $state.raw<StatusLine | null>(null);
  /** When `line` came, by `performance.now()`. */
  lineAt = $state(0);
  /** Ticks every second, for ages. */
  now = $state(performance.now());
  broken = $state.raw<Failure | null>(null);
  choosing = $state(false);
  /** Enrolled just now: the choice begins with what came. */
  welcome = $state(false);
  events = $state.raw<EventShown[]>([]);
  /** The answer that fills the screen. */
  answer = $state.raw<ScanShown | null>(null);
  /** The look-up that fills the screen. */
  informed = $state.raw<InfoShown | null>(null);
  /** Let in while the server was asked, and told only after the refusal that came later:
   * it does not hide that. */
  beside = $state.raw<ScanShown | null>(null);
  last = $state.raw<ScanShown | null>(null);
  /** A scan that could not be carried out. */
  failed = $state.raw<Failure | null>(null);
  /** The message that says what was just done. */
  notice = $state<string | null>(null);
  sheet = $state<Sheet>(null);
  lookingUp = $state(false);
  kiosk = $state(false);
  camera = $state.raw<CameraState>({ kind: "off" });
  serial = $state.raw<SerialState>({ kind: "off" });
  enrolmentCode = $state("");
  /** The code came from the camera or a hand scanner: only the name is missing. */
  codeRead = $state(false);

  #clear: ReturnType<typeof setTimeout> | undefined;

  get screen(): Screen {
    if (this.broken) return "broken";
    if (!this.line) return "starting";
    if (this.line.locked) return "locked";
    // A revoked device scans no more: it can only become a new one.
    if (!this.line.enrolled || this.line.link === "revoked") return "enrol";
    return this.choosing || !this.line.chosen ? "choose" : "scan";
  }

  get timezone(): string | undefined {
    return this.events.find((event) => event.event === this.line?.chosen?.event)?.timezone;
  }

  /** Does a scan belong to a gate that was chosen? Also while another is being chosen. */
  get #atGate(): boolean {
    return this.screen === "scan" || (this.screen === "choose" && Boolean(this.line?.chosen));
  }

  /** Is an answer over everything else? */
  get busy(): boolean {
    return this.answer !== null || this.informed !== null || this.failed !== null;
  }

  async start(): Promise<void> {
    preferences.apply();
    await on("shown", (scan) => this.show(scan));
    await on("informed", (info) => this.inform(info));
    await on("status", (line) => this.take(line));
    await on("enrolment_code", (code) => this.takeCode(code));
    await on("camera", (state) => (this.camera = state));
    await on("serial", (state) => (this.serial = state));
    await on("scan_failed", (error) => this.fail(error));
    new Wedge((text) => void this.typed(text)).listen();
    setInterval(() => (this.now = performance.now()), 1000);
    this.camera = await gate.cameraState();
    this.serial = await gate.serialState();
    this.kiosk = await gate.kiosk();
    await this.open(() => gate.status());
  }

  /** Shows what `status` says, or why the store cannot be used. */
  async open(status: () => Promise<StatusLine>): Promise<void> {
    try {
      this.take(await status());
      this.broken = null;
      // A page that was loaded anew, or a store that was opened anew, knows only its own half.
      await gate.lookUpOnly(this.lookingUp);
      this.kiosk = await gate.kiosk();
      await preferences.load();
      await this.refresh();
    } catch (error) {
      const why = failure(error);
      if (why.code !== "locked") this.broken = why;
    }
  }

  async refresh(): Promise<void> {
    this.take(await gate.status());
    if (!this.line?.enrolled || this.line.locked) return;
    const events = await gate.events();
    this.events = events.sort((a, b) => a.starts_at - b.starts_at || a.event - b.event);
  }

  take(line: StatusLine): void {
    const unlocked = this.line?.locked === true && !line.locked;
    this.line = line;
    this.lineAt = performance.now();
    this.now = this.lineAt;
    if (line.locked) this.sheet = null;
    if (unlocked) void this.open(() => gate.status());
  }

  takeCode(code: string): void {
    if (this.screen !== "enrol") return;
    this.enrolmentCode = code;
    this.codeRead = code.trim().startsWith("gateline-enrol:");
  }

  show(scan: ScanShown): void {
    if (this.#isLate(scan)) {
      this.beside = scan;
      return;
    }
    this.#makeWay();
    this.answer = scan;
    this.last = scan;
    if ("admit" in scan.answer) this.#clear = setTimeout(() => this.dismiss(), GREEN_MS);
    this.sound(soundOf(scan));
  }

  inform(info: InfoShown): void {
    this.#makeWay();
    this.informed = info;
    this.sound("info");
  }

  fail(error: Failure): void {
    if (!this.#atGate) return;
    this.#makeWay();
    this.failed = error;
    this.sound("failed");
  }

  sound(sound: Sound): void {
    play(sound, preferences.current.muted ? 0 : preferences.current.volume);
  }

  dismiss(): void {
    this.#over();
  }

  #isLate(scan: ScanShown): boolean {
    const red = this.answer && "refuse" in this.answer.answer ? this.answer : null;
    return red !== null && "admit" in scan.answer && scan.seq < red.seq;
  }

  /** For an answer: readers go on while another gate is chosen, and what they let in
   * or refused is not kept from staff. */
  #makeWay(): void {
    this.#over();
    this.choosing = false;
  }

  /** What was over the screen goes. */
  #over(): void {
    clearTimeout(this.#clear);
    this.answer = null;
    this.beside = null;
    this.informed = null;
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
    else if (this.#atGate) await this.scan(text);
  }

  async scan(text: string): Promise<void> {
    await this.attempt(async () => {
      if (this.lookingUp) this.inform(await gate.info(text));
      else await gate.scanText(text);
    });
  }

  /** A picture that was dropped on the window. */
  async picture(file: Blob): Promise<void> {
    if (file.size > MOST_PICTURE) {
      this.notice = say("picture-too_large");
      return;
    }
    // A folder has no bytes.
    const bytes = await file.arrayBuffer().catch(() => null);
    if (bytes === null) {
      this.notice = say("picture-not_an_image");
      return;
    }
    const scanned = await this.attempt(() => gate.scanImage(bytes));
    if (scanned?.codes === 0) {
      this.notice = say(scanned.trouble ? `picture-${scanned.trouble}` : "picture-without-code");
    }
  }

  async lookUp(on: boolean): Promise<void> {
    await this.attempt(() => gate.lookUpOnly(on));
    this.lookingUp = on;
  }

  /** Takes back what is on the screen: the next guest's scan may be under way. */
  async undo(): Promise<void> {
    const seq = this.last?.seq ?? null;
    const undone = await this.attempt(() => gate.undoLast(seq));
    if (!undone) return;
    this.dismiss();
    this.last = null;
    this.notice = say("undone");
  }

  async lock(): Promise<void> {
    await this.attempt(() => gate.lock());
    await this.attempt(() => this.refresh());
  }
}

function soundOf(scan: ScanShown): Sound {
  if ("refuse" in scan.answer) return "refuse";
  if (scan.answer.admit === "exit") return "exit";
  const look = scan.answer.admit === "unlisted" || scan.ticket?.note;
  return look ? "caution" : "admit";
}

export const session = new Session();
