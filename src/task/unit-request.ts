import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Provision } from '../config/provision.js';
import { VirtbsError } from '../errors.js';
import { outputPaths } from '../filenames.js';
import { shellQuote } from '../text/shell-quote.js';
import { writePayload } from '../provision/write-payload.js';
import { loginUser } from '../output/ssh-config.js';
import { planJson } from '../plan/plan-json.js';
import type { SlicePlan } from '../plan/plan.js';
import { isDirect, type StartRequest } from './start-script.js';
import { HERE, showUnit, type TaskUnit } from './task-graph.js';
import type { TaskSources } from './task-sources.js';
import type { TaskView } from './task-view.js';

/** Values that a unit gets from others. */
export interface UnitGifts {
  readonly plan: SlicePlan;
  readonly outputDirectory: string;
  /** The values of other tasks, keyed by name. */
  readonly values: Readonly<Record<string, string>>;
  /** Secrets by name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly view: TaskView;
  readonly sources: TaskSources;
}

export interface UnitRequest {
  /** The command that is run, without the files beside it. */
  readonly start: StartRequest;
  /** Files that are put beside the script, by name. */
  readonly put: Readonly<Record<string, Uint8Array>>;
}

/** Returns what a node is to run for a unit: first the files and packages it is given, then its action. */
export async function unitRequest(unit: TaskUnit, gifts: UnitGifts, signal: AbortSignal): Promise<UnitRequest> {
  const { files, packages } = unit.task;
  const { start, put } = actionRequest(unit, gifts);
  if (files.length === 0 && packages.length === 0) return { start, put };
  const provision = await readPayload(unit, { files, packages }, signal);
  return { start: { ...start, provision: PROVISION }, put: { ...put, ...provision } };
}

/** The lines for the shell that run what `writePayload` made; it is beside the script. */
const PROVISION = 'sh "$VIRTBS_DIR/run" || end $?';

/** @throws VirtbsError `task-failed` for files that went since they were looked at */
async function readPayload(
  unit: TaskUnit,
  provision: Provision,
  signal: AbortSignal,
): Promise<Record<string, Uint8Array>> {
  const folder = await mkdtemp(join(tmpdir(), 'virtbs-task-'));
  try {
    await writePayload(folder, provision, { signal });
    const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
    return Object.fromEntries(
      await Promise.all(names.map(async ({ name }) => [name, await readFile(join(folder, name))] as const)),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error) || (error instanceof VirtbsError && error.code !== 'program-failed')) throw error;
    const message = `${showUnit(unit)}: what it gives cannot be read: ${error.message}`;
    throw new VirtbsError('task-failed', message, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function actionRequest({ task, node }: TaskUnit, gifts: UnitGifts): UnitRequest {
  const { plan, outputDirectory, values, secrets, view, sources } = gifts;
  const { action } = task;
  const files = outputPaths(outputDirectory, plan.slice);
  const here = {
    VIRTBS_OUTPUT_DIR: outputDirectory,
    VIRTBS_SSH_CONFIG: files.sshConfig,
    VIRTBS_INVENTORY: files.ansibleYaml,
    VIRTBS_STATE: files.state,
  };
  const takes = { ...values, ...secrets };
  const start = {
    task: node === HERE || task.sudo ? task : { ...task, user: task.user ?? loginUser(plan, { hostname: node }) },
    environment: { ...view.environment, ...(node === HERE && here) },
    files: view.files,
    takes,
    provision: '',
    arguments: action.kind === 'none' ? [] : action.arguments,
  };
  switch (action.kind) {
    case 'none':
      return { start: { ...start, action: null }, put: {} };
    case 'run':
      return { start: { ...start, action: action.line }, put: {} };
    case 'script': {
      const script = sources.script ?? Buffer.alloc(0);
      return { start: { ...start, action: 'put', direct: isDirect(script) }, put: { action: script } };
    }
    case 'program': {
      const input = { ...planJson(plan), task: task.name, values, secrets, files };
      const line = `exec ${shellQuote(action.path)} "$@" <"\${0%/*}/input"`;
      return { start: { ...start, action: line }, put: { input: Buffer.from(`${JSON.stringify(input)}\n`) } };
    }
    case 'ansible': {
      // What is taken goes by a file: a list of arguments is for all to read.
      const line = `exec ansible-playbook -i "$VIRTBS_INVENTORY" -e @"\${0%/*}/variables.json" "$@" ${shellQuote(action.path)}`;
      return {
        start: { ...start, action: line },
        put: { 'variables.json': Buffer.from(JSON.stringify(takes)) },
      };
    }
  }
}
