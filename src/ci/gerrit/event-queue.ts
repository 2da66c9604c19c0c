/**
 * Hands over from several writers to one reader. A writer waits while it is full, so that a burst is held by Gerrit, not in our
 * memory.
 */
export class EventQueue<Item> {
  readonly #room: number;
  readonly #items: Item[] = [];
  #failure: { readonly error: unknown } | undefined;
  #closed = false;
  #wake: () => void = () => undefined;
  #change: Promise<void> = Promise.resolve();

  constructor(room: number) {
    this.#room = room;
    this.#arm();
  }

  /** Resolves when there is room again. */
  async push(item: Item): Promise<void> {
    this.#items.push(item);
    this.#notify();
    while (this.#items.length > this.#room && !this.#closed) await this.#change;
  }

  /** Nothing comes any more; writers need not wait. */
  close(): void {
    this.#closed = true;
    this.#notify();
  }

  /** The reader is to fail. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#notify();
  }

  async *read(): AsyncGenerator<Item, void, undefined> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#notify();
        yield item;
      } else if (this.#closed) return;
      else await this.#change;
    }
  }

  #notify(): void {
    const wake = this.#wake;
    this.#arm();
    wake();
  }

  #arm(): void {
    this.#change = new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
