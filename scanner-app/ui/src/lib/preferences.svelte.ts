// How this device likes it: kept by the gate, applied here.

import { gate } from "./gate";
import type { Preferences } from "./types";
import { words } from "./words.svelte";

class Held {
  current = $state.raw<Preferences>({
    language: null,
    theme: "system",
    text: "normal",
    volume: 80,
    muted: false,
    camera: { kind: "first" },
    serial: null,
    list_old_minutes: 15,
    lock_after_minutes: null,
  });

  #devices = false;
  /** Ends when the last change was kept. */
  #kept: Promise<void> = Promise.resolve();

  async load(): Promise<void> {
    this.current = await gate.preferences();
    this.apply();
    if (this.#devices) return;
    this.#devices = true;
    // The command line says what to look at unless somebody chose otherwise.
    if (this.current.camera.kind !== "first") await this.useCamera();
    if (this.current.serial) await this.useSerial();
  }

  /** Looks at the camera that is kept. */
  async useCamera(): Promise<void> {
    await gate.useCamera(this.current.camera);
  }

  /** Listens to the serial scanner that is kept. */
  async useSerial(): Promise<void> {
    await gate.useSerial(this.current.serial);
  }

  /** Keeps the change and shows it, after those that are still being kept. */
  set(change: Partial<Preferences>): Promise<void> {
    const keeping = this.#kept.then(() => this.#keep(change));
    this.#kept = keeping.catch(() => undefined);
    return keeping;
  }

  async #keep(change: Partial<Preferences>): Promise<void> {
    const changed = { ...this.current, ...change };
    await gate.setPreferences(changed);
    this.current = changed;
    this.apply();
  }

  /** Shows what is held; before anything was loaded, as the system likes it. */
  apply(): void {
    words.language = this.current.language ?? words.ofSystem();
    const root = document.documentElement;
    root.lang = words.language;
    root.dataset["theme"] = this.current.theme;
    root.dataset["text"] = this.current.text;
  }
}

export const preferences = new Held();
