import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';

const { ok, warn } = findings('sshd');

const CONFIGURATION = '/etc/ssh/sshd_config';
const FOLDER = '/etc/ssh/sshd_config.d';
/** Logins that a tool such as Ansible opens at once through this host. */
const WANTED = 50;
/** Source: sshd_config(5) */
const DEFAULTS = { maxsessions: '10', maxstartups: '10:30:100', allowtcpforwarding: 'yes' } as const;

type Settings = Readonly<Record<keyof typeof DEFAULTS, string>>;

/**
 * Checks how many connections sshd takes at once. A person who jumps through this host opens one for each VM, and the default
 * drops some of more than ten.
 */
export async function checkSshd(host: Host): Promise<readonly Finding[]> {
  if ((await host.find('sshd')) === null) return [ok('is not installed: nobody jumps through this host')];
  const settings = await readSettings(host);
  const starts = Number.parseInt(settings.maxstartups, 10);
  const low = [
    ...(starts < WANTED ? [`MaxStartups ${WANTED}:30:${WANTED * 4}`] : []),
    ...(Number(settings.maxsessions) < WANTED ? [`MaxSessions ${WANTED}`] : []),
    ...(/^(yes|all|local)$/.test(settings.allowtcpforwarding) ? [] : ['AllowTcpForwarding yes']),
  ];
  const now = `MaxStartups ${settings.maxstartups}, MaxSessions ${settings.maxsessions}, AllowTcpForwarding ${settings.allowtcpforwarding}`;
  if (low.length === 0) return [ok(now)];
  const write = `printf '%s\\n' ${low.map((line) => `'${line}'`).join(' ')} | sudo tee ${FOLDER}/10-virtbs.conf`;
  return [warn(`${now}: too little for many VMs through ProxyJump`, `${write} && sudo systemctl reload ssh`)];
}

/** sshd tells root; others read its files, where the first value of a key counts. */
async function readSettings(host: Host): Promise<Settings> {
  const told = await host.run('sshd', ['-T']);
  if (told?.code === 0) return parseSettings(told.stdout);
  const folder = (await host.list(FOLDER)).filter((name) => name.endsWith('.conf'));
  const texts = await Promise.all(
    [...folder.map((name) => `${FOLDER}/${name}`), CONFIGURATION].map((path) => host.read(path)),
  );
  return parseSettings(texts.map((text) => text ?? '').join('\n'));
}

function parseSettings(text: string): Settings {
  const general = text.split(/^\s*Match\s/im)[0] ?? '';
  const valueOf = (key: string, otherwise: string): string =>
    new RegExp(`^\\s*${key}[\\s=]+(\\S+)`, 'im').exec(general)?.[1]?.toLowerCase() ?? otherwise;
  return {
    maxsessions: valueOf('maxsessions', DEFAULTS.maxsessions),
    maxstartups: valueOf('maxstartups', DEFAULTS.maxstartups),
    allowtcpforwarding: valueOf('allowtcpforwarding', DEFAULTS.allowtcpforwarding),
  };
}
