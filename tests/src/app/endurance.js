// Many guests, one after the other, as fast as the gate answers: each is let in,
// shown on the screen, and taken back, so that the next one is let in, too.
// Arguments: the codes, how many scans, and the function that is told how long
// each took, ms.
const [codes, count, done] = arguments;
const gate = (command, given) => window.__TAURI_INTERNALS__.invoke(command, given);

async function scans() {
  const times = [];
  for (let at = 0; at < count; at++) {
    const begun = performance.now();
    const scan = await gate("scan_text", { text: codes[at % codes.length] });
    times.push(performance.now() - begun);
    if (!("admit" in scan.answer)) throw new Error(JSON.stringify(scan.answer));
    await gate("undo_last");
  }
  return times;
}

scans().then(
  (times) => done({ times }),
  (error) => done({ wrong: error.message ?? JSON.stringify(error) }),
);
