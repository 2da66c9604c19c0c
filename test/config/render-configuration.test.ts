import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import t from 'tap';
import type { Configuration } from '../../src/config/configuration.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { configurationJson, renderConfiguration } from '../../src/config/render-configuration.js';
import { DRIVERS } from '../../src/driver/known-drivers.js';
import { packageDirectory } from '../../src/package-directory.js';
import { PACKAGE } from './problems-of.js';

t.test('each value has its source behind it', async (t) => {
  const cwd = t.testdir({ package: PACKAGE, 'own.yaml': 'network_flags:\n  net: { id: 1 }\n  data:\n' });
  const overrides = [{ kind: 'string', text: 'network_flags.net.mtu=9000' }] as const;
  const options = { packageDirectory: 'package', files: ['own.yaml'], overrides, cwd };
  const configuration = await loadConfiguration(options);
  const text = renderConfiguration(configuration);
  t.match(text, /^ {2}mac_start: "52:54:00:00:00:00" +# package\/slices\/pool\.yaml:6:14$/m);
  t.match(text, /^network_flags:\n {2}net:\n {4}id: 1 +# own\.yaml:2:14$/m);
  t.match(text, /^ {4}mtu: 9000 +# -e network_flags\.net\.mtu=9000 \(override 1\)\n {2}data: \{\} +# own\.yaml:3:3$/m);
  t.match(configurationJson(configuration), {
    version: 1,
    values: { network_flags: { net: { id: 1, mtu: 9000 }, data: {} } },
    sources: { network_flags: { net: { id: 'own.yaml:2:14' }, data: 'own.yaml:3:3' } },
  });
});

t.test('what is needed to tell people is read, and its password is in no text about the configuration', async (t) => {
  const cwd = t.testdir({
    package: PACKAGE,
    'own.yaml': 'openstack: { notify: { run: [logger], relay: "smtps://me:a-secret@host" } }\n',
  });
  const overrides = [
    { kind: 'string', text: 'openstack.notify.mail=team@example.org' },
    { kind: 'string', text: 'openstack.notify.relay=smtp://me:an@other%2Fsecret@host:587' },
    { kind: 'literal', text: 'openstack.server_args={ list: [{ a: "http://me:a-secret@host/a" }] }' },
  ] as const;
  const options = { packageDirectory: 'package', files: ['own.yaml'], cwd, drivers: DRIVERS };
  const configuration = await loadConfiguration({ ...options, overrides });
  const relay = { host: 'host', port: 587, secure: false, login: { user: 'me', password: 'an@other/secret' } };
  t.strictSame(configuration.notify('openstack').settings, {
    run: ['logger'],
    mail: ['team@example.org'],
    from: undefined,
    relay,
  });
  const text = renderConfiguration(configuration);
  t.match(text, /"smtp:\/\/\*{3}@host:587" +# -e openstack\.notify\.relay=smtp:\/\/\*{3}@host:587 \(override 2\)/);
  for (const shown of [text, JSON.stringify(configurationJson(configuration))]) t.notMatch(shown, /secret/);
  const list = await loadConfiguration({
    ...options,
    overrides: [{ kind: 'literal', text: 'openstack.notify=[a, b]' }],
  });
  t.match(list.notify('openstack').settings, {
    run: ['a', 'b'],
    mail: [],
    relay: { host: 'localhost', port: 25 },
  });
});

t.test('the shipped configuration, printed and read again, is the same', async (t) => {
  const cwd = t.testdir({ package: { slices: {}, images: {} } });
  const shipped = await packageDirectory();
  const first = await loadConfiguration({ packageDirectory: shipped, files: [], overrides: [], cwd });
  await writeFile(join(cwd, 'printed.yaml'), renderConfiguration(first));
  const options = { packageDirectory: 'package', files: ['printed.yaml'], overrides: [], cwd };
  t.same(valuesOf(await loadConfiguration(options)), valuesOf(first));
});

t.test('a source stays on its line, and numbers stay what they are', async (t) => {
  const cwd = t.testdir({ package: PACKAGE });
  const overrides = [
    { kind: 'string', text: 'network_flags.net.labels.text=a\nnetwork: 1\u2028\r\0' },
    { kind: 'literal', text: 'network_flags.net.labels.numbers=[.nan, .inf, -.inf, -0.0, 1e21, 1e-7]' },
  ] as const;
  const first = await loadConfiguration({ packageDirectory: 'package', files: [], overrides, cwd });
  await writeFile(join(cwd, 'printed.yaml'), renderConfiguration(first));
  const second = await loadConfiguration({ packageDirectory: 'package', files: ['printed.yaml'], overrides: [], cwd });
  t.ok(isDeepStrictEqual(valuesOf(second), valuesOf(first)));
  const { text, numbers } = second.networkFlags['net']?.labels ?? {};
  t.equal(text, 'a\nnetwork: 1\u2028\r\0');
  t.ok(isDeepStrictEqual(numbers, [NaN, Infinity, -Infinity, -0, 1e21, 1e-7]));
});

t.test('labels of any kind survive printing', async (t) => {
  const cwd = t.testdir({ package: PACKAGE });
  const key = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 20 })
    .filter((name) => name !== '__proto__' && isPrintable(name));
  const scalar = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom('yes', 'null', '1', '1e3', '~', '<<'),
  );
  const labels = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value')), fc.dictionary(key, tie('value'))),
  })).value;
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.dictionary(key, labels), async (value) => {
      const printed = `own-${number++}.yaml`;
      const json = { kind: 'literal', text: `network_flags.net.labels=${showJson(value)}` } as const;
      const load = (files: string[], overrides: (typeof json)[]): Promise<Configuration> =>
        loadConfiguration({ packageDirectory: 'package', files, overrides, cwd });
      const first = await load([], [json]);
      await writeFile(join(cwd, printed), renderConfiguration(first));
      return isDeepStrictEqual(valuesOf(await load([printed], [])), valuesOf(first));
    }),
    { seed: 30, numRuns: 300 },
  );
});

function valuesOf({ paths, addressPool, imageFlow, networkFlags, machineMatrix }: Configuration): unknown {
  return { paths, addressPool, imageFlow, networkFlags, machineMatrix };
}

/** JSON has no words for the numbers that YAML has. */
function showJson(value: unknown): string {
  const numbers: Readonly<Record<string, string>> = { Infinity: '.inf', '-Infinity': '-.inf', NaN: '.nan' };
  const text = JSON.stringify(value, (_, child: unknown) =>
    typeof child === 'number' && !Number.isFinite(child) ? `number:${child}` : child,
  );
  return text.replaceAll(/"number:(-?Infinity|NaN)"/g, (_, name: string) => numbers[name] ?? '');
}

function isPrintable(name: string): boolean {
  return !/[\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u.test(name);
}
