// An answer of the gate in the screens' language.

import { when } from "./time";
import type { Answer, Limit, Names, Refusal, Step } from "./types";
import { say, words } from "./words.svelte";

/** Where and when an answer is read. */
export interface Scene {
  /** Of the scan. */
  at: number;
  timezone: string | undefined;
}

/** `admit-entry`, `refuse-already_admitted`: what the catalogue calls an answer. */
function name(answer: Answer): string {
  return "admit" in answer ? `admit-${answer.admit}` : `refuse-${answer.refuse.reason}`;
}

/** One to three words in large letters. */
export function headline(answer: Answer): string {
  return say(`headline-${name(answer)}`);
}

/** The sentence that staff read. */
export function sentence(answer: Answer, names: Names, scene: Scene): string {
  if ("admit" in answer) return say(`words-${name(answer)}`);
  return refused(answer.refuse, names, scene);
}

function refused(refusal: Refusal, names: Names, { at, timezone }: Scene): string {
  const id = `words-refuse-${refusal.reason}`;
  switch (refusal.reason) {
    case "wrong_event":
      return refusal.title ? say(id, { title: refusal.title }) : say(`${id}-unknown`);
    case "cancelled":
      return say(names.event_is_off ? `${id}-event` : id);
    case "not_yet_valid":
      return say(id, { at: when(refusal.from, timezone, at) });
    case "no_longer_valid":
      return say(id, { at: when(refusal.until, timezone, at) });
    case "wrong_gate":
      return names.gates.length > 0
        ? say(id, { gates: words.either(names.gates) })
        : say(`${id}-unknown`);
    case "rule":
      return names.limit ? limit(names.limit) : say(id, { name: refusal.name });
    case "already_admitted": {
      const device = names.device ?? say("another-scanner");
      const [gate] = names.gates;
      const first = when(refusal.at, timezone, at);
      return gate
        ? say(id, { at: first, gate, device })
        : say(`${id}-no-gate`, { at: first, device });
    }
    default:
      return say(id);
  }
}

function limit(reached: Limit): string {
  const { kind, ...about } = reached;
  return say(`words-limit-${kind}`, about);
}

/** What staff may do next. Overriding has a button of its own. */
export function steps(all: Step[], names: Names, { at, timezone }: Scene): string[] {
  return all
    .filter((one) => one.step !== "override" && one.step !== "read_note")
    .map((one) => {
      if (one.step === "come_back_at") {
        return say("step-come_back_at", { at: when(one.at, timezone, at) });
      }
      return say(`step-${one.step}`, { gates: words.either(names.gates) });
    });
}

/** The sentence for an error of this code. */
export function failureWords(code: string): string {
  return say(words.has(`error-${code}`) ? `error-${code}` : "error-unknown");
}
