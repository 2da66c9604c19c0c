import { existsSync } from 'node:fs';
import { appendFile, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, stderr, stdout } from 'node:process';
import spawn from 'nano-spawn';
import { renderTable } from '../../src/cli/render/table.js';
import { packageDirectory } from '../../src/package-directory.js';
import type { Cluster, Trial } from './trial.js';

interface Cycled {
  readonly checkpoint: string | null;
  readonly tasks: readonly { readonly task: string; readonly outcome: string }[];
}

interface Planned {
  readonly vms: readonly { readonly hostname: string; readonly disks: readonly { readonly slot: string | null }[] }[];
}

interface Attempt {
  readonly what: string;
  readonly seconds: number;
  readonly load: number;
  /** What is not as it should be; empty where all is. */
  readonly wrong: string;
}

/** A payload, and the words that choose its VMs. */
interface Candidate {
  readonly payload: string;
  readonly trial: Trial;
  readonly vms: readonly string[];
}

const DEPLOYED = 'deployed';
const UNCHANGED = 'unchanged';
const EDITED = 'last task edited';
const checkout = await packageDirectory();

await main(argv.slice(2));

async function main(words: readonly string[]): Promise<void> {
  const [option, root] = words;
  if (option === '--images' && root !== undefined)
    return await buildImages(root, await chooseCandidates(words.slice(2)));
  if (env['VIRTBS_LAB'] === undefined) throw new Error('it changes the slices of this machine: see test/payloads/run');
  const rows: string[][] = [];
  for (const candidate of await chooseCandidates(words)) {
    const { attempts, memory } = await tryPayload(candidate);
    rows.push(summary(candidate, attempts, memory));
  }
  stdout.write(renderTable([['PAYLOAD', 'VMS', 'DEPLOYED', 'RESTORED', 'LAST TASK', 'MORE', 'MEMORY', 'LOAD', 'RESULT'], ...rows])); // prettier-ignore
  if (rows.some((row) => row.at(-1) !== 'right')) process.exitCode = 1;
}

async function chooseCandidates(words: readonly string[]): Promise<readonly Candidate[]> {
  const long = words.includes('--long');
  const named = words.filter((word) => word !== '--long');
  const all = (await readdir(join(checkout, 'payloads'))).filter((name) =>
    existsSync(join(checkout, 'payloads', name, 'virtbs.yaml')),
  );
  const unknown = named.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no payload ${unknown.join(', ')}; there are ${all.join(', ')}`);
  const candidates = await Promise.all(
    (named.length > 0 ? named : all.toSorted()).map(async (payload) => {
      const trial = await trialOf(payload);
      return { payload, trial, vms: long ? [] : (trial.fewest ?? []) };
    }),
  );
  return candidates.filter(({ trial }) => long || named.length > 0 || trial.fewest !== undefined);
}

async function trialOf(payload: string): Promise<Trial> {
  const own = join(import.meta.dirname, `${payload}.js`);
  return existsSync(own) ? ((await import(own)) as { readonly trial: Trial }).trial : {};
}

/** A lab has no way to a mirror, so images are made outside. */
async function buildImages(root: string, candidates: readonly Candidate[]): Promise<void> {
  for (const { payload, trial } of candidates) {
    const words = ['--root', root, ...selection(payload, trial)];
    const planned = JSON.parse(await virtbs(checkout, [...words, 'plan', '--json'])) as Planned;
    const slots = planned.vms.flatMap(({ disks }) => disks.flatMap(({ slot }) => slot ?? []));
    await virtbs(checkout, [...words, 'image', 'build', ...new Set(slots)]);
  }
}

/** Tries a payload in a slice that is wiped at the end. After the first attempt that fails there are no others. */
async function tryPayload(
  candidate: Candidate,
): Promise<{ readonly attempts: readonly Attempt[]; readonly memory: number }> {
  const { payload, trial, vms } = candidate;
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-payloads-'));
  const options = selection(`./${payload}`, trial);
  const attempts: Attempt[] = [];
  let memory = 0;
  const attempt = async (what: string, work: () => Promise<string>): Promise<void> => {
    if (attempts.some(({ wrong }) => wrong !== '')) return;
    const began = performance.now();
    const wrong = await work().catch((error: unknown) => `failed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`); // prettier-ignore
    const made = { what, seconds: (performance.now() - began) / 1000, load: loadavg()[0] ?? 0, wrong };
    attempts.push(made);
    stderr.write(`${payload}  ${what}  ${made.seconds.toFixed(0)} s  ${wrong === '' ? 'right' : wrong}\n`);
  };
  const cycle = async (right: (cycled: Cycled) => boolean): Promise<string> => {
    const words = ['cycle', ...vms, '--timeout=1800', '--checkpoint=yes', '--json', '--do'];
    const json = await virtbs(directory, [...options, ...words]);
    return right(JSON.parse(json) as Cycled) ? '' : 'other tasks ran, or nothing was restored';
  };
  try {
    await cp(join(checkout, 'payloads', payload), join(directory, payload), { recursive: true });
    await attempt(DEPLOYED, () => cycle((cycled) => ran(cycled).length > 1));
    memory = await emulatorsMemory();
    await attempt(UNCHANGED, () => cycle((cycled) => cycled.checkpoint === 'restored' && ran(cycled).length === 0));
    if (existsSync(join(directory, payload, 'verify.sh'))) {
      await appendFile(join(directory, payload, 'verify.sh'), '# edited\n');
      await attempt(EDITED, () =>
        cycle((cycled) => cycled.checkpoint === 'restored' && ran(cycled).join() === 'verify'),
      );
    }
    for (const [what, work] of Object.entries(trial.more ?? {})) {
      await attempt(what, async () => {
        await work(await deployedCluster(directory, options));
        return '';
      });
    }
  } finally {
    await virtbs(directory, ['wipe', '-q']);
    await virtbs(directory, ['checkpoint', 'rm', '--all', '-q']);
    await rm(directory, { recursive: true, force: true });
  }
  return { attempts, memory };
}

async function deployedCluster(directory: string, options: readonly string[]): Promise<Cluster> {
  const { slices } = JSON.parse(await virtbs(directory, ['ls', '--json'])) as {
    readonly slices: readonly { readonly vms: readonly { readonly hostname: string }[] }[];
  };
  return {
    directory,
    vms: (slices[0]?.vms ?? []).map(({ hostname }) => hostname),
    virtbs: async (...words) => await virtbs(directory, [...options, ...words]),
    on: async (vm, line) => {
      const words = ['-F', 'sshconf-bs1', vm, 'sudo', 'sh', '-eu'];
      return (await spawn('ssh', words, { cwd: directory, stdin: { string: line }, stderr: 'inherit' })).stdout;
    },
  };
}

/** MiB that the emulators of this lab hold: it sees no other processes. */
async function emulatorsMemory(): Promise<number> {
  let kibibytes = 0;
  for (const entry of await readdir('/proc')) {
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '');
    if (/^Name:\s+qemu-system/m.test(status)) kibibytes += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return kibibytes / 1024;
}

function selection(payload: string, { over }: Trial): readonly string[] {
  return ['--payload', payload, ...(over === undefined ? [] : ['-c', join(checkout, 'test', 'payloads', over)])];
}

function ran({ tasks }: Cycled): readonly string[] {
  return tasks.filter(({ outcome }) => outcome === 'ran').map(({ task }) => task);
}

function summary({ payload, vms, trial }: Candidate, attempts: readonly Attempt[], memory: number): string[] {
  const seconds = (wanted: string): string => {
    const found = attempts.find(({ what }) => what === wanted);
    return found === undefined ? '-' : `${found.seconds.toFixed(0)} s`;
  };
  const more = Object.keys(trial.more ?? {}).map((what) => `${what}: ${seconds(what)}`);
  const loads = attempts.map(({ load }) => load);
  return [
    payload,
    vms.length === 0 ? 'its own' : vms.slice(1).join(' '),
    seconds(DEPLOYED),
    seconds(UNCHANGED),
    seconds(EDITED),
    more.length === 0 ? '-' : more.join(', '),
    `${memory.toFixed(0)} MiB`,
    `${Math.min(...loads).toFixed(0)}-${Math.max(...loads).toFixed(0)}`,
    attempts.find(({ wrong }) => wrong !== '')?.wrong ?? 'right',
  ];
}

/** Returns what virtbs prints on its standard output; its messages go to ours. */
async function virtbs(cwd: string, words: readonly string[]): Promise<string> {
  const program = join(checkout, 'bin', 'virtbs');
  return (await spawn(execPath, [program, ...words], { cwd, stdin: 'ignore', stderr: 'inherit' })).stdout;
}
