// Times as staff read them, in the event's time zone and the screens' language.

import { say, words } from "./words.svelte";

function format(at: number, timeZone: string | undefined, options: Intl.DateTimeFormatOptions) {
  const whole: Intl.DateTimeFormatOptions = { ...options, hourCycle: "h23" };
  if (timeZone) whole.timeZone = timeZone;
  try {
    return new Intl.DateTimeFormat(words.locale, whole).format(at);
  } catch {
    // A time zone that this system does not know.
    delete whole.timeZone;
    return new Intl.DateTimeFormat(words.locale, whole).format(at);
  }
}

/** `20:14:07`. */
export function clock(at: number, timezone: string | undefined): string {
  return format(at, timezone, { timeStyle: "medium" });
}

/** `Sat 21 Nov, 18:00`. */
export function day(at: number, timezone: string | undefined): string {
  const date: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short" };
  return format(at, timezone, { ...date, hour: "2-digit", minute: "2-digit" });
}

/** `20:14:07`, with the day when it is not today's. */
export function when(at: number, timezone: string | undefined, now: number): string {
  const date: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  const today = format(now, timezone, date) === format(at, timezone, date);
  return today ? clock(at, timezone) : `${clock(at, timezone)}, ${format(at, timezone, date)}`;
}

/** `4 s`, `12 min`, `3 h`, `2 days`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return say("span-seconds", { n: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return say("span-minutes", { n: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? say("span-hours", { n: hours })
    : say("span-days", { n: Math.round(hours / 24) });
}
