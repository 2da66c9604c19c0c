import type { KeptVm, MappedFiles } from './types.js';

const POWERS: ReadonlySet<unknown> = new Set(['running', 'paused', 'off']);

const UUID = /^[0-9a-fA-F-]{36}$/;

/** True for VMs as a record has them, none of whose names leads out of the folder that they are kept in. */
export function isKeptVms(value: unknown): value is readonly KeptVm[] {
  return Array.isArray(value) && value.every(isKeptVm);
}

function isKeptVm(value: unknown): value is KeptVm {
  if (typeof value !== 'object' || value === null) return false;
  const { hostname, power, disks, mapped, generation, mappedMachine } = value as Partial<Record<keyof KeptVm, unknown>>;
  if (mapped !== undefined && !isMappedFiles(mapped)) return false;
  if (mappedMachine !== undefined && typeof mappedMachine !== 'boolean') return false;
  if (generation !== undefined && !(typeof generation === 'string' && UUID.test(generation))) return false;
  return isPlainName(hostname) && POWERS.has(power) && Array.isArray(disks) && disks.every(isKeptDisk);
}

function isMappedFiles(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { memoryBytes, stateBytes } = value as Partial<Record<keyof MappedFiles, unknown>>;
  return typeof memoryBytes === 'number' && typeof stateBytes === 'number';
}

function isKeptDisk(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, layer } = value as Partial<Record<keyof KeptVm['disks'][number], unknown>>;
  return isPlainName(name) && isPlainName(layer);
}

/** True for the name of something in a folder: no path leads out of it. What a record names is a file of its folder, or it is no record. */
export function isPlainName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}
