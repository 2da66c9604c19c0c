import type { TaskSettings } from '../../src/config/task-settings.js';

/** A task as the configuration would have it. */
export function taskOf(name: string, given: Partial<TaskSettings> & { readonly run?: string } = {}): TaskSettings {
  const { run, ...others } = given;
  return {
    name,
    on: { kind: 'all' },
    first: false,
    wants: [],
    wantsHere: [],
    files: [],
    packages: [],
    action: run === undefined ? { kind: 'none' } : { kind: 'run', line: run, arguments: [] },
    reads: [],
    user: undefined,
    sudo: true,
    env: {},
    chdir: undefined,
    gives: [],
    takes: [],
    sees: [],
    peers: 'addresses',
    timeout: null,
    retries: { count: 0, pause: 0 },
    repeatable: true,
    unless: undefined,
    reboots: false,
    checkpoint: 'auto',
    cache: null,
    onRestore: undefined,
    ...others,
  };
}
