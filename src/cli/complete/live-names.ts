import { readdir } from 'node:fs/promises';
import type { Configuration } from '../../config/configuration.js';
import { DRIVER_NAMES } from '../../known-drivers.js';
import type { SliceState } from '../../driver/types.js';
import { rootPaths, slicePaths, slotPaths } from '../../filenames.js';
import type { CommandArguments, CommandContext } from '../command.js';
import { environmentDefaults } from '../environment-defaults.js';
import { GLOBAL_OPTIONS } from '../global-options.js';
import { parseSlice } from '../parse-slice.js';
import { resolveRoot } from '../resolve-root.js';
import type { Candidate, Expectation } from './analyze-words.js';

/** What is asked for, and where to look. */
interface Question {
  readonly args: CommandArguments;
  readonly given: Expectation['given'];
  readonly typed: string;
  readonly context: CommandContext;
}

const NAMES: Readonly<Record<string, (question: Question) => Promise<readonly Candidate[]>>> = {
  slice: sliceNumbers,
  vm: vmNames,
  vms: async (question) => [...(await vmNames(question)), ...(await vmRoles(question))],
  role: vmRoles,
  roles: vmRoles,
  layers: layerNames,
  topology: planRoles,
  slot: slotNames,
  slots: slotNames,
  tag: tagNames,
  tags: tagNames,
  name: imageNames,
  names: imageNames,
  snapshot: snapshotsOf,
  keys: checkpointsOf,
};

/** Names for an option or positional argument, from the hypervisor, the configuration and the image library as they are now. */
export async function liveNames(
  value: string,
  { given, typed }: Expectation,
  context: CommandContext,
): Promise<readonly Candidate[]> {
  const names = Object.hasOwn(NAMES, value) ? NAMES[value] : undefined;
  const found = names ? await names({ args: globalsOf(given, context), given, typed, context }) : [];
  // Several slots have a tag of one name.
  return [...new Map(found.map((candidate) => [candidate.word, candidate])).values()];
}

/** The options of every command as far as names depend on them; those of the environment count. */
function globalsOf(given: Expectation['given'], { env }: CommandContext): CommandArguments {
  const defaults = environmentDefaults(GLOBAL_OPTIONS, env);
  const last = (name: string): string | undefined =>
    given.get(name)?.at(-1) ?? (defaults[name]?.default as string | undefined);
  const overrides = (name: string, kind: 'string' | 'literal') =>
    (given.get(name) ?? []).map((text) => ({ kind, text }) as const);
  return {
    slice: last('slice'),
    driver: DRIVER_NAMES.find((name) => name === last('driver')),
    connect: last('connect') ?? GLOBAL_OPTIONS.connect.default,
    root: last('root'),
    outputDir: '.',
    json: false,
    quiet: true,
    verbose: false,
    config: given.get('config') ?? (defaults['config']?.default as readonly string[] | undefined) ?? [],
    passed: [],
    overrides: [...overrides('set', 'string'), ...overrides('set-literal', 'literal')],
  };
}

async function inspect(
  { args, context }: Question,
  filter: { readonly slice?: number },
): Promise<readonly SliceState[]> {
  const { openChosenDriver } = await import('../open-chosen-driver.js');
  await using driver = await openChosenDriver(args, context, {
    root: await resolveRoot(args, context),
    emit: () => undefined,
  });
  return await driver.inspect(filter, { emit: () => undefined, signal: context.signal });
}

async function sliceNumbers(question: Question): Promise<readonly Candidate[]> {
  const slices = await inspect(question, {});
  return slices.map(({ slice, vms }) => ({
    word: String(slice),
    description: vms.map(({ hostname }) => hostname).join(', '),
  }));
}

async function vmNames(question: Question): Promise<readonly Candidate[]> {
  const slices = await inspect(question, { slice: parseSlice(question.args.slice) });
  return slices.flatMap(({ vms }) =>
    vms.map(({ hostname, power, accessAddress }) => ({
      word: hostname,
      description: accessAddress === null ? power : `${power}, ${accessAddress}`,
    })),
  );
}

async function vmRoles(question: Question): Promise<readonly Candidate[]> {
  const slices = await inspect(question, { slice: parseSlice(question.args.slice) });
  const roles = new Set(slices.flatMap(({ vms }) => vms.map(({ role }) => role)));
  return [...roles].map((role) => ({ word: role, description: 'all VMs of this role' }));
}

async function snapshotsOf({ args, context }: Question): Promise<readonly Candidate[]> {
  const { snapshotNames } = await import('../../slice/snapshot-record.js');
  const names = await snapshotNames(slicePaths(await resolveRoot(args, context), parseSlice(args.slice)));
  return names.map((word) => ({ word, description: 'snapshot' }));
}

async function checkpointsOf({ args, context }: Question): Promise<readonly Candidate[]> {
  const { listCheckpoints } = await import('../../checkpoint/list-checkpoints.js');
  const slice = args.slice === undefined ? undefined : parseSlice(args.slice);
  const checkpoints = await listCheckpoints(await resolveRoot(args, context), slice);
  return checkpoints.map(({ key, vms }) => ({ word: key, description: vms.join(', ') }));
}

async function configuration({ args, context }: Question): Promise<Configuration> {
  const { loadConfigurationFor } = await import('../load-plan.js');
  return await loadConfigurationFor(args, context);
}

async function layerNames(question: Question): Promise<readonly Candidate[]> {
  const { machineMatrix } = await configuration(question);
  return Object.entries(machineMatrix).map(([layer, roles]) => ({
    word: layer,
    description: Object.keys(roles).join(', '),
  }));
}

/** Roles of the layers on the line; their count is behind a colon. */
async function planRoles(question: Question): Promise<readonly Candidate[]> {
  const layers = (question.given.get('layers')?.[0] ?? '').split(',');
  const { machineMatrix } = await configuration(question);
  const asked = [...(question.given.get('topology') ?? []), question.typed].flatMap((text) => text.split(','));
  const taken = new Set(asked.flatMap((text) => (text.includes(':') ? [text.split(':')[0]] : [])));
  const roles = new Set(layers.flatMap((layer) => Object.keys(machineMatrix[layer] ?? {})));
  return [...roles].filter((role) => !taken.has(role)).map((role) => ({ word: `${role}:`, description: 'VMs' }));
}

async function slotNames(question: Question): Promise<readonly Candidate[]> {
  const { imageFlow } = await configuration(question);
  return Object.entries(imageFlow).map(([slot, recipe]) => ({ word: slot, description: Object.keys(recipe)[0] ?? '' }));
}

async function tagNames({ args, given, context }: Question): Promise<readonly Candidate[]> {
  const root = await resolveRoot(args, context);
  const slot = given.get('slot')?.[0];
  const found = await Promise.all(
    (slot === undefined ? await madeSlots(root) : [slot]).map((name) => tagsOf(root, name)),
  );
  return found.flat().map(({ tag, slot: of }) => ({ word: tag, description: of }));
}

async function imageNames({ args, context }: Question): Promise<readonly Candidate[]> {
  const root = await resolveRoot(args, context);
  const found = await Promise.all((await madeSlots(root)).map((slot) => tagsOf(root, slot)));
  return found.flat().map(({ slot, tag }) => ({ word: `${slot}:${tag}`, description: '' }));
}

async function madeSlots(root: string): Promise<readonly string[]> {
  return await readdir(rootPaths(root).images);
}

async function tagsOf(root: string, slot: string): Promise<readonly { readonly slot: string; readonly tag: string }[]> {
  const tags = await readdir(slotPaths(root, slot).tags).catch((): string[] => []);
  return tags.filter((tag) => !tag.startsWith('.')).map((tag) => ({ slot, tag }));
}
