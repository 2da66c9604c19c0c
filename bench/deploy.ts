import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, stderr, stdout } from 'node:process';
import { stringify } from 'yaml';
import { renderTable } from '../src/cli/render/table.js';
import { packageDirectory } from '../src/package-directory.js';
import type { PlanJson } from '../src/plan/plan-json.js';
import { runProgram } from '../src/process/run-program.js';
import { median } from './run-measured.js';

const USAGE = 'usage: bench/deploy [ROUNDS [ROLE:COUNT…]]   (1 round of etcd:3 postgres:2)\n';

/** Milliseconds of each round, by what was done, in the order of the table. */
type Figures = Map<string, number[]>;

/**
 * Deploys the payload `patroni`, a copy of it, whose last task is edited. "From nothing" begins without a slice and without checkpoints,
 * but with the image. Then Ansible runs the same scripts as the tasks do on VMs that are booted anew, in the same order.
 */
async function main([rounds = '1', ...words]: readonly string[]): Promise<void> {
  const topology = words.length > 0 ? words : ['etcd:3', 'postgres:2'];
  if (env['VIRTBS_LAB'] === undefined || !/^[1-9][0-9]*$/.test(rounds)) {
    stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  const figures: Figures = new Map();
  try {
    await cp(join(await packageDirectory(), 'payloads', 'patroni'), join(directory, 'patroni'), { recursive: true });
    await warmUp(directory, topology);
    for (let round = 0; round < Number(rounds); round++) {
      await measureVirtbs(directory, topology, figures);
      await measureAnsible(directory, topology, figures);
    }
    await virtbs(directory, 'wipe', '-q');
    report(figures);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A host is told to map memory once virtbs has seen that it does: what was kept before is not used any more. */
async function warmUp(directory: string, topology: readonly string[]): Promise<void> {
  for (let time = 0; time < 2; time++) {
    await virtbs(directory, 'cycle', '-q', '--checkpoint=yes', '--timeout=900', 'patroni', ...topology, '--no-do');
  }
}

async function measureVirtbs(directory: string, topology: readonly string[], figures: Figures): Promise<void> {
  const cycle = ['cycle', '-q', '--checkpoint=yes', '--timeout=900', 'patroni', ...topology, '--do'];
  const deploy = (): Promise<void> => virtbs(directory, ...cycle);
  await virtbs(directory, 'wipe', '-q');
  await virtbs(directory, 'checkpoint', 'rm', '--all', '-q');
  await measure(figures, 'virtbs: from nothing', deploy);
  await measure(figures, 'virtbs: unchanged again', deploy);
  await measure(figures, 'virtbs: one VM replaced', async () => {
    await virtbs(directory, 'replace', '-q', 'postgres-21');
    await virtbs(directory, 'do', '-q');
  });
  await appendFile(join(directory, 'patroni', 'verify.sh'), '# edited\n');
  await measure(figures, 'virtbs: last task edited', deploy);
}

async function measureAnsible(directory: string, topology: readonly string[], figures: Figures): Promise<void> {
  const installed = await runProgram('ansible-playbook', ['--version']).catch(() => null);
  if (!installed) {
    stderr.write('ansible-playbook is not installed: it is left out\n');
    return;
  }
  await virtbs(directory, 'wipe', '-q');
  await writeFile(join(directory, 'site.yaml'), playbook());
  const words = ['-i', 'hosts-bs1.yaml', '--forks', '50', '-e', '@peers.yaml', 'site.yaml'];
  const play = async (): Promise<void> => {
    await runProgram('ansible-playbook', words, { cwd: directory, env: { ANSIBLE_HOST_KEY_CHECKING: 'False' } });
  };
  await measure(figures, 'ansible-playbook: from nothing', async () => {
    await virtbs(directory, 'cycle', '-q', '--checkpoint=no', '--timeout=900', 'patroni', ...topology, '--no-do');
    await writePeers(directory, topology);
    await play();
  });
  await measure(figures, 'ansible-playbook: unchanged again', play);
}

/** Ansible keeps no record: `creates` says what is done, and the last play runs at each call. */
function playbook(): string {
  const environment = {
    VIRTBS_PEERS: '/run/peers',
    VIRTBS_SLICE: '1',
    VIRTBS_HOSTNAME: '{{ inventory_hostname }}',
    VIRTBS_ADDRESS: '{{ address[inventory_hostname] }}',
    superuser_password: 'bench',
    replication_password: 'bench',
  };
  const play = (hosts: string, script: string, creates: string): unknown => ({
    hosts,
    become: true,
    gather_facts: false,
    environment,
    tasks: [
      { copy: { content: '{{ peers }}', dest: '/run/peers' } },
      { script: { cmd: `patroni/${script}`, creates } },
    ],
  });
  const verify = {
    hosts: 'localhost',
    connection: 'local',
    gather_facts: false,
    environment: { VIRTBS_PEERS: '{{ playbook_dir }}/peers', VIRTBS_SSH_CONFIG: '{{ playbook_dir }}/sshconf-bs1' },
    tasks: [{ script: 'patroni/verify.sh' }],
  };
  return stringify([
    play('etcd', 'etcd.sh', '/usr/local/sbin/start-etcd'),
    play('postgres', 'patroni.sh', '/usr/local/sbin/start-patroni'),
    verify,
  ]);
}

/** The names, roles and addresses that virtbs tells its tasks. */
async function writePeers(directory: string, topology: readonly string[]): Promise<void> {
  const words = [await program(), '--payload', './patroni', 'plan', 'patroni', ...topology, '--json'];
  const { stdout: text } = await runProgram(execPath, words, { cwd: directory });
  const { vms } = JSON.parse(text) as Pick<PlanJson, 'vms'>;
  const peers = vms.map(({ hostname, role, accessAddress }) => `${hostname} ${role} ${accessAddress}\n`).join('');
  const address = Object.fromEntries(vms.map(({ hostname, accessAddress }) => [hostname, accessAddress]));
  await writeFile(join(directory, 'peers'), peers);
  await writeFile(join(directory, 'peers.yaml'), stringify({ peers, address }));
}

async function program(): Promise<string> {
  return join(await packageDirectory(), 'bin', 'virtbs');
}

async function virtbs(directory: string, ...args: readonly string[]): Promise<void> {
  await runProgram(execPath, [await program(), '--payload', './patroni', ...args], { cwd: directory });
}

async function measure(figures: Figures, what: string, work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  stderr.write(`${what}: ${seconds.toFixed(1)} s\n`);
  figures.set(what, [...(figures.get(what) ?? []), seconds]);
}

function report(figures: Figures): void {
  const rows = [...figures].map(([what, seconds]) => [what, median(seconds).toFixed(1)]);
  stdout.write(renderTable([['WHAT', 'SECONDS'], ...rows]));
  const load = loadavg().map((each) => each.toFixed(1)).join(' '); // prettier-ignore
  stdout.write(`\n${cpus().length} processors, ${Math.round(totalmem() / 1024 ** 3)} GiB of memory, load ${load}\n`);
}

await main(argv.slice(2));
