import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../../errors.js';
import type { CustomizeDiskRequest } from '../../image/customize-disk.js';
import { LIBVIRT_ERROR_CODE } from '../../libvirt/libvirt-error-code.js';
import { isLibvirtError } from '../../libvirt/libvirt-error.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import { openLibvirt } from '../../libvirt/open-libvirt.js';
import { packageDirectory } from '../../package-directory.js';
import { runProgram } from '../../process/run-program.js';
import { customizeSeed } from '../../seed/customize-seed.js';
import { writeSeedImage } from '../../seed/write-seed-image.js';
import type { DriverContext } from '../types.js';
import { buildDomainXml } from './build-domain-xml.js';
import { makeBuildNetwork } from './build-network.js';
import { readConsoleTail } from './console-tail.js';
import { explainLibvirt } from './libvirt-failure.js';
import { openPipeReader, type PipeReader } from './pipe-reader.js';
import type { Platform } from './platform.js';

export interface RunBuildVmOptions {
  readonly connect: string;
  readonly root: string;
  readonly platform: Platform;
}

/** Milliseconds without a byte on either console after which a guest is given up; emulated ones think for minutes. */
const SILENCE_LIMIT = 10 * 60_000;
/** Milliseconds between two looks at the VM. */
const LOOK_INTERVAL = 500;
const CONSOLE_LINES = 12;

/**
 * Boots a disk once, on a network of its own, lets the guest do its work and waits until it is off. The VM dies with the
 * connection that is open for it alone, so with this process too; the network is removed with it, or by the next one.
 *
 * @throws VirtbsError `image-build-failed` where the work failed, the guest ended without having done it, or went silent;
 *   `not-enough-disk`, `network-clash`, `libvirt-failed`, `cancelled`
 */
export async function runBuildVm(
  request: CustomizeDiskRequest,
  { connect, root, platform }: RunBuildVmOptions,
  { emit, signal }: DriverContext,
): Promise<void> {
  const { slot, workspace, internetAccess } = request;
  await using libvirt = await openLibvirt(connect, { connections: 1, signal });
  const ownership = { slot, root, created: new Date().toISOString() };
  await using network = await makeBuildNetwork({ libvirt, ownership, internetAccess, emit, signal });
  const token = randomBytes(16).toString('hex');
  const files = {
    seed: join(workspace, 'seed.iso'),
    console: join(workspace, 'console.log'),
    channel: join(workspace, 'channel'),
  };
  const orders = join(workspace, 'orders');
  await mkdir(orders);
  await copyFile(join(await packageDirectory(), 'images', 'customize', 'boot'), join(orders, 'boot'));
  await writeSeedImage(files.seed, customizeSeed({ mac: network.mac, token, internetAccess }), signal, [
    orders,
    request.payload,
  ]);
  await writeFile(files.console, '', { mode: 0o600 });
  await runProgram('mkfifo', ['-m', '600', `${files.channel}.in`, `${files.channel}.out`], { signal });
  using channel = openPipeReader(`${files.channel}.out`);
  const xml = buildDomainXml({ ...request, ...files, network, ownership, platform, boot: request.boot });
  const destroy = (): Promise<void> =>
    explainLibvirt(`build VM ${network.name}`, () => libvirt.destroyDomain(network.name));
  // Where that fails too, the VM goes with the connection.
  await using _vm = { [Symbol.asyncDispose]: () => destroy().catch(() => undefined) };
  await explainLibvirt(`build VM ${network.name}`, () => libvirt.runDomain(xml, signal));
  await finishWork(request, { libvirt, name: network.name, channel, console: files.console, token, signal });
  // The guest is off, and nothing may hold its disk any more.
  await destroy();
}

interface BuildVm {
  readonly libvirt: LibvirtPool;
  readonly name: string;
  readonly channel: PipeReader;
  readonly console: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

async function finishWork(request: CustomizeDiskRequest, vm: BuildVm): Promise<void> {
  const done = new AbortController();
  const activity = { last: performance.now() };
  try {
    const status = await Promise.race([
      readWork(vm, (line) => {
        activity.last = performance.now();
        request.onLine(line);
      }),
      explainLibvirt(`build VM ${vm.name}`, () =>
        untilLost({ ...vm, signal: AbortSignal.any([vm.signal, done.signal]) }, activity),
      ),
    ]);
    if (status === 0) return;
    if (status !== null) throw failed('the work in the guest failed; its last words are');
    const tail = await readConsoleTail(vm.console, CONSOLE_LINES);
    throw failed(['the VM went off before its work was done; its console ends so', ...tail].join('\n'));
  } finally {
    done.abort();
  }
}

/** Reads until the VM is off; the exit code of the work, or null where it never told one. One that failed is told at once. */
async function readWork({ channel, token }: BuildVm, onLine: (line: string) => void): Promise<number | null> {
  const ending = ' exit ';
  let status: number | null = null;
  for await (const line of channel.lines) {
    const at = line.indexOf(`${token}${ending}`);
    const words = at === -1 ? line : line.slice(0, at);
    if (words !== '' || at === -1) onLine(words);
    if (at === -1) continue;
    status = Number.parseInt(line.slice(at + token.length + ending.length), 10);
    if (status !== 0) return status;
  }
  return status;
}

/** Never resolves; throws once nothing can come of the VM any more. */
async function untilLost(vm: BuildVm, activity: { last: number }): Promise<never> {
  let consoleBytes = 0;
  for (;;) {
    await sleep(LOOK_INTERVAL, undefined, { signal: vm.signal });
    const state = await vm.libvirt.domainState(vm.name, vm.signal).catch((error: unknown) => {
      // It went off: what it has said is still being read.
      if (isLibvirtError(error, LIBVIRT_ERROR_CODE.NO_DOMAIN)) return null;
      throw error;
    });
    if (state === 'paused') {
      throw new VirtbsError('not-enough-disk', 'the hypervisor has paused the VM: its disk could not be written', {
        hint: 'free some space where the images are, or give another --root',
      });
    }
    const size = (await stat(vm.console)).size;
    if (size !== consoleBytes) activity.last = performance.now();
    consoleBytes = size;
    if (performance.now() - activity.last < SILENCE_LIMIT) continue;
    const tail = await readConsoleTail(vm.console, CONSOLE_LINES);
    const minutes = SILENCE_LIMIT / 60_000;
    throw failed([`the guest was silent for ${minutes} minutes; its console ends so`, ...tail].join('\n'));
  }
}

function failed(message: string): VirtbsError {
  return new VirtbsError('image-build-failed', message);
}
