import type { Configuration } from '../config/configuration.js';
import type { Steering } from '../plan/read-steering.js';

/** All that was read for a workplace. */
export interface Sources {
  readonly configuration: Configuration;
  /** The content of a steering file; null where none is given. */
  readonly steering: Steering | null;
}
