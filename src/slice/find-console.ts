import { readdir } from 'node:fs/promises';
import { consolePath, domainName, slicePaths } from '../filenames.js';
import { sshHost } from '../output/read-ssh-hosts.js';
import { selectVm, type Selectable } from './select-vms.js';

export interface Console extends Selectable {
  /** The log of the serial console. */
  readonly path: string;
}

const SUFFIX = consolePath(slicePaths('/', 0), '').slice(slicePaths('/', 0).logs.length + 1);

/**
 * The serial console of one VM, by the slice's files alone: quick.
 *
 * @throws VirtbsError `usage` for a word that means no VM, `slice-empty`
 */
export async function findConsole(
  word: string,
  { root, slice }: { readonly root: string; readonly slice: number },
): Promise<Console> {
  const paths = slicePaths(root, slice);
  const names = (await readdir(paths.logs).catch(() => []))
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .toSorted(byOffset);
  const consoles = names.map((hostname): Console => {
    return { ...sshHost(hostname, domainName(slice, hostname)), path: consolePath(paths, hostname) };
  });
  return selectVm(consoles, word, slice);
}

/** Offsets are in hex with at least two digits, and more where they need them. */
function byOffset(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1);
}
