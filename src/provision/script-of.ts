import type { ProvisionScript } from '../config/provision.js';

/** Returns a script of a provision, which may also be written as a path alone. */
export function scriptOf(script: string | ProvisionScript): ProvisionScript {
  return typeof script === 'string' ? { file: script } : script;
}
