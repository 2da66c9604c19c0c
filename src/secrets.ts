/** Shorter ones are also parts of ordinary words. */
const LONG = 8;

/** Texts that must never be shown: passwords, tokens. */
export class Secrets {
  readonly #patterns = new Map<string, RegExp>();

  add(secret: string): void {
    // As it is, and as it stands in JSON and in a query.
    for (const text of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      if (text === '') continue;
      const pattern = text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
      const whole = text.length < LONG ? String.raw`(?<![\w.-])${pattern}(?![\w.-])` : pattern;
      this.#patterns.set(text, new RegExp(whole, 'g'));
    }
  }

  /** A text from outside as it may be shown. */
  hide(text: string): string {
    return [...this.#patterns.values()].reduce((shown, pattern) => shown.replaceAll(pattern, '***'), text);
  }
}
