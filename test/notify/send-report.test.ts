import { readFile } from 'node:fs/promises';
import { hostname as ownName } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { DEFAULT_NOTIFY, type NotifySettings } from '../../src/config/notify-settings.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import type { VirtbsEvent } from '../../src/events.js';
import { DRIVERS } from '../../src/driver/known-drivers.js';
import { sendReport } from '../../src/notify/send-report.js';
import { userName } from '../../src/session/user-name.js';
import { openWorkplace } from '../../src/workplace/open-workplace.js';
import { PACKAGE } from '../config/problems-of.js';
import { startReceiver } from '../mail/smtp-receiver.js';

const { signal } = new AbortController();
const SITE = 'cloud.example.org';

/** Tells whoever settings say, and keeps what is said about it. */
function openTeller(settings: Partial<NotifySettings>, key = 'notify') {
  const events: VirtbsEvent[] = [];
  const context = { emit: (event: VirtbsEvent): void => void events.push(event), signal };
  const options = { settings: { ...DEFAULT_NOTIFY, ...settings }, key, site: SITE };
  return {
    events,
    tell: async (report: string, stop = signal) => await sendReport(report, options, { ...context, signal: stop }),
  };
}

t.test('a report is given to the command of the configuration, its words as they are', async (t) => {
  const file = join(t.testdir(), 'report; $HOME');
  const { events, tell } = openTeller({ run: ['tee', file] });
  await tell('slice 1: 1 of 2 VMs failed');
  t.equal(await readFile(file, 'utf8'), `${SITE}: slice 1: 1 of 2 VMs failed\n`);
  t.strictSame(events, []);
});

t.test('a report is mailed, with what it is about and where as its subject', async (t) => {
  const { port, lines } = await startReceiver(t);
  const relay = { host: '127.0.0.1', port, secure: false };
  const { events, tell } = openTeller({ mail: ['team@example.org'], relay });
  await tell('slice 1: 1 of 2 VMs failed\n  plain-60 (booting): why');
  t.ok(lines.includes(`Subject: virtbs: ${SITE}: slice 1: 1 of 2 VMs failed`));
  t.ok(lines.some((line) => line.toLowerCase() === `mail from:<${userName()}@${ownName()}>`.toLowerCase()));
  const text = lines.slice(lines.indexOf('') + 1, lines.indexOf('.'));
  t.strictSame(text, [`${SITE}: slice 1: 1 of 2 VMs failed`, '  plain-60 (booting): why']);
  t.strictSame(events, []);
});

t.test('a program and a mail that both fail are a warning each', async (t) => {
  const { port } = await startReceiver(t, { answers: { MAIL: '550 not you' } });
  const relay = { host: '127.0.0.1', port, secure: false };
  const { events, tell } = openTeller({ run: ['false'], mail: ['team@example.org'], relay }, 'openstack.notify');
  await tell('a report');
  t.strictSame(
    new Set(events.map((event) => ('message' in event ? event.message.replace(/: Mail .*: /, ': ') : ''))),
    new Set(['openstack.notify: false: exit code 1', `openstack.notify: mail through 127.0.0.1:${port}: 550 not you`]),
  );
});

t.test('who interrupts a command waits for no relay', async (t) => {
  const { port, sockets } = await startReceiver(t, { answers: { greeting: '' } });
  const relay = { host: '127.0.0.1', port, secure: false };
  const { tell } = openTeller({ run: ['sleep', '600'], mail: ['team@example.org'], relay });
  const stop = new AbortController();
  const telling = tell('a report', stop.signal);
  while (sockets.size === 0) await sleep(10);
  stop.abort();
  await t.rejects(async () => await telling, { code: 'cancelled' });
});

t.test('that the command of the configuration fails, or is none, is a warning', async (t) => {
  const failing = openTeller({ run: ['false'] }, 'openstack.notify');
  await failing.tell('a report');
  t.match(failing.events, [{ type: 'warning', message: 'openstack.notify: false: exit code 1' }]);
  const missing = openTeller({ run: ['/nowhere/at all'] });
  await missing.tell('a report');
  t.match(missing.events, [{ type: 'warning', message: /not found/ }]);
});

t.test('section notify counts for every driver, and that of a driver over it for that one', async (t) => {
  const cwd = t.testdir({
    package: PACKAGE,
    'all.yaml': 'notify: [logger]\n',
    'both.yaml': 'notify: { mail: team@example.org }\nopenstack: { notify: { mail: cloud@example.org } }\n',
  });
  const load = async (...files: readonly string[]) =>
    await loadConfiguration({ packageDirectory: 'package', files, overrides: [], cwd, drivers: DRIVERS });
  const none = await load();
  t.match(none.notify('libvirt'), { key: 'notify', settings: { run: [], mail: [] } });
  const all = await load('all.yaml');
  for (const name of Object.keys(DRIVERS)) t.match(all.notify(name), { key: 'notify', settings: { run: ['logger'] } });
  const both = await load('both.yaml');
  t.match(both.notify('libvirt'), { key: 'notify', settings: { mail: ['team@example.org'] } });
  t.match(both.notify('openstack'), { key: 'openstack.notify', settings: { mail: ['cloud@example.org'] } });
});

t.test('whoever uses libvirt is told, too, with the name of the machine', async (t) => {
  const directory = t.testdir({ package: PACKAGE });
  const file = join(directory, 'report');
  await using place = openWorkplace({
    cwd: directory,
    env: {},
    packageDirectory: join(directory, 'package'),
    connect: 'test:///default',
    root: join(directory, 'root'),
    overrides: [{ kind: 'literal', text: `notify=[tee, ${JSON.stringify(file)}]` }],
    emit: () => undefined,
    signal,
  });
  const { notify } = await place.standing(1);
  await notify?.('slice 1: 1 of 1 VMs failed', place.verb);
  t.equal(await readFile(file, 'utf8'), `${ownName()}: slice 1: 1 of 1 VMs failed\n`);
});
