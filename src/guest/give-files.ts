import { dirname } from 'node:path';
import { VirtbsError } from '../errors.js';
import type { SeedFile } from '../seed/seed.js';
import { shellQuote } from '../text/shell-quote.js';
import { askAsRoot } from './ask-as-root.js';
import type { Guest } from './guest.js';

export interface GiveFilesOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for all of it, login included. */
  readonly deadline: number;
}

/**
 * Gives a guest files that only its root can read. A file is there whole, or not at all. What is in them goes by standard input.
 *
 * @throws VirtbsError `vm-failed`
 */
export async function giveFiles(guest: Guest, files: readonly SeedFile[], options: GiveFilesOptions): Promise<void> {
  const answer = await askAsRoot(guest, () => script(files), options);
  if (!('reason' in answer)) return;
  throw new VirtbsError('vm-failed', `${guest.hostname}: its files could not be written: ${answer.reason}`, {
    hint: `log in to see why: ssh -F ${guest.sshConfig} ${guest.hostname}`,
  });
}

function script(files: readonly SeedFile[]): string {
  const lines = files.flatMap(({ path, content }) => {
    const part = shellQuote(`${path}.virtbs-part`);
    const encoded = Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\n');
    return [
      `umask 022; mkdir -p -- ${shellQuote(dirname(path))}; umask 077`,
      `base64 -d >${part} <<'END'\n${encoded}\nEND`,
      `mv -f -- ${part} ${shellQuote(path)}`,
    ];
  });
  return ['set -e', ...lines, 'exit 0', ''].join('\n');
}
