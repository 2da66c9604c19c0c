import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import t from 'tap';
import * as z from 'zod';
import { describeError } from '../../src/cli/describe-error.js';
import { machineOutput } from '../../src/cli/machine-output.js';
import { errorPage } from '../../src/cli/render/error-page.js';
import { SCHEMAS } from '../../src/cli/schemas/schemas.js';
import { VirtbsError } from '../../src/errors.js';
import { LibvirtError } from '../../src/libvirt/libvirt-error.js';
import { packageDirectory } from '../../src/package-directory.js';
import { runVirtbs } from '../e2e/run-virtbs.js';
import { noLibvirt } from '../libvirt/no-libvirt.js';

const NOBODY_STOPS = new AbortController().signal;

/** What a failing command has printed, which must be what the shipped schema says. */
async function errorOf(text: string): Promise<unknown> {
  const path = join(await packageDirectory(), 'schemas', 'error.schema.json');
  const shipped = JSON.parse(await readFile(path, 'utf8')) as z.core.JSONSchema.JSONSchema;
  const told: unknown = JSON.parse(text);
  const { error } = z.fromJSONSchema(shipped).safeParse(told);
  if (error) throw error;
  return told;
}

t.test('the last line of an error is its code', async (t) => {
  const root = t.testdir({});
  const { stdout, stderr } = await runVirtbs('/', '--root', root, 'ssh', 'plain');
  t.match(stderr, /^error: [^\n]+\nhint: [^\n]+\ncode: [a-z]+(-[a-z]+)*$/);
  t.equal(stdout, '');
  t.match((await runVirtbs('/', 'cycel')).stderr, /\ncode: usage$/);
});

t.test('with --json an error is one object on stdout, also where the line is not understood', async (t) => {
  for (const [line, code] of [
    ['--json cycel', 'usage'],
    ['plan roles plain:1 --json --no-such-option', 'usage'],
    ['plan --json', 'usage'],
    ['--json --slice foo ls', 'usage'],
    ['plan roels plain --json', 'usage'],
    ['-s 1 plan roles plain:250 --json', 'plan-invalid'],
    ...(noLibvirt ? [] : [['--json --connect qemu+unix:///system?socket=/nowhere ls', 'libvirt-unreachable'] as const]),
  ] as const) {
    const { code: exit, stdout, stderr } = await runVirtbs('/', ...line.split(' '));
    t.match(await errorOf(stdout), { version: 1, error: { code, place: null, problems: [], vms: [] } }, line);
    t.equal(exit, code === 'libvirt-unreachable' ? 1 : 2, line);
    t.match(stderr, /^error: /, `${line}: people are told, too`);
  }
});

t.test('every mistake in the configuration has its place in JSON', async (t) => {
  const directory = t.testdir({ 'mine.yaml': 'network_flags:\n  net:\n    mtu: big\n    no_such_flag: 1\n' });
  const options = ['-c', 'mine.yaml', '-e', 'network_flags.net.ipv6=perhaps'];
  const { code, stdout } = await runVirtbs(directory, ...options, 'plan', 'roles', 'plain', '--json');
  t.equal(code, 2);
  t.match(await errorOf(stdout), {
    error: {
      code: 'config-invalid',
      place: { file: 'mine.yaml', line: 3, column: 10, option: null },
      problems: [
        { place: { file: 'mine.yaml', line: 3, column: 10, option: null }, message: /big/ },
        { place: { file: 'mine.yaml', line: 4, column: 5, option: null }, message: /no_such_flag/ },
        { place: { file: null, line: null, column: null, option: '-e network_flags.net.ipv6=perhaps' } },
      ],
    },
  });
});

t.test('with --progress json stderr has JSON lines, the error the last of them', async (t) => {
  for (const line of ['--progress json cycel', 'plan roels plain --progress=json']) {
    const { stdout, stderr } = await runVirtbs('/', ...line.split(' '));
    const events = stderr.split('\n').map((each) => SCHEMAS.event.parse(JSON.parse(each)));
    t.match(events.at(-1), { version: 1, type: 'error', code: 'usage' }, line);
    t.equal(stdout, '');
  }
  const wrong = await runVirtbs('/', 'ls', '--progress', 'xml');
  t.match(wrong, { code: 2, stderr: /progress/ });
});

t.test('what asks for JSON is seen before the line is understood', async (t) => {
  const asked = (line: string, env = {}) => machineOutput(line.split(' '), env);
  t.strictSame(asked('ls'), { json: false, progress: false });
  t.strictSame(asked('ls --json'), { json: true, progress: false });
  t.strictSame(asked('ls --json --no-json'), { json: false, progress: false }, 'the last one counts');
  t.strictSame(asked('run -- jq --json --progress json'), { json: false, progress: false }, 'of others');
  t.strictSame(asked('ls', { VIRTBS_JSON: '1', VIRTBS_PROGRESS: 'json' }), { json: true, progress: true });
  t.strictSame(asked('ls --no-json --progress auto', { VIRTBS_JSON: '1', VIRTBS_PROGRESS: 'json' }), {
    json: false,
    progress: false,
  });
});

t.test('what the system refuses is no bug, and what is one says so in JSON, too', async (t) => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, open '/x'"), {
    code: 'ENOSPC',
    syscall: 'open',
  });
  t.match(await describeError(full, NOBODY_STOPS), { error: { code: 'not-enough-disk' }, exitCode: 1, stack: null });
  const libvirt = new LibvirtError({ code: 68, domain: 10, message: 'Timed out during operation', errno: null });
  t.match(await describeError(libvirt, NOBODY_STOPS), { error: { code: 'libvirt-busy', hint: /stop --force/ } });
  const bug = await describeError(new TypeError('x is not a function'), NOBODY_STOPS);
  t.match(bug, { error: { code: 'bug' }, exitCode: 1, stack: /x is not a function\n +at / });
  t.match(await describeError(new Error('any'), AbortSignal.abort()), { error: { code: 'cancelled' }, exitCode: 130 });
  t.match(await describeError(new VirtbsError('slice-empty', 'no'), NOBODY_STOPS), { error: { hint: null } });
});

t.test('docs/reference/errors.md is made of the table: otherwise call tools/write-errors.js', async (t) => {
  const path = join(await packageDirectory(), 'docs', 'reference', 'errors.md');
  const options = { ...(await resolveConfig(path)), filepath: path };
  t.equal(await readFile(path, 'utf8'), await format(errorPage(), options));
});
