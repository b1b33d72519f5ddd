// Types a code as a hand scanner does, and says what came on the screen and how
// long it took since the last digit was pressed. Arguments: the code, and the
// function that is told.
const [code, done] = arguments;

const newest = () => [...document.querySelectorAll("[data-answer]")].at(-1);

function scan() {
  const before = newest()?.dataset.seq;
  let pressed = 0;
  const observer = new MutationObserver(() => {
    const panel = newest();
    if (!panel || panel.dataset.seq === before) return;
    const shown_ms = performance.now() - pressed;
    observer.disconnect();
    const { answer, reason, confirmation, seq } = panel.dataset;
    const shown = window.__heard.find((one) => String(one.seq) === seq);
    done({ shown_ms, answer, reason, confirmation, text: panel.innerText, shown });
  });
  observer.observe(document.body, { childList: true, subtree: true, attributes: true });
  const keys = [...code];
  for (const key of keys.slice(0, -1)) pressKey(key);
  pressed = performance.now();
  pressKey(keys.at(-1));
  pressKey("Enter");
}

void hearGate().then(scan);
