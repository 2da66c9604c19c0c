import type { NamePattern } from './map.js';

/** The last part of a host name is the offset; both together stay within a DNS label. */
export const ROLE: NamePattern = {
  what: 'role',
  pattern: /^[A-Za-z](?:[A-Za-z0-9_-]{0,48}[A-Za-z0-9])?$/,
  allowed: 'a letter, then up to 49 letters, digits, "-" and "_", a letter or digit at the end',
};

export const LAYER: NamePattern = {
  what: 'layer',
  pattern: /^[A-Za-z][A-Za-z0-9._-]{0,62}$/,
  allowed: 'a letter, then up to 62 letters, digits, ".", "-" and "_"',
};

/** A folder has this name. */
export const SLOT: NamePattern = { ...LAYER, what: 'slot' };

/** A link in the slot's folder has this name. */
export const TAG: NamePattern = { ...LAYER, what: 'tag' };

/** A folder has this name. */
export const SNAPSHOT: NamePattern = { ...LAYER, what: 'snapshot' };

/** Behind the prefix of the slice it names a bridge, and Linux allows 15 characters for the whole. */
export const NETWORK: NamePattern = {
  what: 'network',
  pattern: /^[a-z](?:[a-z0-9_-]{0,13}[a-z0-9])?$/,
  allowed: 'a lower-case letter, then up to 14 lower-case letters, digits, "-" and "_", a letter or digit at the end',
};

/** A VM that is given a name of its own. Source: RFC 1123, section 2.1 */
export const HOST: NamePattern = {
  what: 'VM',
  pattern: /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  allowed: 'a lower-case letter, then up to 62 lower-case letters, digits and "-", a letter or digit at the end',
};

export const DISK: NamePattern = {
  what: 'disk',
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,31}$/,
  allowed: 'a letter, then up to 31 letters, digits, "-" and "_"',
};
