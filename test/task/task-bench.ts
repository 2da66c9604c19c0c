import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import type { VirtbsEvent } from '../../src/events.js';
import { slicePaths } from '../../src/filenames.js';
import { packageDirectory } from '../../src/package-directory.js';
import { makePlan } from '../../src/plan/make-plan.js';
import { parseTopology } from '../../src/plan/topology.js';
import type { DoOptions, DoResult } from '../../src/task/do-options.js';
import { doTasks, forgetTasks } from '../../src/task/do-tasks.js';

/** A slice whose VMs are folders of this machine; its tasks are run by the script that guests run. */
export interface TaskBench {
  /** Of all: one folder for the root, one for the files, one for each VM. */
  readonly folder: string;
  /** What tasks in YAML are done with. */
  options(yaml: string): Promise<DoOptions>;
  /** Writes a file of the user's beside the configuration. */
  write(name: string, content: string): Promise<void>;
  /** Does tasks as they are written in YAML. */
  do(yaml: string, changes?: Partial<DoOptions>, signal?: AbortSignal): Promise<DoResult>;
  forget(yaml: string, goals: readonly string[]): Promise<void>;
  /** Lines that tasks have written to the file `$TRACE`. */
  trace(): Promise<readonly string[]>;
  readonly events: VirtbsEvent[];
  /** A VM with another number here is another VM of that name, as one that was replaced. */
  readonly generation: Map<string, number>;
}

export async function setUpTasks(t: Test, ...topology: readonly string[]): Promise<TaskBench> {
  return await openTaskBench(t.testdir({}) || (await mkdtemp(join(tmpdir(), 'virtbs-tasks-'))), topology);
}

/** Works in a folder that is there, where another bench may have worked before. */
export async function openTaskBench(folder: string, topology: readonly string[]): Promise<TaskBench> {
  const trace = join(folder, 'trace');
  const events: VirtbsEvent[] = [];
  const generation = new Map<string, number>();
  await mkdir(join(folder, 'user'), { recursive: true });
  const user = join(folder, 'user');
  const options = async (yaml: string): Promise<DoOptions> => {
    const file = join(user, 'cluster.yaml');
    await writeFile(file, yaml);
    const directory = await packageDirectory();
    const configuration = await loadConfiguration({
      packageDirectory: directory,
      cwd: user,
      files: [file],
      overrides: [],
    });
    const plan = makePlan(configuration, { slice: 1, layers: ['roles'], topology: parseTopology(topology) });
    const { tasks, secrets } = configuration;
    return {
      plan,
      paths: slicePaths(join(folder, 'root'), 1),
      outputDirectory: user,
      tasks,
      secrets,
      place: (path) => configuration.place(path),
      goals: [],
      again: [],
      done: [],
      dryRun: false,
      stop: false,
      commandLine: (words) => ['virtbs -s 1 -c cluster.yaml', ...words].join(' '),
      images: new Map(plan.vms.map(({ hostname }) => [hostname, 'mini/1'])),
      command: (hostname) => (script, where) => {
        const vm = `${hostname}.${generation.get(hostname) ?? 0}`;
        return ['env', `TRACE=${trace}`, `VM=${hostname}`, 'sh', '-c', script, 'agent', join(folder, 'vms', vm, where)];
      },
    };
  };
  return {
    folder,
    events,
    generation,
    options,
    async write(name, content) {
      await writeFile(join(user, name), content);
    },
    do: async (yaml, changes = {}, signal = new AbortController().signal) =>
      await doTasks({ ...(await options(yaml)), ...changes }, { emit: (event) => void events.push(event), signal }),
    forget: async (yaml, goals) =>
      await forgetTasks(
        { ...(await options(yaml)), goals },
        { emit: () => undefined, signal: new AbortController().signal },
      ),
    async trace() {
      const text = await readFile(trace, 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
  };
}

/** `task vm outcome`, in the order of the graph. */
export function outcomes({ units }: DoResult): readonly string[] {
  return units.map(({ task, vm, outcome }) => `${task} ${vm ?? 'here'} ${outcome}`);
}
