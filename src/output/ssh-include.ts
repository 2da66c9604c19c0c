import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { OUTPUT_PATTERNS } from '../filenames.js';
import { assertPathPlain } from '../files/assert-path-plain.js';
import { SSH_INCLUDE_MARK } from '../ssh-include-mark.js';

/**
 * The line that makes ssh read the configurations of all slices whose files are in a folder.
 *
 * Source: ssh_config(5), Include; glob(7)
 *
 * @throws VirtbsError `usage` for a path that ssh could not be told
 */
export function includeLine(directory: string): string {
  assertPathPlain(directory, '--output-dir');
  if (directory.includes('%')) {
    throw new VirtbsError(
      'usage',
      `--output-dir ${JSON.stringify(directory)}: "%" cannot be in a path that ssh includes`,
      {
        hint: 'choose a folder without it, or use ssh -F',
      },
    );
  }
  const literal = directory.replaceAll(/[*?[]/g, '[$&]');
  return `Include "${join(literal, OUTPUT_PATTERNS.sshConfig)}" ${SSH_INCLUDE_MARK}`;
}

/** The text with the line at its top, once: what is behind a Host or Match counts for that alone. */
export function addInclude(text: string, line: string): string {
  return `${line}\n${removeInclude(text, line)}`;
}

/** The text without the line; without any line of ours where none is given. */
export function removeInclude(text: string, line?: string): string {
  return text
    .split(/(?<=\n)/)
    .filter((each) => (line === undefined ? !each.trimEnd().endsWith(SSH_INCLUDE_MARK) : each.trimEnd() !== line))
    .join('');
}
