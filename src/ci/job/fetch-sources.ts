import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CiCheckout } from '../../config/ci-settings.js';
import { VirtbsError } from '../../errors.js';
import type { ChangeEvent } from '../change-event.js';
import type { ChangeFinder, FoundChange } from '../depends/change-finder.js';
import { resolveDependencies } from '../depends/resolve-dependencies.js';
import { describeDependency, type RunDependency } from '../depends/run-dependency.js';
import { fitsList } from '../match-trigger.js';
import type { BareRepositoryOptions } from './bare-repository.js';
import { fetchChange, hasBranch, type FetchedChange } from './fetch-change.js';
import { mergeChange } from './merge-change.js';

export interface FetchSourcesOptions extends Pick<BareRepositoryOptions, 'repositories' | 'env' | 'signal'> {
  readonly event: ChangeEvent;
  readonly checkout: CiCheckout;
  /** What is tested instead of what git fetches. */
  readonly given: string | null;
  /** The folder of the run. */
  readonly folder: string;
  /** Returns where a project is fetched from, where the job does not say it. */
  readonly urlOf: (project: string) => string | undefined;
  /** Who knows changes; a change depends on nothing where nobody does. */
  readonly finder: ChangeFinder | undefined;
  readonly note: (line: string) => void;
}

/** What is tested, on this machine. */
export interface Sources {
  /** The checkout of the change. */
  readonly directory: string;
  /** The folder of the other projects, each below its name. */
  readonly projects: string;
  /** Checkouts of other projects. */
  readonly others: readonly OtherSource[];
  readonly depends: readonly PlacedDependency[];
}

export interface OtherSource {
  readonly project: string;
  readonly directory: string;
  /** The folder of the VMs that gets it; null for none. */
  readonly to: string | null;
}

/** A change that a change depends on, and where a step finds it. */
export interface PlacedDependency extends RunDependency {
  /** The checkout of this machine that has it; null where it is on another branch than the checkout. */
  readonly path: string | null;
  /** The folder of the VMs; null where it is not copied to them. */
  readonly to: string | null;
}

const PROJECT = /^[\w.+-]+(?:\/[\w.+-]+)*$/;

/**
 * Checks out what is tested: the change, the changes that it depends on, and the projects that the job names. Changes of one project
 * are merged into one checkout; other projects are beside.
 *
 * @throws UnmetDependency where a person must see to what the change depends on
 */
export async function fetchSources(options: FetchSourcesOptions): Promise<Sources> {
  const { event, checkout, given, folder, finder, note, signal } = options;
  const directory = given ?? join(folder, 'checkout');
  const projects = join(folder, 'projects');
  const fetched = join(folder, 'fetched');
  let depends: readonly PlacedDependency[] = [];
  if (given === null) {
    const { revision, messages } = await fetchOwn(options, directory);
    note(`checkout: ${revision}`);
    if (finder) {
      const messagesOf = async (change: FoundChange): Promise<readonly string[]> => {
        const place = join(fetched, String(change.number));
        return (await fetchFound(options, change, place)).messages;
      };
      const found = await resolveDependencies({ event, messages, finder, messagesOf, note, signal });
      depends = await placeAll(found, options, { directory, projects, fetched });
      await rm(fetched, { recursive: true, force: true });
    }
  }
  const others = new Map<string, OtherSource>();
  for (const { project, path, to } of depends) {
    if (project !== event.project && path !== null) others.set(project, { project, directory: path, to });
  }
  for (const project of Object.keys(checkout.projects).filter((name) => PROJECT.test(name))) {
    if (project === event.project || others.has(project)) continue;
    const place = join(projects, nameOf(project));
    const source = sourceOf(project, options);
    const ref = (await hasBranch(event.branch, source)) ? `refs/heads/${event.branch}` : 'HEAD';
    await mkdir(dirname(place), { recursive: true });
    const { revision } = await fetchChange({ ...source, ref, directory: place });
    note(`checkout: ${project} ${ref}: ${revision}`);
    others.set(project, { project, directory: place, to: folderFor(project, checkout) });
  }
  return { directory, projects, others: [...others.values()], depends };
}

async function fetchOwn(options: FetchSourcesOptions, directory: string): Promise<FetchedChange> {
  const { event, finder } = options;
  const { patchSet, revision, branch, project } = event;
  const ref = patchSet?.ref ?? revision ?? branch;
  const source = sourceOf(project, options);
  return await fetchChange({ ...source, ref, directory, ...(patchSet && finder && { branch }) });
}

async function fetchFound(
  options: FetchSourcesOptions,
  { project, branch, patchSet: { ref } }: FoundChange,
  directory: string,
): Promise<FetchedChange> {
  await mkdir(dirname(directory), { recursive: true });
  return await fetchChange({ ...sourceOf(project, options), ref, branch, directory });
}

interface Places {
  readonly directory: string;
  readonly projects: string;
  /** Below it each change that was found has a checkout of its own, by its number. */
  readonly fetched: string;
}

/** Puts each change where its project belongs: into the checkout of the change that is tested, or into one beside. */
async function placeAll(
  found: readonly FoundChange[],
  { event, checkout, note, signal }: FetchSourcesOptions,
  { directory, projects, fetched }: Places,
): Promise<readonly PlacedDependency[]> {
  const branches = new Map([[event.project, event.branch]]);
  // The branch of the change that is tested is that of the others, where they have it.
  const ours = found.filter(({ branch }) => branch === event.branch);
  const placed = new Map<FoundChange, PlacedDependency>();
  for (const change of [...ours, ...found.filter((each) => !ours.includes(each))]) {
    const { project, branch, number, patchSet, url = null } = change;
    const isOwn = project === event.project;
    const dependency: RunDependency = {
      ...{ project, branch, url },
      ...{ change: number, patchSet: patchSet.number, revision: patchSet.revision },
    };
    const what = describeDependency(dependency);
    const known = branches.get(project);
    const from = join(fetched, String(number));
    const place = isOwn ? directory : join(projects, nameOf(project));
    // The branch of a change that is run by hand is not known.
    if (known !== undefined && known !== '' && known !== branch) {
      note(`depends on ${what}: it is on branch ${branch}, and not in the checkout of ${known}`);
      placed.set(change, { ...dependency, path: null, to: null });
      continue;
    }
    if (known === undefined) {
      branches.set(project, branch);
      await mkdir(dirname(place), { recursive: true });
      await rename(from, place);
    } else await mergeChange({ directory: place, from, what, signal });
    const to = isOwn ? (checkout.to ?? null) : folderFor(project, checkout);
    note(`depends on ${what}: ${patchSet.revision}${isOwn ? ', merged' : ''}`);
    placed.set(change, { ...dependency, path: place, to });
  }
  return found.flatMap((change) => placed.get(change) ?? []);
}

/** The folder of the VMs that a project is copied to: by its name, else by the first glob that fits. */
function folderFor(project: string, { projects }: CiCheckout): string | null {
  const entries = Object.entries(projects);
  const found = entries.find(([name]) => name === project) ?? entries.find(([glob]) => fitsList([glob], project));
  return found?.[1].replaceAll('{project}', () => nameOf(project)) ?? null;
}

function sourceOf(project: string, { checkout, event, urlOf, repositories, env, signal }: FetchSourcesOptions) {
  const said = checkout.url;
  const isFor = said !== undefined && (project === event.project || said.includes('{project}'));
  const url = isFor ? said.replaceAll('{project}', () => nameOf(project)) : urlOf(project);
  if (url === undefined) {
    throw new VirtbsError('usage', `nobody says where ${project} is fetched from`, {
      hint: 'say it with checkout: {url: …} in the job, or with ci.branches',
    });
  }
  return { project, url, repositories, env, signal };
}

/** @throws VirtbsError `usage` for a project whose name could lead elsewhere */
function nameOf(project: string): string {
  if (PROJECT.test(project) && !project.split('/').some((part) => /^\.+$/.test(part))) return project;
  throw new VirtbsError('usage', `${JSON.stringify(project)} is no name of a project`);
}
