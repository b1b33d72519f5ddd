// What must be said before it matters, in the screens' language.

import { span } from "./time";
import type { CameraState, SerialState, StatusLine, Warning } from "./types";
import { say, words } from "./words.svelte";

function warning(of: Warning): string {
  const id = `warning-${of.kind}`;
  switch (of.kind) {
    case "clock_set":
    case "clock_off":
      return say(id, { span: span(Math.abs(of.by_ms)) });
    case "store_rebuilt":
      return say(of.at_least ? `${id}-unknown` : id, { kept: of.kept, lost: of.lost });
    case "records_refused":
    case "records_uncounted":
      return say(id, { n: of.count });
    case "list_old":
      return say(id, { span: span(of.age_ms) });
    case "disk_nearly_full":
      return say(id, { left: say("bytes-mb", { n: words.count(Math.floor(of.free_bytes / 1e6)) }) });
    default:
      return say(id);
  }
}

/** Somebody in the server's place is for a supervisor; an outage mends itself. */
const SUSPICIOUS = ["unproven_revocation", "certificate", "bad_manifest"];

/** All that is to be said now. */
export function warnings(line: StatusLine, camera: CameraState, serial: SerialState): string[] {
  const all = line.warnings.map(warning);
  if (line.trouble && SUSPICIOUS.includes(line.trouble.code)) {
    all.unshift(say(`trouble-${line.trouble.code}`));
  }
  if (camera.kind === "trouble") all.push(say("warning-camera"));
  if (serial.kind === "trouble") all.push(say("warning-serial"));
  if (line.hook_trouble) all.push(say("warning-hook"));
  return all;
}
