import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, execPath, stderr, stdout } from 'node:process';
import spawn from 'nano-spawn';
import { renderTable } from '../../src/cli/render/table.js';
import { packageDirectory } from '../../src/package-directory.js';

/** The fewest VMs on which the tasks of a payload have something to do. Each payload ends with a task `verify`, by a `verify.sh`. */
const FEWEST: Readonly<Record<string, readonly string[]>> = {
  patroni: ['etcd:1', 'postgres:2'],
  ceph: ['ceph:1'],
};

interface Cycled {
  readonly checkpoint: string | null;
  readonly tasks: readonly { readonly task: string; readonly outcome: string }[];
}

interface Trial {
  readonly payload: string;
  readonly what: string;
  readonly seconds: number;
  /** What is not as it should be; empty where all is. */
  readonly wrong: string;
}

await main(argv.slice(2));

async function main(words: readonly string[]): Promise<void> {
  const long = words.includes('--long');
  const named = words.filter((word) => word !== '--long');
  const payloads = named.length > 0 ? named : Object.keys(FEWEST);
  if (env['VIRTBS_LAB'] === undefined || payloads.some((payload) => !Object.hasOwn(FEWEST, payload))) {
    stderr.write(`usage: test/payloads/run [--long] [${Object.keys(FEWEST).join('|')}]…\n`);
    process.exitCode = 2;
    return;
  }
  const trials: Trial[] = [];
  for (const payload of payloads) {
    for await (const trial of tryPayload(payload, long ? [] : [payload, ...(FEWEST[payload] ?? [])])) {
      trials.push(trial);
      stderr.write(`${cells(trial).join('  ')}\n`);
    }
  }
  stdout.write(renderTable([['PAYLOAD', 'WHAT', 'TOOK', 'LOAD', 'RESULT'], ...trials.map(cells)]));
  if (trials.some(({ wrong }) => wrong !== '')) process.exitCode = 1;
}

/** Each of the cycles of a payload, in a slice that is wiped at the end. The first that fails is the last. */
async function* tryPayload(payload: string, topology: readonly string[]): AsyncGenerator<Trial> {
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-payloads-'));
  const trial = async (what: string, right: (cycled: Cycled) => boolean): Promise<Trial> => {
    const began = performance.now();
    const words = [
      '--payload',
      `./${payload}`,
      'cycle',
      ...topology,
      '--timeout=1800',
      '--checkpoint=yes',
      '--json',
      '--do',
    ];
    const wrong = await virtbs(directory, words).then(
      (json) => (right(JSON.parse(json) as Cycled) ? '' : 'other tasks ran, or nothing was restored'),
      () => 'failed: see above',
    );
    return { payload, what, seconds: (performance.now() - began) / 1000, wrong };
  };
  try {
    await cp(join(await packageDirectory(), 'payloads', payload), join(directory, payload), { recursive: true });
    const first = await trial('from nothing', (cycled) => ran(cycled).length > 1);
    yield first;
    if (first.wrong !== '') return;
    yield await trial('unchanged', (cycled) => cycled.checkpoint === 'restored' && ran(cycled).length === 0);
    await appendFile(join(directory, payload, 'verify.sh'), '# edited\n');
    yield await trial(
      'last task edited',
      (cycled) => cycled.checkpoint === 'restored' && ran(cycled).join() === 'verify',
    );
  } finally {
    await virtbs(directory, ['wipe', '-q']);
    await virtbs(directory, ['checkpoint', 'rm', '--all', '-q']);
    await rm(directory, { recursive: true, force: true });
  }
}

function ran({ tasks }: Cycled): readonly string[] {
  return tasks.filter(({ outcome }) => outcome === 'ran').map(({ task }) => task);
}

function cells({ payload, what, seconds, wrong }: Trial): string[] {
  return [payload, what, `${seconds.toFixed(0)} s`, (loadavg()[0] ?? 0).toFixed(0), wrong === '' ? 'right' : wrong];
}

/** Returns what virtbs prints on its standard output; its messages go to ours. */
async function virtbs(cwd: string, words: readonly string[]): Promise<string> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  return (await spawn(execPath, [program, ...words], { cwd, stdin: 'ignore', stderr: 'inherit' })).stdout;
}
