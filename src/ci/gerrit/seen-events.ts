import { eventKey, isSameEvent } from './event-id.js';

/** Ids that begin with a text, of events that are kept elsewhere: in the store. */
export type FindIds = (prefix: string) => readonly string[] | Promise<readonly string[]>;

/** Stems that are kept: more than happen between two looks. */
const MOST = 20_000;

/** Remembers events, so that each is passed on once, whichever ways Gerrit told it. */
export class SeenEvents {
  readonly #ids = new Map<string, string[]>();
  readonly #find: FindIds;

  constructor(find: FindIds = () => []) {
    this.#find = find;
  }

  /** Tells whether an event is new, and remembers it. */
  async add(id: string): Promise<boolean> {
    const { stem } = eventKey(id);
    const here = this.#ids.get(stem) ?? [];
    if (here.some((other) => isSameEvent(id, other))) return false;
    // Before the wait: two may ask at once.
    this.#ids.delete(stem);
    this.#ids.set(stem, [...here, id].slice(-8));
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MOST && oldest !== undefined) this.#ids.delete(oldest);
    const stored = await this.#find(stem);
    return !stored.some((other) => isSameEvent(id, other));
  }
}
