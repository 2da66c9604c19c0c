import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath, stderr, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { renderTable } from '../src/cli/render/table.js';
import { readyImage } from '../src/image/ready-image.js';
import { packageDirectory } from '../src/package-directory.js';
import { runProgram } from '../src/process/run-program.js';

const MIB = 1024 * 1024;
const LEGEND = `
Medians. CURL: curl into xz, gzip or a file, tee into sha256sum, and sync of what it wrote. VIRTBS: the image library in a process that is
running already, to a build in the store: digested, decompressed, looked at, kept against a break, synced.
`;
const USAGE = 'usage: bench/download [ROUNDS [MIB]]   (5 rounds of 512 MiB)\n';

/** What is served, and how curl's side of it unpacks: the output goes to "$1". */
const KINDS = [
  { name: 'disk.raw', unpack: 'cat >"$1"' },
  { name: 'disk.raw.xz', unpack: 'xz -dc -T0 >"$1"' },
  { name: 'disk.raw.gz', unpack: 'gzip -dc >"$1"' },
  { name: 'disk.raw.zst', unpack: 'zstd -dc >"$1"' },
] as const;

await main(argv.slice(2));

/** Compares fetching an image with the programs that one would use by hand, in turn in one run. */
async function main([rounds = '5', size = '512']: readonly string[]): Promise<void> {
  if (![rounds, size].every((word) => /^[1-9][0-9]*$/.test(word))) {
    stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  try {
    await makeImages(directory, Number(size));
    const [cpu] = cpus();
    stdout.write(`${cpus().length} × ${cpu?.model ?? 'unknown'}; ${size} MiB, half of it random\n\n`);
    await using server = await startServer(directory);
    const rows = [['FILE', 'CURL s', 'VIRTBS s', 'RATIO']];
    for (const kind of KINDS) rows.push(await measure(kind, Number(rounds), { directory, url: server.url }));
    stdout.write(renderTable(rows));
    stdout.write(LEGEND);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Random bytes and a text that repeats, in turn, so that decompressors have work of both kinds. */
async function makeImages(directory: string, mebibytes: number): Promise<void> {
  const path = join(directory, 'disk.raw');
  {
    await using file = await open(path, 'w');
    const text = Buffer.alloc(MIB / 2, 'a line of some log that comes again and again, with little that is new\n');
    for (let done = 0; done < mebibytes; done++) await file.write(Buffer.concat([randomBytes(MIB / 2), text]));
  }
  for (const [program, ...args] of [
    ['xz', '-0', '-T0'],
    ['gzip', '-1'],
    ['zstd', '-q', '-T0'],
  ] as const) {
    await runProgram(program, [...args, '-k', path]);
  }
}

interface Server extends AsyncDisposable {
  readonly url: string;
}

/** In a process of its own, as a server is. */
async function startServer(directory: string): Promise<Server> {
  const script = join(await packageDirectory(), 'dist', 'bench', 'serve-folder.js');
  const child = spawn(execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

interface Place {
  readonly directory: string;
  readonly url: string;
}

async function measure(
  { name, unpack }: (typeof KINDS)[number],
  rounds: number,
  { directory, url }: Place,
): Promise<string[]> {
  const byHand: number[] = [];
  const ours: number[] = [];
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(directory, name)) as AsyncIterable<Buffer>) hash.update(chunk);
  const sha256 = hash.digest('hex');
  for (let round = 0; round < rounds; round++) {
    byHand.push(await timed(() => fetchByHand(`${url}/${name}`, unpack, { directory, sha256 })));
    ours.push(await timed(() => fetchByLibrary(`${url}/${name}`, sha256, directory)));
    stderr.write(`${name}, round ${round + 1}: curl ${seconds(byHand.at(-1))} s, virtbs ${seconds(ours.at(-1))} s\n`);
  }
  const ratio = median(ours.map((figure, index) => figure / (byHand[index] ?? figure)));
  return [name, seconds(median(byHand)), seconds(median(ours)), ratio.toFixed(2)];
}

async function fetchByHand(
  url: string,
  unpack: string,
  { directory, sha256 }: { readonly directory: string; readonly sha256: string },
): Promise<void> {
  const path = join(directory, 'by-hand');
  const script = `set -o pipefail; exec 3>&1; curl -sSf "$2" | tee >(sha256sum >&3) | { ${unpack}; }; sync "$1"`;
  const { stdout: digest } = await runProgram('bash', ['-c', script, 'bash', path, url]);
  if (!digest.startsWith(sha256)) throw new Error(`curl fetched ${digest}`);
  await rm(path);
}

async function fetchByLibrary(url: string, sha256: string, directory: string): Promise<void> {
  const root = join(directory, 'root');
  const recipes = { bench: { image_download: { url, sha256 } } };
  const context = { emit: () => undefined, signal: new AbortController().signal };
  await readyImage({ slot: 'bench', tag: 'default' }, { recipes, root, ...context });
  await rm(root, { recursive: true });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function seconds(milliseconds = Number.NaN): string {
  return (milliseconds / 1000).toFixed(2);
}
