import { flag, text, unless } from '../yaml/leaf.js';
import { knownMap, namedMap } from '../yaml/map.js';
import type { NamePattern } from '../yaml/name-pattern.js';

/**
 * A folder of a guest at which another can be seen: none without which the guest does not work, and none below a folder of its kernel.
 * It goes to fstab(5) as it is, so it has neither blanks nor backslashes.
 */
const SHARED: NamePattern = {
  what: 'folder',
  pattern:
    /^(?!\/(?:(?:bin|boot|etc|home|lib|lib32|lib64|root|sbin|tmp|usr|var)$|(?:dev|proc|run|sys)(?:\/|$)))(?!.*\/\.{1,2}(?:\/|$))(?:\/[A-Za-z0-9._+@-]+)+$/,
  allowed:
    'an absolute path of letters, digits and "._+@-", such as /src; none that the guest itself needs (/etc, /usr, /var, …) and none in /dev, /proc, /run or /sys',
};

const source = text('the path of a folder', (value) => value !== '' && !/[\0\n\r]/.test(value));

/** Folders of this machine, by the folder of the guest at which they are seen. */
export const shareSchema = namedMap(SHARED, unless(source, knownMap({ source, read_only: flag() })));

/** The places of this machine's paths in such a map. */
export const SHARE_PATHS: readonly (readonly string[])[] = [
  ['share', '*'],
  ['share', '*', 'source'],
];
