import { readdir } from 'node:fs/promises';
import { DEFAULT_LAYERS } from '../../config/check-topology.js';
import { DRIVER_NAMES } from '../../driver/known-drivers.js';
import type { SliceState } from '../../driver/types.js';
import { rootPaths, slicePaths, slotPaths } from '../../filenames.js';
import { openWorkplace } from '../../workplace/open-workplace.js';
import type { Workplace } from '../../workplace/workplace.js';
import type { CommandContext } from '../command.js';
import { environmentDefaults } from '../environment-defaults.js';
import { GLOBAL_OPTIONS } from '../global-options.js';
import { parseSlice } from '../parse-slice.js';
import { projectOf } from '../workplace-settings-of.js';
import type { Candidate, Expectation } from './analyze-words.js';

/** The names that are asked for, and where they are looked for. */
interface Question {
  readonly place: Workplace;
  /** The value of `--slice`. */
  readonly slice: string | undefined;
  readonly given: Expectation['given'];
  readonly typed: string;
}

const NAMES: Readonly<Record<string, (question: Question) => Promise<readonly Candidate[]>>> = {
  slice: sliceNumbers,
  vm: vmNames,
  vms: async (question) => [...(await vmNames(question)), ...(await vmRoles(question))],
  role: vmRoles,
  target: guestFolders,
  roles: vmRoles,
  layers: async (question) => [...(await layerNames(question)), ...(await planRoles(question))],
  topology: planRoles,
  slot: slotNames,
  slots: slotNames,
  tag: tagNames,
  tags: tagNames,
  name: imageNames,
  names: imageNames,
  snapshot: snapshotsOf,
  payload: payloadNames,
  keys: checkpointsOf,
  key: checkpointsOf,
};

/** Names for an option or positional argument, from the hypervisor, the configuration and the image library as they are now. */
export async function liveNames(
  value: string,
  { given, typed }: Expectation,
  context: CommandContext,
): Promise<readonly Candidate[]> {
  const names = Object.hasOwn(NAMES, value) ? NAMES[value] : undefined;
  if (!names) return [];
  const { slice, place } = openFor(given, context);
  await using _place = place;
  const found = await names({ place, slice, given, typed });
  // Several slots have a tag of one name.
  return [...new Map(found.map((candidate) => [candidate.word, candidate])).values()];
}

/** The options of every command as far as names depend on them; those of the environment count. */
function openFor(
  given: Expectation['given'],
  { cwd, env, packageDirectory, signal }: CommandContext,
): Pick<Question, 'place' | 'slice'> {
  const defaults = environmentDefaults(GLOBAL_OPTIONS, env);
  const all = (name: keyof typeof GLOBAL_OPTIONS): readonly string[] =>
    given.get(name) ?? [defaults[name]?.default].flat().map(String);
  const last = (name: keyof typeof GLOBAL_OPTIONS): string | undefined =>
    given.get(name)?.at(-1) ?? textOf(defaults[name]?.default);
  const overrides = [
    ...(given.get('set') ?? []).map((text) => ({ kind: 'string', text }) as const),
    ...(given.get('set-literal') ?? []).map((text) => ({ kind: 'literal', text }) as const),
  ];
  const place = openWorkplace({
    cwd,
    env,
    packageDirectory,
    driver: DRIVER_NAMES.find((name) => name === last('driver')),
    connect: last('connect'),
    root: last('root'),
    project: projectOf(last('project')),
    payload: localPayload(last('payload')),
    files: all('config'),
    overrides,
    emit: () => undefined,
    signal,
  });
  return { place, slice: last('slice') };
}

/** Nothing is fetched while somebody types. */
function localPayload(text: string | undefined): string | undefined {
  return text?.includes(':') === true ? undefined : text;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

async function inspect({ place }: Question, filter: { readonly slice?: number }): Promise<readonly SliceState[]> {
  const driver = await place.driver();
  return await driver.inspect(filter, place.verb);
}

async function sliceNumbers(question: Question): Promise<readonly Candidate[]> {
  const slices = await inspect(question, {});
  return slices.map(({ slice, vms }) => ({
    word: String(slice),
    description: vms.map(({ hostname }) => hostname).join(', '),
  }));
}

async function vmNames(question: Question): Promise<readonly Candidate[]> {
  const slices = await inspect(question, { slice: await sliceOf(question) });
  return slices.flatMap(({ vms }) =>
    vms.map(({ hostname, power, accessAddress }) => ({
      word: hostname,
      description: accessAddress === null ? power : `${power}, ${accessAddress}`,
    })),
  );
}

/** A path stands behind the colon. */
async function guestFolders(question: Question): Promise<readonly Candidate[]> {
  const names = [...(await vmNames(question)), ...(await vmRoles(question))];
  return names.map(({ word, description }) => ({ word: `${word}:`, description }));
}

async function vmRoles(question: Question): Promise<readonly Candidate[]> {
  const slices = await inspect(question, { slice: await sliceOf(question) });
  const roles = new Set(slices.flatMap(({ vms }) => vms.map(({ role }) => role)));
  return [...roles].map((role) => ({ word: role, description: 'all VMs of this role' }));
}

/** Returns the slice that a command works on. */
async function sliceOf({ place, slice }: Question): Promise<number> {
  if (slice !== undefined || !(await place.mayBeConfigured())) return parseSlice(slice);
  return (await place.configuration()).slice ?? parseSlice();
}

async function snapshotsOf(question: Question): Promise<readonly Candidate[]> {
  const { place } = question;
  const { snapshotNames } = await import('../../slice/snapshot-record.js');
  const names = await snapshotNames(slicePaths(await place.root(), await sliceOf(question)));
  return names.map((word) => ({ word, description: 'snapshot' }));
}

async function checkpointsOf({ place, slice }: Question): Promise<readonly Candidate[]> {
  const { listCheckpoints } = await import('../../checkpoint/list-checkpoints.js');
  const number = slice === undefined ? undefined : parseSlice(slice);
  const checkpoints = await listCheckpoints(await place.root(), number);
  return checkpoints.map(({ key, vms }) => ({ word: key, description: vms.join(', ') }));
}

async function payloadNames({ place }: Question): Promise<readonly Candidate[]> {
  const { shippedPayloads } = await import('../../payload/find-payload.js');
  const payloads = await shippedPayloads(place.settings.packageDirectory);
  return payloads.map(({ name, folder }) => ({ word: name, description: folder }));
}

async function layerNames(question: Question): Promise<readonly Candidate[]> {
  const { machineMatrix } = await question.place.configuration();
  return Object.entries(machineMatrix).map(([layer, roles]) => ({
    word: layer,
    description: Object.keys(roles).join(', '),
  }));
}

/** Roles of the layers on the line; their count is behind a colon. */
async function planRoles(question: Question): Promise<readonly Candidate[]> {
  const first = question.given.get('layers')?.[0];
  const { machineMatrix, topology } = await question.place.configuration();
  const isLayers = first !== undefined && !first.includes(':');
  const layers = isLayers ? first.split(',') : (topology?.layers ?? DEFAULT_LAYERS);
  const before = [...(isLayers ? [] : [first ?? '']), ...(question.given.get('topology') ?? [])];
  const asked = [...before, question.typed].flatMap((text) => text.split(','));
  const taken = new Set(asked.flatMap((text) => (text.includes(':') ? [text.split(':')[0]] : [])));
  const roles = new Set(layers.flatMap((layer) => Object.keys(machineMatrix[layer] ?? {})));
  return [...roles].filter((role) => !taken.has(role)).map((role) => ({ word: `${role}:`, description: 'VMs' }));
}

async function slotNames(question: Question): Promise<readonly Candidate[]> {
  const { imageFlow } = await question.place.configuration();
  return Object.entries(imageFlow).map(([slot, recipe]) => ({ word: slot, description: Object.keys(recipe)[0] ?? '' }));
}

async function tagNames({ place, given }: Question): Promise<readonly Candidate[]> {
  const root = await place.root();
  const slot = given.get('slot')?.[0];
  const found = await Promise.all(
    (slot === undefined ? await madeSlots(root) : [slot]).map((name) => tagsOf(root, name)),
  );
  return found.flat().map(({ tag, slot: of }) => ({ word: tag, description: of }));
}

async function imageNames({ place }: Question): Promise<readonly Candidate[]> {
  const root = await place.root();
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
