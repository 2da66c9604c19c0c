import type { ProvisionFile } from './provision.js';
import { mapValues } from './map-values.js';
import type { SecretsInput, TasksInput } from './task-schema.js';
import type { SecretSettings, TaskAction, TaskSettings, TaskTarget } from './task-settings.js';

/** Milliseconds before a task is tried again. */
const PAUSE = 5000;

const SECRET_LENGTH = 24;

/** @param folder returns where a task was written: `here` it runs there, unless it says otherwise */
export function createTasks(
  input: TasksInput,
  folder: (task: string) => string,
): Readonly<Record<string, TaskSettings>> {
  const names = Object.keys(input);
  const tasks = Object.fromEntries(names.map((name) => [name, createTask(name, input[name] ?? {}, folder)]));
  return mapValues(tasks, (task) => task);
}

export function createSecrets(input: SecretsInput): Readonly<Record<string, SecretSettings>> {
  return mapValues(input, ({ length = SECRET_LENGTH }) => ({ length }));
}

function createTask(name: string, task: TasksInput[string], folder: (task: string) => string): TaskSettings {
  const { retries = 0 } = task;
  const on = createTarget(task.on);
  return {
    name,
    on,
    first: task.first ?? false,
    wants: task.wants ?? [],
    wantsHere: task.wants_here ?? [],
    files: (task.files ?? []) as readonly ProvisionFile[],
    packages: (task.packages ?? []) as readonly string[],
    action: createAction(task),
    reads: task.reads ?? [],
    user: task.user,
    sudo: task.sudo ?? true,
    env: task.env ?? {},
    chdir: task.chdir ?? (on.kind === 'here' ? folder(name) : undefined),
    gives: task.gives ?? [],
    takes: task.takes ?? [],
    sees: task.sees ?? [],
    peers: task.peers ?? 'addresses',
    timeout: task.timeout ?? null,
    retries:
      typeof retries === 'number'
        ? { count: retries, pause: PAUSE }
        : { count: retries.count ?? 1, pause: retries.pause ?? PAUSE },
    repeatable: task.repeatable ?? true,
    unless: task.unless,
    reboots: task.reboots ?? false,
    checkpoint: task.checkpoint ?? 'auto',
    cache: task.cache ?? null,
    onRestore: task.on_restore,
  };
}

function createTarget(on: unknown): TaskTarget {
  if (on === 'all' || on === 'here') return { kind: on };
  if (typeof on === 'string') return { kind: 'names', names: [on] };
  if (Array.isArray(on)) return { kind: 'names', names: on.map(String) };
  return { kind: 'labels', labels: on as Readonly<Record<string, unknown>> };
}

function createAction(task: TasksInput[string]): TaskAction {
  const words = task.arguments ?? [];
  if (task.run !== undefined) return { kind: 'run', line: task.run, arguments: words };
  if (task.script !== undefined) return { kind: 'script', path: task.script, arguments: words };
  if (task.ansible !== undefined) return { kind: 'ansible', path: task.ansible, arguments: words };
  if (task.program !== undefined) return { kind: 'program', path: task.program, arguments: words };
  return { kind: 'none' };
}
