// Sounds that can be told apart with the eyes shut: up is in, down is out, a low
// double buzz is no. Made here, so nothing has to be loaded.

export type Sound = "admit" | "exit" | "caution" | "refuse" | "failed" | "info";

interface Note {
  hz: number;
  /** Seconds after the first. */
  at: number;
  /** Seconds. */
  long: number;
  shape: OscillatorType;
}

const note = (hz: number, at: number, long: number, shape: OscillatorType = "sine"): Note => ({
  hz,
  at,
  long,
  shape,
});

const SOUNDS: Record<Sound, Note[]> = {
  admit: [note(880, 0, 0.1), note(1320, 0.1, 0.16)],
  exit: [note(880, 0, 0.1), note(587, 0.1, 0.16)],
  // Let in, but somebody should look: not on the list, not confirmed, a note.
  caution: [note(880, 0, 0.1), note(1320, 0.1, 0.1), note(1320, 0.26, 0.1), note(1320, 0.42, 0.1)],
  refuse: [note(165, 0, 0.22, "square"), note(165, 0.28, 0.34, "square")],
  failed: [note(440, 0, 0.14, "square"), note(330, 0.16, 0.14, "square"), note(220, 0.32, 0.3, "square")],
  info: [note(660, 0, 0.08)],
};

let context: AudioContext | undefined;

/** Plays it at 0 to 100; a device without sound stays quiet. */
export function play(sound: Sound, volume: number): void {
  document.documentElement.dataset["sound"] = sound;
  if (volume <= 0) return;
  try {
    context ??= new AudioContext();
    void context.resume().catch(() => undefined);
    for (const one of SOUNDS[sound]) strike(context, one, volume / 100);
  } catch {
    context = undefined;
  }
}

function strike(to: AudioContext, { hz, at, long, shape }: Note, loud: number): void {
  const from = to.currentTime + at;
  const tone = new OscillatorNode(to, { type: shape, frequency: hz });
  // A square wave is louder than a sine of the same height.
  const peak = loud * (shape === "square" ? 0.35 : 0.8);
  const gain = new GainNode(to, { gain: 0 });
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(peak, from + 0.008);
  gain.gain.setValueAtTime(peak, from + long - 0.03);
  gain.gain.linearRampToValueAtTime(0, from + long);
  tone.connect(gain).connect(to.destination);
  tone.start(from);
  tone.stop(from + long);
}
