// A hand scanner that acts as a keyboard: its keys come far faster than any
// hand's and end with Enter or Tab. They are caught whatever has the focus, and
// what they typed into a field on the way is taken out again.

/** Longest pause between two keys of a scanner, milliseconds. */
const PAUSE_MS = 60;
/** Fewer keys than this are a person's. */
const LEAST = 12;

interface Field {
  element: HTMLInputElement | HTMLTextAreaElement;
  value: string;
}

export class Wedge {
  #keys = "";
  #last = Number.NEGATIVE_INFINITY;
  /** When a code's last key came. */
  #ended = Number.NEGATIVE_INFINITY;
  #field: Field | null = null;
  readonly #scanned: (text: string) => void;

  constructor(scanned: (text: string) => void) {
    this.#scanned = scanned;
  }

  /** Listens until the returned function is called. */
  listen(): () => void {
    const hear = (event: KeyboardEvent) => this.#hear(event);
    window.addEventListener("keydown", hear, { capture: true });
    return () => window.removeEventListener("keydown", hear, { capture: true });
  }

  #hear(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const inTime = event.timeStamp - this.#last <= PAUSE_MS;
    const ends = event.key === "Enter" || event.key === "Tab";
    if (ends && inTime && this.#keys.length >= LEAST) {
      event.preventDefault();
      event.stopPropagation();
      this.#finish(event.timeStamp);
      return;
    }
    // The second of two keys at a code's end would press what the answer has the focus on.
    if (ends && event.timeStamp - this.#ended <= PAUSE_MS) {
      event.preventDefault();
      event.stopPropagation();
      this.#ended = event.timeStamp;
      return;
    }
    if (event.key.length !== 1) return;
    if (!inTime) {
      this.#keys = "";
      this.#field = focusedField();
    }
    this.#keys += event.key;
    this.#last = event.timeStamp;
    // A space or a letter must not press the button that has the focus.
    if (this.#keys.length > 3 && this.#field === null) event.preventDefault();
  }

  #finish(at: number): void {
    const text = this.#keys;
    this.#ended = at;
    this.#keys = "";
    this.#last = Number.NEGATIVE_INFINITY;
    if (this.#field) {
      this.#field.element.value = this.#field.value;
      this.#field.element.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.#scanned(text);
  }
}

function focusedField(): Field | null {
  const element = document.activeElement;
  if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement) {
    return { element, value: element.value };
  }
  return null;
}
