import type { Relay } from '../mail/relay.js';

/** The people and programs that are told of VMs that could not be made or do not answer. */
export interface NotifySettings {
  /** A program and its arguments, for a report on its standard input. */
  readonly run: readonly string[];
  /** Addresses. */
  readonly mail: readonly string[];
  /** The sender of the mail; USER@HOST where not given. */
  readonly from?: string | undefined;
  readonly relay: Relay;
}

/** Nobody. */
export const DEFAULT_NOTIFY: NotifySettings = {
  run: [],
  mail: [],
  relay: { host: 'localhost', port: 25, secure: false },
};
