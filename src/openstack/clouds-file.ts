import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { mergeTrees } from '../config/merge-trees.js';
import { showPath } from '../config/place.js';
import { problemsError, type Problem } from '../config/problem.js';
import { readBytes } from '../config/read-bytes.js';
import { readConfigurationFile } from '../config/read-configuration-file.js';
import { treeAt, treeEntries, type Tree } from '../config/tree.js';
import { VirtbsError } from '../errors.js';
import { cloudsFolders } from '../filenames.js';

export interface CloudsFileOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The clouds that the first `clouds.yaml` on the search path tells of, with what `secure.yaml` and profiles add to them. */
export interface CloudsFile {
  /** As it is shown. */
  readonly source: string;
  readonly clouds: ReadonlyMap<string, Tree>;
}

/** What a problem of the file may say; anything else may repeat a part of the file, and so a password. */
const HARMLESS = [
  /^key "[^"]*" stands twice/,
  /^(?:a tab cannot|nested|a second document|more than \d+|no such file|this is a folder|no permission|too many links)/,
  /^(?:larger than|a byte that)/,
];

/**
 * Reads the clouds that a user has: `OS_CLIENT_CONFIG_FILE`, or `clouds.yaml` in the working directory, the user's folder of
 * settings or the system's; the first that is there counts alone. `secure.yaml` is found alike and laid over it.
 *
 * @see https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
 * @returns nothing where there is no such file
 * @throws VirtbsError `config-invalid` where one cannot be read
 */
export async function readCloudsFile(options: CloudsFileOptions): Promise<CloudsFile | undefined> {
  const [clouds, secure, vendors] = await Promise.all([
    readFirst('clouds', options, 'OS_CLIENT_CONFIG_FILE'),
    readFirst('secure', options, 'OS_CLIENT_SECURE_FILE'),
    readFirst('clouds-public', options),
  ]);
  if (!clouds) return undefined;
  const tree = secure ? mergeTrees(clouds.tree, secure.tree) : clouds.tree;
  const entries = [...treeEntries(tree, ['clouds'])].map(([name, entry]): [string, Tree] => [
    name,
    onProfile(entry.tree, vendors?.tree),
  ]);
  return { source: clouds.source, clouds: new Map(entries) };
}

/** A cloud laid over the profile that it names, where that is in `clouds-public.yaml`. */
function onProfile(cloud: Tree, vendors: Tree | undefined): Tree {
  const profile = treeAt(cloud, ['profile']) ?? treeAt(cloud, ['cloud']);
  const name = profile?.kind === 'scalar' ? profile.value : null;
  const base = vendors && typeof name === 'string' ? treeAt(vendors, ['public-clouds', name]) : undefined;
  return base ? mergeTrees(base, cloud) : cloud;
}

interface ReadFile {
  readonly source: string;
  readonly tree: Tree;
}

async function readFirst(
  name: string,
  { environment, cwd }: CloudsFileOptions,
  variable?: string,
): Promise<ReadFile | undefined> {
  const given = variable === undefined ? undefined : environment[variable];
  const named = given === undefined || given === '' ? [] : [resolve(cwd, given)];
  const home = environment['HOME'] ?? homedir();
  const folders = [cwd, ...cloudsFolders(home, environment['XDG_CONFIG_HOME'])];
  const searched = folders.flatMap((folder) =>
    ['yaml', 'yml', 'json'].map((suffix) => join(folder, `${name}.${suffix}`)),
  );
  for (const path of named.length > 0 ? named : searched) {
    const file = await readBytes(path);
    if (named.length === 0 && isMissing(file.bytes)) continue;
    const { tree, problems } = readConfigurationFile(file, cwd);
    if (problems.length > 0)
      throw describe(problems, variable !== undefined && named.length > 0 ? variable : undefined);
    if (tree) return { source: showPath(path, cwd), tree };
  }
  return undefined;
}

/** One that may not be read is passed over too: /etc/openstack is often closed to users. */
function isMissing(bytes: unknown): boolean {
  return bytes instanceof Error && 'code' in bytes && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(String(bytes.code));
}

function describe(problems: readonly Problem[], variable: string | undefined): VirtbsError {
  const harmless = problems.map(({ place, what }) => ({
    place,
    what: HARMLESS.some((pattern) => pattern.test(what))
      ? what
      : 'this is not YAML: text with signs in it goes in quotes',
  }));
  const error = problemsError(harmless);
  const missing = variable !== undefined && problems.every(({ place }) => place.line === undefined);
  return missing ? new VirtbsError(error.code, error.message, { hint: `see ${variable} in the environment` }) : error;
}
