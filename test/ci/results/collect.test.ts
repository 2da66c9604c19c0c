import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { collectLogs, type CollectedVm } from '../../../src/ci/results/collect-logs.js';
import { collectResults } from '../../../src/ci/results/collect-results.js';
import { globWord } from '../../../src/ci/results/fetch-files.js';
import { findFiles } from '../../../src/ci/results/find-files.js';
import { packet } from './subunit-bytes.js';

const { signal } = new AbortController();

/** This machine in the place of a VM: no ssh is between. */
function vm(hostname: string, text: string): CollectedVm {
  async function* console(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  }
  return { hostname, role: 'node', guest: { sshConfig: '/nowhere', hostname, local: true }, failed: false, console };
}

t.test('files of VMs and of this machine are collected, links as nothing here, large ones packed', async (t) => {
  const folder = t.testdir({
    vm: { log: { 'a b.log': 'said', 'c.txt': 'other' } },
    here: { out: { 'x.log': 'here' } },
    logs: {},
    'secret.log': 'secret',
  });
  await writeFile(join(folder, 'vm', 'log', 'large.log'), 'x'.repeat(2 * 1024 ** 2));
  await symlink(join(folder, 'secret.log'), join(folder, 'here', 'out', 'link.log'));
  await symlink(folder, join(folder, 'here', 'up'));
  const patterns = {
    node: [`${folder}/vm/log/*.log`],
    here: ['out/*.log', 'up/*.log', '../*.log', '**/secret.log'],
    other: ['/etc/passwd'],
  };
  const problems = await collectLogs({
    patterns,
    vms: [vm('node-1', 'boot\n')],
    here: join(folder, 'here'),
    folder: join(folder, 'logs'),
    signal,
  });
  t.strictSame(problems, []);
  const found = (await readdir(join(folder, 'logs'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  t.strictSame(found.sort(), ['a b.log', 'console.log', 'large.log.gz', 'x.log']);
  t.equal(await readFile(join(folder, 'logs', 'node-1', 'console.log'), 'utf8'), 'boot\n');
  t.equal(await readFile(join(folder, 'logs', 'here', 'out', 'x.log'), 'utf8'), 'here');
});

t.test('a VM that does not answer is told, and keeps no other from being asked', async (t) => {
  const folder = t.testdir({ a: { 'x.log': 'x' }, logs: {} });
  const silent: CollectedVm = {
    hostname: 'gone',
    role: 'node',
    guest: { sshConfig: '/nowhere', hostname: 'gone' },
    failed: true,
  };
  const problems = await collectLogs({
    patterns: { all: [`${folder}/a/*`] },
    vms: [silent, vm('node-1', '')],
    here: folder,
    folder: join(folder, 'logs'),
    signal,
  });
  t.match(
    problems.map(({ place }) => place),
    ['gone: journal', 'gone: files'],
  );
  t.equal(await readFile(join(folder, 'logs', 'node-1', folder, 'a', 'x.log'), 'utf8'), 'x');
});

t.test('results are read from VMs and this machine, and say what a run came to', async (t) => {
  const folder = t.testdir({ here: {}, vm: { '.stestr': { 'next-stream': '11' } }, kept: {} });
  const repository = join(folder, 'vm', '.stestr');
  await writeFile(join(repository, '9'), packet({ id: 'old', status: 'fail' }));
  await writeFile(join(repository, '10'), packet({ id: 'new', status: 'success' }));
  const common = { vms: [vm('node-1', '')], here: join(folder, 'here'), folder: join(folder, 'kept'), signal };
  const stestr = await collectResults({ ...common, format: 'stestr', files: [repository] });
  t.match(stestr, { verdict: 'passed', tests: [{ name: 'new' }], counts: { passed: 1, failed: 0 }, summary: '' });
  const auto = await collectResults({ ...common, format: 'auto', files: [repository] });
  t.strictSame(
    auto.tests.map(({ name }) => name),
    ['new'],
  );
  await writeFile(join(folder, 'here', 'a.xml'), '<testsuite><testcase name="x"><failure/></testcase></testsuite>');
  const both = await collectResults({ ...common, format: 'auto', files: [repository, '*.xml'] });
  t.match(both, { verdict: 'failed', summary: '1 of 2 tests failed', counts: { passed: 1, failed: 1, skipped: 0 } });
  await writeFile(join(folder, 'here', 'b.xml'), 'nothing');
  t.match(await collectResults({ ...common, vms: [], format: 'auto', files: ['b.xml'] }), {
    verdict: 'broken',
    summary: /^b\.xml: neither/,
  });
  t.match(await collectResults({ ...common, vms: [], format: 'auto', files: ['none'] }), {
    verdict: 'broken',
    summary: 'none: no file of results was found',
  });
  const exit = { step: 'make check', code: 3, output: 'last words' };
  t.match(await collectResults({ ...common, format: 'exit', files: [], exit }), {
    verdict: 'failed',
    tests: [{ name: 'make check', status: 'fail', reason: 'exit code 3', details: { output: 'last words' } }],
  });
});

t.test('a pattern is a word of shell in which only * ? and [] are special', (t) => {
  t.equal(globWord('/var/log/*.log'), '/var/log/*.log');
  t.equal(globWord('a b/$(rm)/[ab]?'), "'a b/$(rm)/'[ab]?");
  t.equal(globWord('-rf'), './-rf');
  t.equal(globWord('x[;`]'), 'x[??]');
  t.end();
});

t.test('no pattern leads out of its folder, and hidden files are asked for by name', async (t) => {
  const folder = t.testdir({ a: { b: { 'c.txt': '' }, '.d': '' } });
  const find = async (...patterns: readonly string[]) =>
    (await findFiles(patterns, folder)).map((path) => path.slice(folder.length + 1));
  t.strictSame(await find('a'), ['a/.d', 'a/b/c.txt']);
  t.strictSame(await find('**/*.txt', 'a/*'), ['a/b/c.txt']);
  t.strictSame(await find('a/.*', 'a/[!a]/?.txt'), ['a/.d', 'a/b/c.txt']);
  t.strictSame(await find('../*', 'a/[z-a]', 'a/[', 'nothing/*'), []);
  await mkdir(join(folder, 'e'));
  t.strictSame(await find('e'), []);
});
