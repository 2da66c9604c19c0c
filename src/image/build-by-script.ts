import { createHash } from 'node:crypto';
import { lstat, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { digestFile } from '../files/digest-file.js';
import { runProgram } from '../process/run-program.js';
import { scriptEnvironment } from '../process/script-environment.js';
import { openBuildLog, type BuildLog } from './build-log.js';
import { buildFiles } from './build-record.js';
import { formatOf, HEAD_BYTES } from './image-head.js';
import { readVirtualSize } from './inspect-disk.js';
import type { MadeImage, MakeImageContext } from './make-image-context.js';
import type { ImageFormat, ScriptRecipe } from '../config/image-recipe.js';

/** The files that a script leaves, keyed by name. The command line of the kernel goes to the record. */
interface MadeFiles {
  readonly format: ImageFormat;
  readonly disk: string;
  readonly boot?: { readonly kernel: string; readonly initrd: string; readonly cmdline: string };
}

/**
 * Builds an image by a program of this machine, `SCRIPT DIRECTORY SIZE_BYTES [ARGUMENT…]`, started in its own folder. It leaves
 * `disk.qcow2` or `disk.raw` in the directory, and `kernel`, `initrd` and `cmdline` where the guest is booted by them; whatever
 * else it leaves there is removed. Each line it prints becomes an event and a line of the log.
 *
 * @throws VirtbsError `image-build-failed` with the script's last lines and the path of its log, `image-corrupt` where the disk is none or leans on
 *   another file, `cancelled`
 */
export async function buildByScript(recipe: ScriptRecipe, context: MakeImageContext): Promise<MadeImage> {
  const { root, slot, directory, emit, signal } = context;
  const { script } = recipe;
  await using log = openBuildLog({ root, slot, path: buildFiles(directory, 'qcow2').log, emit });
  try {
    await runScript(recipe, directory, { log, signal });
    const files = await findFiles(directory);
    return { ...(await inspectFiles(files, signal)), ...(await takeBoot(files)) };
  } catch (error) {
    throw await describeFailure(script, error, log);
  }
}

async function runScript(
  { script, size = 0, arguments: args = [] }: ScriptRecipe,
  directory: string,
  { log, signal }: { readonly log: BuildLog; readonly signal: AbortSignal },
): Promise<void> {
  await assertExecutable(script);
  await runProgram(script, [directory, String(size), ...args], {
    signal,
    cwd: dirname(script),
    env: scriptEnvironment(),
    group: true,
    onLine: log.write,
  });
}

async function assertExecutable(script: string): Promise<void> {
  const found = await stat(script).catch(() => undefined);
  if (!found?.isFile()) {
    throw new VirtbsError('image-build-failed', found ? 'is no file' : 'is not there', {
      hint: 'see the path in the recipe; a script that comes with virtbs is missing where the installation is incomplete',
    });
  }
  if ((found.mode & 0o111) !== 0) return;
  throw new VirtbsError('image-build-failed', 'cannot be executed', { hint: `chmod +x ${script}` });
}

/** Removes what does not belong to a build. A link to a file outside would change with that file, and a build must not. */
async function findFiles(directory: string): Promise<MadeFiles> {
  const { kernel, initrd, log } = buildFiles(directory, 'qcow2');
  const cmdline = join(directory, 'cmdline');
  const disks = (['qcow2', 'raw'] as const).map((format) => ({ format, disk: buildFiles(directory, format).disk }));
  const names = await readdir(directory);
  const found = names.map((name) => join(directory, name));
  const made = disks.filter(({ disk }) => found.includes(disk));
  const [image] = made;
  if (!image) throw unfit('but there is neither disk.qcow2 nor disk.raw');
  if (made.length > 1) throw unfit('but there are both disk.qcow2 and disk.raw');
  const extras = [kernel, initrd, cmdline];
  const missing = extras.filter((path) => !found.includes(path));
  if (missing.length > 0 && missing.length < extras.length) throw unfit(`but ${missing.join(' and ')} is missing`);
  const boot = missing.length === 0 ? { kernel, initrd, cmdline } : undefined;
  for (const path of [image.disk, ...(boot ? extras : [])]) await assertPlainFile(path);
  const belonging = new Set([image.disk, log, ...extras]);
  const others = found.filter((path) => !belonging.has(path));
  await Promise.all(others.map((path) => rm(path, { recursive: true, force: true })));
  return { ...image, ...(boot && { boot }) };
}

async function inspectFiles({ disk, format, boot }: MadeFiles, signal: AbortSignal): Promise<Omit<MadeImage, 'boot'>> {
  formatOf(await readHead(disk), format);
  const virtualSize = await readVirtualSize(disk, format, signal);
  const digests: string[] = [];
  // Each file is on the disk, not only in memory, when it has been read.
  for (const path of [disk, ...(boot ? [boot.kernel, boot.initrd, boot.cmdline] : [])]) {
    digests.push(await digestFile(path, { sync: true }));
  }
  const content = createHash('sha256').update(digests.join('\n')).digest('hex');
  return { format, virtualSize, content: `sha256:${content}` };
}

async function takeBoot({ boot }: MadeFiles): Promise<Pick<MadeImage, 'boot'>> {
  if (!boot) return {};
  const cmdline = (await readFile(boot.cmdline, 'utf8')).trim();
  await rm(boot.cmdline);
  return { boot: { cmdline } };
}

async function assertPlainFile(path: string): Promise<void> {
  const found = await lstat(path);
  if (!found.isFile()) throw unfit(`but ${path} is no plain file`);
  if (found.size === 0) throw unfit(`but ${path} is empty`);
}

function unfit(what: string): VirtbsError {
  return new VirtbsError('image-build-failed', `ended well, ${what}`, {
    hint: 'correct the script, or see whether the disk is full',
  });
}

async function describeFailure(script: string, error: unknown, log: BuildLog): Promise<unknown> {
  if (!(error instanceof VirtbsError) || error.code === 'cancelled') return error;
  const failed = error.code === 'program-failed';
  const kept = await log.keep();
  const said = kept === null ? [] : [`all that it said is in ${kept}`];
  const what = failed ? ['failed:', ...log.lastLines()] : [error.message];
  const [first = '', ...others] = [...what, ...said];
  return new VirtbsError(failed ? 'image-build-failed' : error.code, [`${script} ${first}`, ...others].join('\n'), {
    hint: error.hint ?? 'correct what the last lines say, then try again',
    cause: error,
  });
}

async function readHead(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEAD_BYTES) });
  return buffer.subarray(0, bytesRead);
}
