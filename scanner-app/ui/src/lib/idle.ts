// Locks the device when nobody touched it and nothing was scanned for a while.

/** Calls `idle` once when nothing happened for as long as `limitMs` says (asked
 * each time); `null` is never. */
export function watch(limitMs: () => number | null, idle: () => void): () => void {
  let touched = performance.now();
  let told = false;
  const touch = () => {
    touched = performance.now();
    told = false;
  };
  const events = ["pointerdown", "pointermove", "keydown", "wheel", "gateline-scan"];
  for (const name of events) window.addEventListener(name, touch, { capture: true, passive: true });
  const timer = setInterval(() => {
    const limit = limitMs();
    if (limit === null || told || performance.now() - touched < limit) return;
    told = true;
    idle();
  }, 1000);
  return () => {
    clearInterval(timer);
    for (const name of events) window.removeEventListener(name, touch, { capture: true });
  };
}
