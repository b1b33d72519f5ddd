// What staff do with the screens and what they see on them, as one call for
// each step of a scenario. Arguments: the hooks, the name of the act, what it
// takes, and the function that is told `{ok}`, `{refused: {code, message}}`
// (the gate would not) or `{wrong}`.
const [hooks, name, given, done] = arguments;
const DEADLINE_MS = 25_000;
const gate = (command, options) => window.__TAURI_INTERNALS__.invoke(command, options);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Refused extends Error {
  constructor(code, message) {
    super(message ?? code);
    this.code = code;
  }
}

const visible = (element) => element.getClientRects().length > 0;
const all = (hook, value) =>
  hooks[hook].flatMap((css) => [
    ...document.querySelectorAll(css.replace("$", () => CSS.escape(value ?? ""))),
  ]).filter(visible);
const see = (hook, value) => all(hook, value)[0];

/** The first true value of `look`, which is asked until the deadline. */
async function until(what, look) {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > end) {
      throw new Error(`waited in vain for ${what}; the screen says: ${document.body.innerText}`);
    }
    await pause(3);
  }
}

async function press(hook, value) {
  const button = await until(`${hook} ${value ?? ""}`, () => {
    const button = see(hook, value);
    return button && !button.disabled && button;
  });
  button.click();
  await pause(0);
}

function fill(field, text) {
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Key after key without a pause, then Enter, into whatever has the focus. */
function type(text) {
  for (const key of [...text, "Enter"]) pressKey(key);
}

const screen = () => see("screen")?.dataset.screen;
const failure = () => see("failed")?.dataset.reason;

/** Hears what the gate tells the screens, and keeps what they made of it: a
 * green answer leaves by itself. */
async function hear() {
  if (window.__heard) return;
  window.__panels = new Map();
  new MutationObserver(() => {
    for (const one of all("answer")) window.__panels.set(one.dataset.seq, panel(one));
  }).observe(document.body, { childList: true, subtree: true, attributes: true });
  await hearGate();
}

/** The panel over the screen, as far as it says something. */
function panel(element) {
  const { answer, reason, confirmation } = element.dataset;
  return { answer, reason, confirmation, text: element.innerText };
}

const panelOf = (shown) => window.__panels.get(String(shown.seq));

/** The answer after the first `before`, once the screen shows it. */
async function answered(before) {
  const wrong = await until("an answer", () => failure() ?? (window.__heard.length > before && "heard"));
  if (wrong !== "heard") throw new Refused(wrong);
  const shown = window.__heard.at(-1);
  const seen = await until(`the answer ${JSON.stringify(shown)}`, () => panelOf(shown));
  if (window.__heard.length !== before + 1) throw new Error("more than one answer");
  return { shown, panel: seen };
}

/** Takes away an answer that hides the buttons. */
async function clear() {
  if (see("next")) await press("next");
  else if (see("answer")) pressKey("Escape");
  await until("the camera", () => !see("answer"));
}

async function atWork() {
  if (screen() !== "enrol") return;
  const line = await gate("status");
  if (line.link === "revoked") throw new Refused("revoked");
}

const chosen = async () => (await gate("status")).chosen;

async function inSearch(text) {
  await clear();
  if (!see("search_field")) await press("search");
  const field = await until("the search", () => see("search_field"));
  fill(field, text);
  field.form?.requestSubmit();
  await until("what is found", () => see("searched", text));
  const found = (await gate("search", { text })).map((one) => one.ticket.serial);
  await until(`${found.length} found`, () => {
    const listed = all("found").map((one) => one.dataset.serial);
    return JSON.stringify(listed) === JSON.stringify(found);
  });
  return found;
}

async function toChoice() {
  if (!see("change_gate")) await press("menu");
  await press("change_gate");
  await until("the choice", () => screen() === "choose");
}

async function lookUp(on) {
  const button = await until("the look-up", () => see("look_up"));
  if (button.ariaPressed !== String(on)) button.click();
  await until("the look-up", () => see("look_up")?.ariaPressed === String(on));
}

async function endSearch() {
  if (!see("search_field")) return;
  await press("close");
  await until("the end of the search", () => !see("search_field"));
}

const acts = {
  async begin() {
    await until("a screen", () => screen() && screen() !== "starting");
    return screen();
  },

  async enrol({ code, device }) {
    fill(await until("the form", () => see("enrol_code")), code);
    fill(await until("the form", () => see("enrol_name")), device);
    await press("enrol");
    await until("the choice", () => screen() === "choose");
    return (await gate("status")).enrolled.device;
  },

  async choose({ event, gate: at, direction }) {
    await atWork();
    const now = await chosen();
    const there = now?.event === event && now.gate === at;
    if (there && now.direction === direction && screen() === "scan") return;
    if (screen() === "scan") {
      await clear();
      await endSearch();
      if (!there) await toChoice();
    }
    await press("direction", direction);
    if (!there || screen() === "choose") {
      await until("the choice", () => screen() === "choose");
      await until("a gate", () => see("gate_any") || see("event", String(event)));
      if (see("event", String(event))) await press("event", String(event));
      await until("a gate", () => see("gate_any"));
      if (at === null && !see("gate", "none")) return "no such gate";
      await press("gate", String(at ?? "none"));
      await until("the camera", () => screen() === "scan");
    }
    await until("the gate to be set", async () => {
      const set = await chosen();
      return set.event === event && set.gate === at && set.direction === direction;
    });
  },

  status: () => gate("status"),
  sync: () => gate("sync_now"),

  async scan({ text }) {
    await atWork();
    if (see("failed")) await clear();
    const before = window.__heard.length;
    type(text);
    return answered(before);
  },

  async info({ text }) {
    await atWork();
    await lookUp(true);
    type(text);
    const seen = await until("the look-up", () => all("answer").find((one) => one.dataset.answer === "info"));
    const seenAs = panel(seen);
    await clear();
    await lookUp(false);
    return { shown: await gate("info", { text }), panel: seenAs };
  },

  /** What was heard since there were `before` answers; `logged` scans say how many. */
  async seen({ before, count }) {
    await until(`${count} answers`, () => window.__heard.length >= before + count);
    if (window.__heard.length !== before + count) throw new Error("an answer without a record");
    const shown = window.__heard.slice(before);
    const last = shown.at(-1);
    if (!last) return { shown, panel: null };
    return { shown, panel: await until("the answer", () => panelOf(last)) };
  },

  async before() {
    const line = await gate("status");
    return { heard: window.__heard.length, logged: line.scans_logged };
  },

  async admit({ serial }) {
    await inSearch(serial);
    const before = window.__heard.length;
    await press("admit", serial);
    // The second press says that it was meant.
    await pause(30);
    if (see("admit", serial)) await press("admit", serial);
    return answered(before);
  },

  async override({ reason, pin }) {
    const before = window.__heard.length;
    if (!see("reason") && !see("override")) {
      // Not offered: then the gate lets nobody in on it either.
      await gate("override_last", { reason, pin });
      const again = await answered(before);
      if (again.panel.answer === "refuse") return again;
      throw new Error("the gate takes an override that the screen does not offer");
    }
    if (!see("reason")) await press("override");
    const field = await until("the form", () => see("reason"));
    fill(field, reason);
    if (see("pin")) fill(see("pin"), pin ?? "");
    if (!field.form.checkValidity()) {
      // The form is not sent; nor would the gate take what it says.
      await gate("override_last", { reason, pin });
      throw new Error("the gate takes an override that the form does not send");
    }
    field.form.requestSubmit();
    await pause(10);
    await until("what comes of it", () =>
      see("override_wrong") || see("failed") || window.__heard.length > before);
    if (see("override_wrong")) throw new Refused(see("override_wrong").dataset.reason);
    return answered(before);
  },

  async undo() {
    await press("undo");
    await until("the end of it", () => failure() || !see("undo"));
    if (failure()) throw new Refused(failure());
  },

  async search({ text }) {
    const found = await inSearch(text);
    await endSearch();
    return found;
  },

  async dialog({ open }) {
    await (open ? inSearch("ann") : endSearch());
  },
};

hear()
  .then(() => acts[name](given))
  .then(
    (ok) => done({ ok: ok ?? null }),
    (error) =>
      done(error.code
        ? { refused: { code: error.code, message: error.message } }
        : { wrong: error.message ?? JSON.stringify(error) }),
  );
