import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { DriverSections } from './driver-section.js';
import type { Place } from '../yaml/place.js';
import { CI_PATHS, CI_REPOSITORIES } from './ci-schema.js';
import { FIRST_BOOT_PATHS, isPublicKey, isText } from './first-boot-schema.js';
import { PROVISION_PATHS } from './provision-schema.js';
import { RUNNER_PATHS } from './runner-schema.js';
import { SHARE_PATHS } from './share-schema.js';
import type { Tree, TreeEntry } from '../yaml/tree.js';

/** The places of paths in image recipes. `*` is every item of a list. */
const PATHS: readonly (readonly string[])[] = [
  ['image_download', 'url'],
  ['image_download', 'url', '*'],
  ['image_download', 'signature'],
  ['image_download', 'keyring'],
  ...PROVISION_PATHS.map((path) => ['image_customize', ...path]),
  ['image_script', 'script'],
];

/** The places of paths in tasks. */
const TASK_PATHS: readonly (readonly string[])[] = [
  ['script'],
  ['ansible'],
  ['program'],
  ['on_restore'],
  ['reads', '*'],
  ['files', '*', 'source'],
];

/** The maps of roles and VMs, which say what is given at the first boot. */
const ROLE_MAPS = [
  ['machine_matrix', '*', '*'],
  ['topology', 'roles', '*'],
  ['topology', 'vms', '*'],
];

/** The keys whose value is either the digits or a path. */
const DIGESTS = ['sha256', 'sha512'].map((algorithm) => ['image_download', algorithm]);

/**
 * The configuration with absolute paths in its recipes, tasks and roles: a relative one counts from the folder of the file that has it, so that a
 * recipe and its scripts can be moved together; in an option, from where one stands.
 */
export function anchorPaths(
  tree: Tree,
  { cwd, drivers: { sections } }: { readonly cwd: string; readonly drivers: DriverSections },
): Tree {
  const anchor = (text: string, place: Place): string => (isUrl(text) ? text : resolve(sourceFolder(place, cwd), text));
  const anchorUnlessDigits = (text: string, place: Place): string =>
    /^[\da-f]+$/i.test(text) ? text : anchor(text, place);
  const images = PATHS.reduce((whole, path) => replaceAt(whole, ['image_flow', '*', ...path], anchor), tree);
  const anchored = TASK_PATHS.reduce((whole, path) => replaceAt(whole, ['tasks', '*', ...path], anchor), images);
  const anchorUnlessText = (text: string, place: Place): string =>
    isText(text) || isPublicKey(text) ? text : anchor(fromHome(text), place);
  const roles = ROLE_MAPS.flatMap((map) => [...FIRST_BOOT_PATHS, ...SHARE_PATHS].map((path) => [...map, ...path]));
  const given = roles.reduce((whole, path) => replaceAt(whole, path, anchorUnlessText), anchored);
  const fromHomeOrFile = (text: string, place: Place): string => anchor(fromHome(text), place);
  const serverPaths = [...CI_PATHS.map((path) => ['ci', ...path]), ...RUNNER_PATHS.map((path) => ['runner', ...path])];
  const withServers = serverPaths.reduce((whole, path) => replaceAt(whole, path, fromHomeOrFile), given);
  // Git takes anything else for a host or an absolute path.
  const fromHere = (text: string, place: Place): string =>
    /^(?:\.{1,2}|~)\//.test(text) ? fromHomeOrFile(text, place) : text;
  const withRepositories = CI_REPOSITORIES.reduce(
    (whole, path) => replaceAt(whole, ['ci', ...path], fromHere),
    withServers,
  );
  const driverPaths = Object.entries(sections).flatMap(([name, { paths = [] }]) =>
    paths.map((path) => [name, ...path]),
  );
  const withDrivers = driverPaths.reduce((whole, path) => replaceAt(whole, path, fromHomeOrFile), withRepositories);
  return DIGESTS.reduce(
    (whole, path) => replaceAt(whole, ['image_flow', '*', ...path], anchorUnlessDigits),
    withDrivers,
  );
}

/** Returns the folder from which relative paths count that are written there: that of the file, or where one stands for an option. */
export function sourceFolder({ source, override }: Place, cwd: string): string {
  return resolve(cwd, override === undefined ? dirname(source) : '');
}

/** A path below `~/`, as people write those of their keys. */
function fromHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

function isUrl(text: string): boolean {
  return /^(?:[a-z][a-z\d+.-]*:\/\/|file:)/i.test(text);
}

function replaceAt(tree: Tree, path: readonly string[], replace: (text: string, place: Place) => string): Tree {
  const [step, ...rest] = path;
  if (step === undefined) {
    return tree.kind === 'scalar' && typeof tree.value === 'string'
      ? { ...tree, value: replace(tree.value, tree.place) }
      : tree;
  }
  if (tree.kind === 'list' && step === '*') {
    return { ...tree, items: tree.items.map((item) => replaceAt(item, rest, replace)) };
  }
  if (tree.kind !== 'map') return tree;
  const change = ([key, entry]: [string, TreeEntry]): [string, TreeEntry] =>
    step === '*' || step === key ? [key, { ...entry, tree: replaceAt(entry.tree, rest, replace) }] : [key, entry];
  return { ...tree, entries: new Map([...tree.entries].map(change)) };
}
