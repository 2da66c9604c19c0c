/** Lets a work have something for itself: what else is to be done with it waits until then. */
export class Gate {
  #held: Promise<void> | undefined;

  /** Does something short as soon as nobody holds the gate. */
  async pass<T>(work: () => T | Promise<T>): Promise<T> {
    while (this.#held) await this.#held;
    return await work();
  }

  /** Holds the gate as long as a work lasts. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    while (this.#held) await this.#held;
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    try {
      return await work();
    } finally {
      this.#held = undefined;
      release();
    }
  }
}
