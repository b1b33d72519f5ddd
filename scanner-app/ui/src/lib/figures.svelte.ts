// The live figures of the event: asked for again when something changed, and
// every few seconds because other gates let people in too.

import { gate } from "./gate";
import type { Figures } from "./types";

const EVERY_MS = 5_000;

class Live {
  now = $state.raw<Figures | null>(null);

  async ask(): Promise<void> {
    try {
      this.now = await gate.figures();
    } catch {
      // Without an event or while locked there are none.
      this.now = null;
    }
  }

  /** Keeps them fresh until the returned function is called. */
  watch(): () => void {
    void this.ask();
    const timer = setInterval(() => void this.ask(), EVERY_MS);
    return () => clearInterval(timer);
  }
}

export const live = new Live();
