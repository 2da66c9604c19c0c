import { randomBytes } from 'node:crypto';
import type { DiskPlan, VmPlan } from '../../plan/plan.js';
import { MARK_KEY, writeMark, type Mark } from './mark.js';
import { partName } from './part-name.js';

/**
 * The property in which an image or a volume snapshot that keeps a disk has its own name. Images that others make of a server
 * inherit it, and the mark, from the image that the server has; but not the name.
 */
const KEPT_KEY = 'virtbs_kept';

/** The name and metadata of a disk that is kept; the metadata identifies it later. */
export interface KeptItem {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export function keptItem(vm: VmPlan, disk: Pick<DiskPlan, 'name'>, mark: Mark): KeptItem {
  const name = `virtbs-kept-${partName(vm, disk.name)}-${randomBytes(6).toString('hex')}`;
  return { name, metadata: { [MARK_KEY]: writeMark(mark), [KEPT_KEY]: name } };
}

/** The mark in the properties of what keeps a disk; undefined for everything else. */
export function keptMark(name: string | null, properties: Readonly<Record<string, unknown>>): string | undefined {
  const mark = properties[MARK_KEY];
  return name !== null && properties[KEPT_KEY] === name && typeof mark === 'string' ? mark : undefined;
}
