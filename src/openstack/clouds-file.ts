import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { mergeTrees } from '../yaml/merge-trees.js';
import { showPath } from '../yaml/place.js';
import { problemsError, type Problem } from '../yaml/problem.js';
import { readBytes } from '../yaml/read-bytes.js';
import { readYamlFile } from '../yaml/read-yaml-file.js';
import { treeAt, treeEntries, type Tree } from '../yaml/tree.js';
import { VirtbsError } from '../errors.js';
import { cloudsFolders } from '../filenames.js';

export interface CloudsFileOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The clouds that the first `clouds.yaml` on the search path tells of, with what `secure.yaml` and profiles add to them. */
export interface CloudsFile {
  /** The file, as messages show it. */
  readonly source: string;
  readonly clouds: ReadonlyMap<string, Tree>;
  /** The names of profiles that clouds name but no `clouds-public.yaml` has. */
  readonly missingProfiles: ReadonlyMap<string, string>;
}

/** Problems whose words may be shown. All others may repeat a part of the file, and so a password. */
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
  const known = new Map<string, Tree>();
  const missingProfiles = new Map<string, string>();
  for (const [name, entry] of treeEntries(tree, ['clouds'])) {
    const profile = profileOf(entry.tree);
    const base = vendors && profile !== undefined ? treeAt(vendors.tree, ['public-clouds', profile]) : undefined;
    known.set(name, base ? mergeTrees(base, entry.tree) : entry.tree);
    if (profile !== undefined && !base) missingProfiles.set(name, profile);
  }
  return { source: clouds.source, clouds: known, missingProfiles };
}

/** The profile that a cloud is laid over. */
function profileOf(cloud: Tree): string | undefined {
  const profile = treeAt(cloud, ['profile']) ?? treeAt(cloud, ['cloud']);
  return profile?.kind === 'scalar' && typeof profile.value === 'string' ? profile.value : undefined;
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
    const { tree, problems } = readYamlFile(file, cwd);
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
  if (!missing) return error;
  return new VirtbsError(error.code, error.message, {
    hint: `see ${variable} in the environment`,
    problems: error.problems,
  });
}
