import type { TaskSettings } from '../config/task-settings.js';
import { digestOf } from '../digest-of.js';

/** Raised when tasks must be run anew although nothing of theirs was edited. */
const GENERATION = 1;

/** All that a task reads, each part by a digest, so that two keys can be compared part by part. */
export type TaskKeyParts = Readonly<Record<string, string>>;

/** What a part is where the file that it stands for was edited while the task ran: no digest, so no later key has it. */
export const EDITED = 'edited while it ran';

export interface TaskKeyRequest {
  readonly task: TaskSettings;
  /** Digests of the files of this machine that the task names, by the name under which they are told: `script primary.sh`. */
  readonly sources: Readonly<Record<string, string>>;
  /** Digests of the values that it takes, by name. */
  readonly values: Readonly<Record<string, string>>;
  /** Secrets that it sees, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The facts that the task is given about its node and the others. */
  readonly view: unknown;
  /** `SLOT/BUILD` of the VM's image; null here. */
  readonly image: string | null;
  /** Keys of the units that it needs, with the names of their tasks. */
  readonly needs: readonly { readonly task: string; readonly key: string }[];
}

/**
 * Returns the parts of a unit's key. Names of parts are what people are told when one differs; a secret is in it by its digest only.
 * Which VM a need was done on is not in it: a VM that was replaced and did the same again changes nothing for others.
 */
export function taskKeyParts({ task, sources, values, secrets, view, image, needs }: TaskKeyRequest): TaskKeyParts {
  const { wants, wantsHere, takes, sees } = task;
  const parts: Record<string, string> = { ...settingsParts(task) };
  for (const [name, digest] of Object.entries(sources)) parts[name] = digest;
  for (const name of takes) parts[`value ${name}`] = values[name] ?? digestOf(null);
  for (const name of sees) parts[`secret ${name}`] = digestOf(secrets[name] ?? null);
  parts['what it is told of the VMs'] = digestOf(view);
  if (image !== null) parts['image'] = image;
  for (const want of [...wants, ...wantsHere]) {
    const keys = needs.filter(({ task: each }) => each === want).map(({ key }) => key);
    parts[`task ${want}`] = digestOf([...new Set(keys)].sort());
  }
  return parts;
}

/** The parts that do not differ between the units of a task. */
const known = new WeakMap<TaskSettings, TaskKeyParts>();

function settingsParts(task: TaskSettings): TaskKeyParts {
  const before = known.get(task);
  if (before) return before;
  const parts: Record<string, string> = { generation: String(GENERATION) };
  const { name: _name, on: _on, first: _first, ...told } = task;
  const { wants: _wants, wantsHere: _wantsHere, gives, takes: _takes, sees: _sees, ...work } = told;
  // How long it may take and how often it is tried does not change what it leaves.
  const { timeout: _timeout, retries: _retries, repeatable: _repeatable, reads: _reads, ...left } = work;
  // When the slice is kept does not, either; what is run after a restore is in `sources`.
  const { checkpoint: _checkpoint, cache: _cache, onRestore: _onRestore, action, files, ...read } = left;
  for (const [key, value] of Object.entries(read)) parts[key] = digestOf(value ?? null);
  // Where files are on this machine says nothing; what is in them is in `sources`.
  parts['what it runs'] = digestOf('path' in action ? { ...action, path: null } : action);
  parts['files'] = digestOf(files.map(({ source, ...file }) => ({ ...file, source: source !== undefined })));
  parts['gives'] = digestOf(gives);
  known.set(task, parts);
  return parts;
}

export function taskKey(parts: TaskKeyParts): string {
  return digestOf(Object.entries(parts).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Returns what people are told of two keys that differ: `secret db changed, script primary.sh changed`; null where they do not. */
export function describeChange(old: TaskKeyParts, now: TaskKeyParts): string | null {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => old[name] !== now[name]);
  if (names.length === 0) return null;
  return names
    .map((name) => `${name} ${old[name] === undefined ? 'is new' : now[name] === undefined ? 'is gone' : 'changed'}`)
    .join(', ');
}
