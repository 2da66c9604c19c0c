import { constants } from 'node:os';
import t from 'tap';
import { errorKind, ERROR_KINDS, hintOf, type ErrorCode } from '../../src/error-kinds.js';
import { failureCode } from '../../src/libvirt/failure-code.js';
import { LibvirtError } from '../../src/libvirt/libvirt-error.js';

const { EACCES, EADDRINUSE, EMFILE, ENOENT, ENOSPC, EPERM } = constants.errno;

/** What libvirt says: number, domain, errno, words. Those that a lab can bring about are in e2e/libvirt-failures.test.ts. */
const FAILURES: readonly (readonly [ErrorCode, number, number, number | null, string])[] = [
  ['security-denied', 1, 24, null, "internal error: cannot load AppArmor profile 'libvirt-0f0f0f0f'"],
  ['security-denied', 38, 24, EPERM, "unable to set security context 'system_u:object_r:svirt_image_t' on '/srv/a'"],
  ['security-denied', 1, 24, null, 'internal error: Failed to set security data'],
  ['emulator-denied', 38, 18, EACCES, "Cannot access storage file '/srv/a' (as uid:64055, gid:107): Permission denied"],
  ['emulator-denied', 1, 10, null, "internal error: qemu: Could not open '/srv/a': Permission denied"],
  [
    'emulator-denied',
    38,
    24,
    EPERM,
    "unable to set user and group to '64055:107' on '/nfs/a': Operation not permitted",
  ],
  ['emulator-file-missing', 38, 18, ENOENT, "Cannot access storage file '/srv/a': No such file or directory"],
  ['network-denied', 38, 0, EPERM, 'Unable to create bridge bs1-net: Operation not permitted'],
  ['network-denied', 1, 0, null, 'internal error: Failed to run firewall command nft --echo: exit status 1'],
  ['address-in-use', 38, 7, EADDRINUSE, 'Unable to bind to port'],
  ['address-in-use', 1, 0, null, 'dnsmasq: failed to create listening socket for 172.16.17.1: Address already in use'],
  ['not-enough-memory', 2, 0, null, 'out of memory'],
  ['not-enough-disk', 38, 10, ENOSPC, 'Unable to write to /srv/memory: No space left on device'],
  ['too-many-files', 38, 0, EMFILE, 'cannot open /dev/null: Too many open files'],
  ['kvm-unusable', 1, 10, null, 'qemu-system-x86_64: Could not access KVM kernel module: Permission denied'],
  [
    'machine-unsupported',
    67,
    10,
    null,
    "unsupported configuration: Emulator does not support machine type 'pc-q35-99.0'",
  ],
  ['libvirt-unsupported', 67, 10, null, 'unsupported configuration: this QEMU has no such device'],
  ['libvirt-busy', 68, 10, null, 'Timed out during operation: cannot acquire state change lock'],
  ['libvirt-denied', 88, 55, null, 'access denied'],
  ['libvirt-gone', 42, 10, null, 'Domain not found'],
  ['name-taken', 9, 20, null, "operation failed: domain 'a' already exists with uuid 0f0f0f0f"],
  ['cpu-unsupported', 91, 31, null, 'the CPU is incompatible with host CPU'],
  ['libvirt-failed', 1, 10, null, 'internal error: something else'],
];

t.test('a failure of libvirt is known by its number, its errno, or where there is neither its words', async (t) => {
  for (const [code, number, domain, errno, message] of FAILURES) {
    t.equal(failureCode(new LibvirtError({ code: number, domain, errno, message })), code, message);
  }
});

t.test('every code has a meaning, a cure and an exit code, in sentences', async (t) => {
  for (const code of Object.keys(ERROR_KINDS) as ErrorCode[]) {
    const { meaning, cure, exit } = errorKind(code);
    for (const sentence of [meaning, cure]) t.match(sentence, /^[A-Za-z`].*\.$/, code);
    t.match([1, 2, 130].includes(exit), true, code);
    t.match(hintOf(code), /^[a-z`].*[^.]$/, code);
  }
});
