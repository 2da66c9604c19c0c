import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from './host.js';

/** Size of a firmware that ends at the top of the address space; the processor starts 16 bytes below its end. */
const FIRMWARE_BYTES = 64 * 1024;
const RESET_VECTOR = FIRMWARE_BYTES - 16;
const HALT = 0xf4;
const WORD = 0x2a;
/** mov al, WORD; mov dx, 0x501; out dx, al; hlt. Source: Intel SDM, volume 2 */
const SAY_WORD = [0xb0, WORD, 0xba, 0x01, 0x05, 0xee, HALT];
/** Ends qemu when it is written to. */
const DEVICE = 'isa-debug-exit,iobase=0x501,iosize=0x02';
/** The exit code of qemu then. Source: hw/misc/debugexit.c of qemu */
const EXIT_CODE = WORD * 2 + 1;

/** Runs a guest of a few instructions with KVM. @returns `works`, `not tried` without qemu, or why it does not work */
export async function tryKvm(host: Host, accelerator = 'kvm'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-kvm-'));
  try {
    const firmware = join(directory, 'firmware');
    const bytes = Buffer.alloc(FIRMWARE_BYTES, HALT);
    bytes.set(SAY_WORD, RESET_VECTOR);
    await writeFile(firmware, bytes);
    const machine = ['-machine', 'pc', '-m', '2', '-nodefaults', '-no-user-config', '-display', 'none'];
    const answer = await host.run('qemu-system-x86_64', [
      ...['-accel', accelerator, ...machine],
      ...['-device', DEVICE, '-bios', firmware],
    ]);
    if (answer === null) return 'not tried';
    return answer.code === EXIT_CODE ? 'works' : answer.stderr || 'it ended as it should not';
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
