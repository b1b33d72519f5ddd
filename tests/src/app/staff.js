// What a script in the page begins with: keys as a hand scanner presses them,
// and an ear for what the gate tells the screens.

/** Presses a key on whatever has the focus. */
function pressKey(key) {
  const target = document.activeElement ?? document.body;
  const init = { key, bubbles: true, cancelable: true };
  const goes = target.dispatchEvent(new KeyboardEvent("keydown", init));
  if (goes && key.length === 1 && "value" in target) {
    target.value += key;
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Collects the gate's answers in `window.__heard`. */
async function hearGate() {
  if (window.__heard) return;
  window.__heard = [];
  const internals = window.__TAURI_INTERNALS__;
  const handler = internals.transformCallback((event) => window.__heard.push(event.payload));
  const target = { kind: "Any" };
  await internals.invoke("plugin:event|listen", { event: "shown", target, handler });
}
