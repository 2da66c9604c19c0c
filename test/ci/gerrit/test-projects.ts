import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../../../src/process/run-program.js';
import type { GerritWorld, WorldChange } from './gerrit-world.js';

/** A Gerrit of the tests, as far as it has projects. */
export interface ProjectServer {
  readonly world: GerritWorld;
  readonly folder: string;
  /** The folder of its bare repositories. */
  readonly repositories: string;
}

const IDENTITY = ['-c', 'user.name=Alice', '-c', 'user.email=alice@example.org', '-c', 'init.defaultBranch=main'];

/** Runs git in a folder, as Alice where nobody else is known. */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  return (await runProgram('git', ['-C', directory, ...IDENTITY, ...args], {})).stdout.trim();
}

/** Makes a project of a Gerrit whose branch main has these files. @returns a clone of it */
export async function makeProject(
  gerrit: ProjectServer,
  project: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const bare = join(gerrit.repositories, `${project}.git`);
  await mkdir(bare, { recursive: true });
  await git(bare, 'init', '--quiet', '--bare');
  const clone = join(gerrit.folder, 'clones', project);
  await mkdir(clone, { recursive: true });
  await git(clone, 'init', '--quiet');
  await git(clone, 'remote', 'add', 'origin', bare);
  await commit(clone, 'Begin', files);
  await git(clone, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
  await git(clone, 'fetch', '--quiet', 'origin');
  return clone;
}

/** Commits files in a clone. */
export async function commit(clone: string, message: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(clone, name)), { recursive: true });
    await writeFile(join(clone, name), content);
  }
  await git(clone, 'add', '.');
  await git(clone, 'commit', '--quiet', '--allow-empty', '-m', message);
}

/**
 * Takes what was pushed to `refs/for/BRANCH` of a project, as Gerrit does: each commit that the branch does not have is a change, or a
 * patch set of the one with its Change-Id.
 */
export async function receivePush(gerrit: ProjectServer, project: string): Promise<readonly WorldChange[]> {
  const bare = join(gerrit.repositories, `${project}.git`);
  const refs = (await git(bare, 'for-each-ref', '--format=%(refname)', 'refs/for/')).split('\n').filter(Boolean);
  const taken: WorldChange[] = [];
  for (const ref of refs) {
    const branch = ref.slice('refs/for/'.length);
    const commits = await git(bare, 'rev-list', '--reverse', ref, '--not', `refs/heads/${branch}`);
    for (const revision of commits.split('\n').filter(Boolean)) {
      const change = await takeCommit(gerrit, { project, branch, revision, bare });
      if (change) taken.push(change);
    }
    await git(bare, 'update-ref', '-d', ref);
  }
  return taken;
}

async function takeCommit(
  { world }: ProjectServer,
  of: { readonly project: string; readonly branch: string; readonly revision: string; readonly bare: string },
): Promise<WorldChange | undefined> {
  const { project, branch, revision, bare } = of;
  const message = await git(bare, 'log', '-1', '--format=%B', revision);
  const [, changeId] = /^Change-Id: (I[0-9a-f]{40})$/m.exec(message) ?? [];
  const known = [...world.changes.values()].find(
    (change) => change.project === project && change.branch === branch && change.changeId === changeId,
  );
  if (known?.patchSets.some((set) => set.revision === revision) === true) return undefined;
  const files = (await git(bare, 'diff-tree', '-r', '--root', '--no-commit-id', '--name-only', revision)).split('\n');
  const { number, set } = world.nextPatchSet(known?.number);
  const folder = String(number % 100).padStart(2, '0');
  // Before anybody is told.
  await git(bare, 'update-ref', `refs/changes/${folder}/${number}/${set}`, revision);
  return world.upload({
    ...{ change: number, project, branch, revision, files },
    subject: message.split('\n', 1)[0] ?? '',
    ...(changeId !== undefined && { changeId }),
  });
}
