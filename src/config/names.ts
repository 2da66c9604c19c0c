import type { NamePattern } from '../yaml/name-pattern.js';

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

/** Names of networks. With the prefix of the slice they name a bridge, and Linux allows 15 characters for the whole. */
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

/** A VM that there is anyway by its host name or its number in its role, and a further one by its own name. */
export const VM: NamePattern = {
  what: 'VM',
  pattern: new RegExp(`${HOST.pattern.source}|${/^[A-Za-z](?:[A-Za-z0-9_-]{0,48}[A-Za-z0-9])?\.[1-9]\d{0,5}$/.source}`),
  allowed: `${HOST.allowed}; or a role, a dot and a number, such as worker.2`,
};

export const DISK: NamePattern = {
  what: 'disk',
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,31}$/,
  allowed: 'a letter, then up to 31 letters, digits, "-" and "_"',
};

/** A folder has this name, and a word of an order to a node. */
export const TASK: NamePattern = { ...LAYER, what: 'task' };

/** A job of the CI; a folder has this name. */
export const JOB: NamePattern = { ...LAYER, what: 'job' };

/** Projects of a review system, or a glob for several: `team/lib`, `team/*`. */
export const PROJECT_GLOB: NamePattern = {
  what: 'project',
  pattern: /^(?!.*(?:^|\/)\.+(?:\/|$))[\w.+*?-]+(?:\/[\w.+*?-]+)*$/,
  allowed: 'letters, digits, "_", ".", "+", "-" and "/", and "*" or "?" for several projects',
};

/**
 * A variable of a shell has this name. Source: POSIX.1-2017, XBD 3.231. Some shells cannot set some of their own (`UID`, `PPID`), or
 * give them another meaning (`RANDOM`, `OPTIND`); bash then ends.
 */
export const VALUE: NamePattern = {
  what: 'value',
  pattern:
    /^(?!VIRTBS_|(?:PATH|HOME|IFS|ENV|SHELL|USER|PWD|OLDPWD|LD_\w+|BASH\w*|SHELLOPTS|POSIXLY_CORRECT|PPID|E?UID|GROUPS|OPT(?:ARG|ERR|IND)|LINENO|S?RANDOM|SECONDS|EPOCH\w+|FUNCNAME|PIPESTATUS|DIRSTACK|_)$)[A-Za-z_][A-Za-z0-9_]{0,63}$/,
  allowed:
    'a letter or "_", then up to 63 letters, digits and "_"; not one that the shell or virtbs uses (PATH, UID, RANDOM, VIRTBS_…)',
};
