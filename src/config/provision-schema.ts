import { isAbsolute } from 'node:path';
import { distinct, list, text, unless } from '../yaml/leaf.js';
import { knownMap } from '../yaml/map.js';

const path = text('a path', (value) => value !== '' && !value.includes('\0'));
const words = text('text', (value) => !value.includes('\0'));
const guestPath = text('an absolute path', (value) => isAbsolute(value) && !value.endsWith('/'));
/** Four octal digits in quotes: unquoted, YAML 1.1 and 1.2 read `0755` as two different numbers. */
const fileMode = text('a file mode in quotes, such as "0755"', (value) => /^0?[0-7]{3}$/.test(value));

/** The keys of a `Provision`, for the map of whatever provisions a guest. What must fit together is for `checkProvision`. */
export const provisionKeys = {
  scripts: list(unless(path, knownMap({ file: path, inline: words, arguments: list(words) }))),
  files: list(knownMap({ path: guestPath, source: path, content: words, mode: fileMode })),
  packages: distinct(text('the name of a package', (value) => /^[A-Za-z0-9@][A-Za-z0-9@._+:=~/-]*$/.test(value))),
};

/** The places of this machine's paths in such a map; `*` is every item of a list. */
export const PROVISION_PATHS: readonly (readonly string[])[] = [
  ['scripts', '*'],
  ['scripts', '*', 'file'],
  ['files', '*', 'source'],
];
