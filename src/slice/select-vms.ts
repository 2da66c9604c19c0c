import { unknownWord } from '../text/unknown-word.js';
import { VirtbsError } from '../errors.js';
import { sliceZone } from '../filenames.js';
import { ordinalName, roleName } from '../plan/host-name.js';

/** The names by which a VM can be chosen. */
export interface Selectable {
  readonly hostname: string;
  readonly domain: string;
  readonly role: string;
  /** `worker.2`, where the list may not have all VMs of the role; its place in the list otherwise. */
  readonly ordinal?: string | undefined;
}

/**
 * The VMs of a slice that the words mean, each once and in the order of the slice: a role means all of its VMs, a host name
 * (`controller-02`, `controller-02.bs1`), domain (`bs1-controller-02`) or number (`controller.1`, `controller.1.bs1`) one; no
 * word means all. Where a role has the name of a VM, the role wins.
 *
 * @throws VirtbsError `usage` for words that mean nothing, all of them at once; `slice-empty` where there are no VMs
 */
export function selectVms<T extends Selectable>(
  vms: readonly T[],
  words: readonly string[],
  slice: number,
): readonly T[] {
  if (vms.length === 0) throw emptySlice(slice);
  if (words.length === 0) return vms;
  const unknown = words.filter((word) => find(vms, word, slice).length === 0);
  if (unknown.length > 0) {
    const known = [...new Set([...vms.map(({ role }) => role), ...vms.map(({ hostname }) => hostname)])];
    throw new VirtbsError('usage', unknown.map((word) => unknownWord('unknown VM or role', word, known)).join('\n'), {
      hint: `virtbs -s ${slice} ls shows what there is`,
    });
  }
  const chosen = new Set(words.flatMap((word) => find(vms, word, slice)));
  return vms.filter((vm) => chosen.has(vm));
}

/** The one VM that a word means; of a role it is the first, as for ssh. */
export function selectVm<T extends Selectable>(vms: readonly T[], word: string, slice: number): T {
  const [vm] = selectVms(vms, [word], slice);
  if (!vm) throw emptySlice(slice);
  return vm;
}

function find<T extends Selectable>(vms: readonly T[], word: string, slice: number): readonly T[] {
  const ofRole = vms.filter(({ role }) => role === word || roleName(role) === word);
  if (ofRole.length > 0) return ofRole;
  return vms.filter((vm) => vmNames(vms, vm, slice).includes(word));
}

/** The names that mean this VM alone, by which people and ssh know it. */
export function vmNames<T extends Selectable>(vms: readonly T[], vm: T, slice: number): readonly string[] {
  const { hostname, domain, ordinal = ordinalName(vms, vm) } = vm;
  const zone = sliceZone(slice);
  return [hostname, domain, ordinal, `${hostname}.${zone}`, `${ordinal}.${zone}`];
}

function emptySlice(slice: number): VirtbsError {
  return new VirtbsError('slice-empty', `slice ${slice} has no VMs`, {
    hint: `virtbs -s ${slice} cycle LAYERS TOPOLOGY… builds some`,
  });
}
