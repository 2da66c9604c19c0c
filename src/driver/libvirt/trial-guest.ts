import { randomUUID } from 'node:crypto';
import { buildXml } from '../../libvirt/xml.js';
import type { Platform } from './platform.js';

/** A guest of a few instructions, to try on this host what emulators can do. */
export interface TrialGuest {
  readonly platform: Platform;
  readonly name: string;
  readonly uuid: string;
  /** Paths of files. */
  readonly disk: string;
  readonly serial: string;
  readonly memoryKib: number;
}

/**
 * The first sector of a disk: a program that writes a byte to the serial port at each tick of the clock, one higher each time. It has
 * the byte in its memory.
 *
 *     xor ax, ax; mov ds, ax; mov dx, 0x3f8; mov byte [0x8000], 0
 *     again: sti; hlt; inc byte [0x8000]; mov al, [0x8000]; out dx, al; jmp again
 *
 * Source: Intel SDM, volume 2; the port is that of COM1
 */
const PROGRAM = [
  ...[0x31, 0xc0, 0x8e, 0xd8, 0xba, 0xf8, 0x03, 0xc6, 0x06, 0x00, 0x80, 0x00],
  ...[0xfb, 0xf4, 0xfe, 0x06, 0x00, 0x80, 0xa0, 0x00, 0x80, 0xee, 0xeb, 0xf4],
];
const SECTOR = 512;
const SIGNATURE = [0x55, 0xaa];
const DISK_BYTES = 1024 ** 2;

/** Returns the content of a disk that starts the program. */
export function trialDisk(): Buffer {
  const disk = Buffer.alloc(DISK_BYTES);
  disk.set(PROGRAM, 0);
  disk.set(SIGNATURE, SECTOR - SIGNATURE.length);
  return disk;
}

/** The XML of the guest, which has this disk, a serial port that writes to a file, and no balloon. */
export function trialGuestXml({ platform, name, uuid, disk, serial, memoryKib }: TrialGuest): string {
  const { domainType: type, arch, machine, emulator } = platform;
  return buildXml('domain', {
    $: { type },
    name,
    uuid,
    genid: randomUUID(),
    memory: { $: { unit: 'KiB' }, _: memoryKib },
    vcpu: 1,
    os: { type: { $: { arch, ...(machine !== null && { machine }) }, _: 'hvm' }, boot: { $: { dev: 'hd' } } },
    features: { acpi: null, apic: null },
    cpu: { $: { mode: type === 'kvm' ? 'host-passthrough' : 'maximum' } },
    clock: { $: { offset: 'utc' } },
    devices: {
      ...(emulator !== null && { emulator }),
      disk: {
        $: { type: 'file', device: 'disk' },
        driver: { $: { name: 'qemu', type: 'raw' } },
        source: { $: { file: disk } },
        target: { $: { dev: 'vda', bus: 'virtio' } },
      },
      controller: [{ $: { type: 'usb', model: 'none' } }],
      serial: { $: { type: 'file' }, source: { $: { path: serial, append: 'on' } }, target: { $: { port: 0 } } },
      memballoon: { $: { model: 'none' } },
    },
  });
}
