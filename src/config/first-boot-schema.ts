import { distinct, text } from '../yaml/leaf.js';
import { PROVISION_PATHS, provisionKeys } from './provision-schema.js';

/** The keys of a `FirstBootSettings`, for roles and single VMs. */
export const firstBootKeys = {
  ...provisionKeys,
  user: text(
    'the name of a user (a lower-case letter or "_", then up to 31 letters, digits, "-" and "_"; not root)',
    (value) => /^[a-z_][A-Za-z0-9_-]{0,31}$/.test(value) && value !== 'root',
  ),
  ssh_keys: distinct(text('the path of a file of public keys, or a public key', (value) => isPlain(value))),
  user_data: text('a path, or a text of more than one line', (value) => isPlain(value) || isText(value)),
};

/** The places of this machine's paths in such a map; `*` is every item of a list. */
export const FIRST_BOOT_PATHS: readonly (readonly string[])[] = [...PROVISION_PATHS, ['ssh_keys', '*'], ['user_data']];

/** Tells whether a value of `user_data` is the text itself, not the path of a file. */
export function isText(value: string): boolean {
  return value.includes('\n') && !value.includes('\0');
}

/** Tells whether a value of `ssh_keys` is a public key itself, not the path of a file. */
export function isPublicKey(value: string): boolean {
  return /^(?:ssh-|ecdsa-|sk-)[\w@.-]+ +[A-Za-z0-9+/]/.test(value);
}

function isPlain(value: string): boolean {
  return value !== '' && !/[\0\n\r]/.test(value);
}
