// The words of the screens, in the language that was chosen. Each is a message
// of src/locales/*.ftl; a language is one such file.

import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import de from "../locales/de.ftl?raw";
import en from "../locales/en.ftl?raw";

const CATALOGUES = { en, de };
export type Language = keyof typeof CATALOGUES;
export type Arguments = Record<string, FluentVariable>;

function bundle(language: Language): FluentBundle {
  // Names from outside stand alone in a sentence; marks around them would be
  // copied with it.
  const made = new FluentBundle(language, { useIsolating: false });
  for (const error of made.addResource(new FluentResource(CATALOGUES[language]))) {
    console.error(language, error);
  }
  return made;
}

const bundles = { en: bundle("en"), de: bundle("de") };

class Words {
  language = $state<Language>("en");

  get languages(): Language[] {
    return Object.keys(CATALOGUES) as Language[];
  }

  /** How this language calls itself. */
  nameOf(language: Language): string {
    return format(language, "language-name", {}) ?? language;
  }

  /** The message `id`; in English where the language has none. */
  say(id: string, args: Arguments = {}): string {
    return format(this.language, id, args) ?? format("en", id, args) ?? id;
  }

  /** Is there such a message? */
  has(id: string): boolean {
    return bundles.en.hasMessage(id);
  }

  /** The system's language, if there is a catalogue for it. */
  ofSystem(): Language {
    const known = navigator.languages.map((tag) => tag.slice(0, 2));
    return this.languages.find((one) => known[0] === one) ?? "en";
  }

  /** The language's tag for times and numbers: in English the day comes first. */
  get locale(): string {
    return this.language === "en" ? "en-GB" : this.language;
  }

  count(n: number): string {
    return new Intl.NumberFormat(this.locale).format(n);
  }

  /** `a, b or c`. */
  either(names: string[]): string {
    return new Intl.ListFormat(this.locale, { type: "disjunction" }).format(names);
  }
}

function format(language: Language, id: string, args: Arguments): string | null {
  const message = bundles[language].getMessage(id);
  if (!message?.value) return null;
  return bundles[language].formatPattern(message.value, args);
}

export const words = new Words();

/** The message `id` in the language of the screens. */
export const say = (id: string, args?: Arguments): string => words.say(id, args);
