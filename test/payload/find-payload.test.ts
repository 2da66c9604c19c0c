import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, getuid } from 'node:process';
import t, { type Test } from 'tap';
import { findPayload, shippedPayloads, type Payload } from '../../src/payload/find-payload.js';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';

const CONTENT = 'tasks: { hello: { on: all, run: hostname } }\n';

/** Finds payloads from a folder that has a root beside it. */
function finder(
  t: Test,
  variables = {},
): { readonly directory: string; readonly find: (text: string) => Promise<Payload> } {
  const directory = t.testdir({ root: { locks: {} }, mine: { 'virtbs.yaml': CONTENT }, empty: {} });
  const { signal } = new AbortController();
  const root = (): Promise<string> => Promise.resolve(join(directory, 'root'));
  return {
    directory,
    find: async (text) =>
      await findPayload(text, {
        cwd: directory,
        packageDirectory: await packageDirectory(),
        env: { ...env, ...variables },
        signal,
        root,
      }),
  };
}

/** Makes a repository with a payload in a folder of it. */
async function makeRepository(directory: string): Promise<{ readonly url: string; readonly commit: string }> {
  const path = join(directory, 'repository');
  await mkdir(join(path, 'inner'), { recursive: true });
  await writeFile(join(path, 'inner', 'virtbs.yaml'), CONTENT);
  const git = async (...args: readonly string[]): Promise<string> => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];
    return (await runProgram('git', ['-C', path, ...identity, ...args])).stdout;
  };
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'first');
  await git('tag', '-a', 'v1', '-m', 'first');
  return { url: `git+file://${path}`, commit: await git('rev-parse', 'HEAD') };
}

t.test('payloads that come with virtbs are found by name, others by folder', async (t) => {
  const { directory, find } = finder(t);
  const shipped = await shippedPayloads(await packageDirectory());
  t.ok(shipped.some(({ name }) => name === 'patroni'));
  t.match(await find('patroni'), { name: 'patroni', file: /payloads\/patroni\/virtbs\.yaml$/ });
  t.strictSame(await find('./mine'), {
    name: 'mine',
    folder: join(directory, 'mine'),
    file: join(directory, 'mine/virtbs.yaml'),
  });
  await t.rejects(find('patrony'), { code: 'usage', message: /did you mean "patroni"/ });
  await t.rejects(find('./empty'), { code: 'usage', message: /has no virtbs.yaml/ });
  await t.rejects(find('./nowhere'), { code: 'usage', message: /is not there/ });
  await t.rejects(find('./mine/virtbs.yaml'), { code: 'usage', message: /is no folder/ });
});

t.test('an archive is unpacked if it has its digest, once, and nothing is left of a wrong one', async (t) => {
  const { directory, find } = finder(t);
  const archive = join(directory, 'mine.tar.gz');
  await runProgram('tar', ['-czf', archive, '-C', directory, 'mine']);
  const digest = createHash('sha256').update(await readFile(archive)).digest('hex'); // prettier-ignore
  const wrong = find(`file://${archive}#sha256=${'0'.repeat(64)}`);
  await t.rejects(wrong, { code: 'payload-unavailable', message: new RegExp(`its sha256 is ${digest}, not 000`) });
  t.strictSame(await readdir(join(directory, 'root/payloads')), []);
  const found = await find(`file://${archive}#sha256=${digest}`);
  t.match(found, { name: 'mine', folder: join(directory, 'root/payloads', digest) });
  t.equal(await readFile(found.file, 'utf8'), CONTENT);
  await rm(archive);
  t.strictSame(await find(`file://${archive}#sha256=${digest}`), found, 'it is there: nothing is fetched');
  await t.rejects(find(`file://${archive}#sha256=${'1'.repeat(64)}`), { code: 'payload-unavailable' });
  await t.rejects(find(`http://127.0.0.1:9/x.tar.gz#sha256=${'1'.repeat(64)}`), {
    code: 'payload-unavailable',
    hint: /see whether the server can be reached/,
  });
  t.strictSame(await readdir(join(directory, 'root/payloads')), [digest]);
});

t.test(
  'a payload that another user has put in place of the right one is refused',
  { skip: getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const { directory, find } = finder(t);
    const digest = '2'.repeat(64);
    const folder = join(directory, 'root/payloads', digest);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'virtbs.yaml'), CONTENT);
    const text = `file:///gone.tar#sha256=${digest}`;
    t.match(await find(text), { folder });
    await chown(folder, 65534, 65534);
    await t.rejects(find(text), { code: 'payload-unavailable', message: /belongs to another user/ });
  },
);

t.test('what is no archive is refused although its digest is right', async (t) => {
  const { directory, find } = finder(t);
  const file = join(directory, 'mine/virtbs.yaml');
  const digest = createHash('sha256').update(CONTENT).digest('hex');
  await t.rejects(find(`file://${file}#sha256=${digest}`), { code: 'payload-unavailable', hint: /tar archive/ });
  t.strictSame(await readdir(join(directory, 'root/payloads')), []);
});

t.test('a repository is checked out by branch, tag or commit, and a commit needs no repository again', async (t) => {
  const { directory, find } = finder(t);
  const { url, commit } = await makeRepository(directory);
  const folder = join(directory, 'root/payloads', commit, 'inner');
  for (const ref of ['main', 'v1', commit]) {
    t.match(await find(`${url}#${ref}:inner`), { name: 'inner', folder }, ref);
  }
  t.strictSame(await readdir(join(directory, 'root/payloads', commit)), ['inner'], 'without what belongs to git');
  await t.rejects(find(`${url}#other:inner`), { code: 'payload-unavailable', message: /no branch or tag "other"/ });
  await t.rejects(find(url), { code: 'usage', message: /has no virtbs.yaml/ });
  await rename(join(directory, 'repository'), join(directory, 'gone'));
  t.match(await find(`${url}#${commit}:inner`), { folder });
  await t.rejects(find(`${url}#main:inner`), { code: 'payload-unavailable', hint: /whole commit/ });
});

t.test('a tag is the one of exactly this name, and comes before a branch', async (t) => {
  const { directory, find } = finder(t);
  const { url, commit } = await makeRepository(directory);
  const git = async (...args: readonly string[]): Promise<unknown> =>
    await runProgram('git', ['-C', join(directory, 'repository'), ...args]);
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  await git(...identity, 'commit', '--quiet', '--allow-empty', '-m', 'second');
  await git(...identity, 'tag', '-a', 'other/v1', '-m', 'second');
  await git('tag', 'v2', commit);
  await git(...identity, 'tag', '-a', 'other/v2', '-m', 'second');
  await git('branch', 'v2');
  const folder = join(directory, 'root/payloads', commit, 'inner');
  for (const ref of ['v1', 'v2']) t.match(await find(`${url}#${ref}:inner`), { folder }, ref);
});

t.test('a repository that a hook of git works on is left alone', async (t) => {
  const variables: Record<string, string> = {};
  const { directory, find } = finder(t, variables);
  const { url, commit } = await makeRepository(directory);
  const own = join(directory, 'own');
  await runProgram('git', ['init', '--quiet', own]);
  const head = await readFile(join(own, '.git/HEAD'), 'utf8');
  Object.assign(variables, { GIT_DIR: join(own, '.git'), GIT_WORK_TREE: own, GIT_INDEX_FILE: join(own, '.git/index') });
  t.match(await find(`${url}#main:inner`), { folder: join(directory, 'root/payloads', commit, 'inner') });
  t.equal(await readFile(join(own, '.git/HEAD'), 'utf8'), head);
  t.strictSame(await readdir(own), ['.git']);
});

t.test('other users may not write to what an archive has, whatever modes are in it', async (t) => {
  const { directory, find } = finder(t);
  const script = join(directory, 'mine/start.sh');
  await writeFile(script, 'exit 0\n');
  await chmod(script, 0o6777);
  const archive = join(directory, 'mine.tar');
  await runProgram('tar', ['-cf', archive, '-C', directory, 'mine']);
  const digest = createHash('sha256').update(await readFile(archive)).digest('hex'); // prettier-ignore
  const { folder } = await find(`file://${archive}#sha256=${digest}`);
  const { mode } = await stat(join(folder, 'start.sh'));
  t.equal(mode & 0o6002, 0, (mode & 0o7777).toString(8));
});
