import { hostname } from 'node:os';
import { userName } from '../session/user-name.js';

/** Returns the sender of mails that the configuration names none for: USER@HOST. */
export function defaultSender(): string {
  return `${userName()}@${hostname()}`;
}
