import { randomBytes } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { packageDirectory } from '../package-directory.js';
import { runProgram } from '../process/run-program.js';
import type { CustomizeDiskRequest } from './customize-disk.js';

/** Milliseconds without a word after which it is given up; libguestfs talks all the time while it starts. */
const SILENCE_LIMIT = 10 * 60_000;

/** MiB that libguestfs' own VM needs at least. */
const LEAST_MEMORY = 512;

/** Lines that are shown where virt-customize itself fails. */
const LAST_LINES = 8;

/** The folder of the payload in the guest's file system meanwhile. */
const GUEST_FOLDER = '/.virtbs';

/**
 * Customizes a disk without booting it: virt-customize runs the work in the image's file system, under the kernel of this
 * machine. Services do not run meanwhile, and the file system is not grown.
 *
 * Only with `-v` is the console shown, on which the guest's lines come as they are printed; what else that shows is dropped,
 * unless virt-customize fails.
 *
 * @throws VirtbsError `program-missing` where libguestfs' tools are not installed, `image-build-failed`, `cancelled`
 */
export async function virtCustomize(request: CustomizeDiskRequest, { signal }: VerbContext): Promise<void> {
  const { disk, payload, onLine } = request;
  const token = randomBytes(16).toString('hex');
  await copyFile(join(await packageDirectory(), 'images', 'customize', 'appliance'), join(payload, 'appliance'));
  const options = ['-v', '--format', 'qcow2', '-a', disk, ...machineOptions(request)];
  // A program and its arguments cannot be given, only a line for the guest's shell; nothing of the recipe is in it.
  const command = `sh ${GUEST_FOLDER}/${basename(payload)}/appliance ${token}`;
  const steps = ['--mkdir', GUEST_FOLDER, '--copy-in', `${basename(payload)}:${GUEST_FOLDER}`];
  steps.push('--run-command', command, '--delete', GUEST_FOLDER, '--selinux-relabel');
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_LIMIT);
  const reader = createReader(token, onLine);
  try {
    await runProgram('virt-customize', [...options, ...steps], {
      signal: AbortSignal.any([signal, silence.signal]),
      cwd: dirname(payload),
      env: await libguestfsSettings(),
      group: true,
      onLine(line) {
        timer.refresh();
        reader.read(line);
      },
    });
  } catch (error) {
    for (const line of reader.otherLines()) onLine(line);
    if (silence.signal.aborted && !signal.aborted) {
      throw failed(`virt-customize was silent for ${SILENCE_LIMIT / 60_000} minutes`, { cause: error });
    }
    throw await explainFailure(error);
  } finally {
    clearTimeout(timer);
  }
  const status = reader.status();
  if (status === 0) return;
  throw failed(status === null ? 'the work ended without a result' : `the work ended with exit code ${status}`);
}

function machineOptions({ memory, vcpu, internetAccess }: CustomizeDiskRequest): readonly string[] {
  const network = internetAccess ? '--network' : '--no-network';
  return ['--memsize', String(Math.max(memory, LEAST_MEMORY)), '--smp', String(vcpu), network];
}

interface Reader {
  readonly read: (line: string) => void;
  /** The exit code of the work; null where none was told. */
  readonly status: () => number | null;
  /** The last lines that are not the guest's. */
  readonly otherLines: () => readonly string[];
}

/** Tells the lines of the guest's work from all others. */
function createReader(token: string, onLine: (line: string) => void): Reader {
  const others: string[] = [];
  let status: number | null = null;
  return {
    read(line) {
      const at = line.indexOf(token);
      if (at === -1) {
        others.push(line);
        if (others.length > LAST_LINES) others.shift();
        return;
      }
      const words = line.slice(at + token.length);
      if (words.startsWith(': ')) onLine(words.slice(2));
      else if (words.startsWith('= ')) status = Number.parseInt(words.slice(2), 10);
    },
    status: () => status,
    otherLines: () => [...others],
  };
}

/** libvirt is not asked: it would want to own the disk. A kernel can have /dev/kvm where the processor cannot virtualize. */
async function libguestfsSettings(): Promise<Readonly<Record<string, string>>> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const slow = !/\b(vmx|svm)\b/.test(cpuinfo);
  return { LC_ALL: 'C.UTF-8', LIBGUESTFS_BACKEND: 'direct', ...(slow && { LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg' }) };
}

async function explainFailure(error: unknown): Promise<unknown> {
  if (!(error instanceof VirtbsError)) return error;
  if (error.code === 'program-missing') {
    const packages = join(await packageDirectory(), 'bin', 'packages');
    return new VirtbsError('program-missing', 'virt-customize, which the recipe asks for, is not installed', {
      hint: `${packages} --install --for virt-customize; without "via" in the recipe the image is booted instead`,
      cause: error,
    });
  }
  if (error.code !== 'program-failed') return error;
  return failed('virt-customize failed', {
    hint: 'libguestfs-test-tool tells whether libguestfs works on this machine',
    cause: error,
  });
}

function failed(message: string, details: { readonly hint?: string; readonly cause?: unknown } = {}): VirtbsError {
  return new VirtbsError('image-build-failed', message, details);
}
