import type { VerbContext } from '../events.js';

/** Tells whoever is to know. What goes wrong with that is a warning. */
export type Notify = (report: string, context: VerbContext) => Promise<void>;
