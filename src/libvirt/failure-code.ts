import { constants } from 'node:os';
import type { ErrorCode } from '../error-kinds.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import type { LibvirtError } from './libvirt-error.js';

const { errno: ERRNO } = constants;

/** `VIR_FROM_SECURITY` of libvirt's `virErrorDomain`: AppArmor, SELinux and the ownership of files. */
const FROM_SECURITY = 24;

/** `VIR_FROM_CPU`: models and features of processors. */
const FROM_CPU = 31;

/** Codes that follow from a number of libvirt alone. */
const BY_NUMBER: ReadonlyMap<number, ErrorCode> = new Map([
  [LIBVIRT_ERROR_CODE.NO_MEMORY, 'not-enough-memory'],
  [LIBVIRT_ERROR_CODE.DOM_EXIST, 'name-taken'],
  [LIBVIRT_ERROR_CODE.NETWORK_EXIST, 'name-taken'],
  [LIBVIRT_ERROR_CODE.OPERATION_DENIED, 'libvirt-denied'],
  [LIBVIRT_ERROR_CODE.AUTH_FAILED, 'libvirt-denied'],
  [LIBVIRT_ERROR_CODE.AUTH_CANCELLED, 'libvirt-denied'],
  [LIBVIRT_ERROR_CODE.AUTH_UNAVAILABLE, 'libvirt-denied'],
  [LIBVIRT_ERROR_CODE.ACCESS_DENIED, 'libvirt-denied'],
  [LIBVIRT_ERROR_CODE.NO_DOMAIN, 'libvirt-gone'],
  [LIBVIRT_ERROR_CODE.NO_NETWORK, 'libvirt-gone'],
  [LIBVIRT_ERROR_CODE.OPERATION_TIMEOUT, 'libvirt-busy'],
  [LIBVIRT_ERROR_CODE.RESOURCE_BUSY, 'libvirt-busy'],
  [LIBVIRT_ERROR_CODE.CPU_INCOMPATIBLE, 'cpu-unsupported'],
]);

/** Codes that follow from the errno of a system call that libvirt made for the VM. */
const BY_ERRNO: ReadonlyMap<number, ErrorCode> = new Map([
  [ERRNO.EACCES, 'emulator-denied'],
  [ERRNO.EPERM, 'emulator-denied'],
  [ERRNO.ENOENT, 'emulator-file-missing'],
  [ERRNO.EEXIST, 'name-taken'],
  [ERRNO.EADDRINUSE, 'address-in-use'],
  [ERRNO.ENOMEM, 'not-enough-memory'],
  [ERRNO.ENOSPC, 'not-enough-disk'],
  [ERRNO.EDQUOT, 'not-enough-disk'],
  [ERRNO.EMFILE, 'too-many-files'],
  [ERRNO.ENFILE, 'too-many-files'],
]);

const OF_ANYTHING: ReadonlySet<ErrorCode> = new Set(['emulator-denied', 'emulator-file-missing']);

/**
 * Codes that follow from the words, where the number says too little: it passes on what qemu, dnsmasq and the tools of the
 * firewall have written as INTERNAL_ERROR, OPERATION_FAILED or CONFIG_UNSUPPORTED, and leaves the cause to the text. The
 * first that matches counts. The words are those of libvirt 7 to 11 and qemu 5 to 10; the reasons behind the last colon are
 * strerror(3), in English since daemons have no locale. This is the only place that reads them.
 */
const BY_WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/apparmor profile|security (?:context|label)|avc: +denied/i, 'security-denied'],
  [/could not access kvm|failed to initialize kvm|no accelerator|virt type 'kvm'|type=kvm|\/dev\/kvm/i, 'kvm-unusable'],
  [/machine type|unsupported machine/i, 'machine-unsupported'],
  [
    /cannot check qemu binary|(?:unable to|cannot) find.* (?:emulator|qemu)|emulator .*not (?:found|available)/i,
    'emulator-missing',
  ],
  [
    /unable to find .*firmware|no firmware|firmware .*(?:not found|incompatible)|unable to find any master var store/i,
    'firmware-missing',
  ],
  [
    /cpu.*(?:incompatible|not compatible|unsupported|lacks)|doesn't support requested feature|cpu (?:mode|model) '/i,
    'cpu-unsupported',
  ],
  [/network is already in use by interface/i, 'network-clash'],
  [/address already in use|unable to find an unused port/i, 'address-in-use'],
  [/already exists|bridge name .* in use/i, 'name-taken'],
  [/failed to get .*lock|is another process using the image/i, 'disk-in-use'],
  [/cannot allocate memory|cannot set up guest memory|out of memory/i, 'not-enough-memory'],
  [/no space left on device|disk quota exceeded/i, 'not-enough-disk'],
  [/too many open files/i, 'too-many-files'],
  [
    /firewall (?:rule|command|backend)|\b(?:ip6?tables|nft) |(?:bridge|tap|veth|network device).*(?:not permitted|permission denied)/i,
    'network-denied',
  ],
  [
    /(?:could not|cannot|unable to|failed to) (?:open|access|read|stat|create).*(?:permission denied|not permitted)/i,
    'emulator-denied',
  ],
  [
    /(?:could not|cannot|unable to|failed to) (?:open|access|read|stat).*no such file or directory/i,
    'emulator-file-missing',
  ],
];

const UNSUPPORTED: ReadonlySet<number> = new Set([
  LIBVIRT_ERROR_CODE.NO_SUPPORT,
  LIBVIRT_ERROR_CODE.CONFIG_UNSUPPORTED,
  LIBVIRT_ERROR_CODE.ARGUMENT_UNSUPPORTED,
  LIBVIRT_ERROR_CODE.OPERATION_UNSUPPORTED,
]);

/** The code of a failure of libvirt: by its number, else by its errno, else by its words; `libvirt-failed` where none of them says more. */
export function failureCode({ code, domain, errno, message }: LibvirtError): ErrorCode {
  const numbered = BY_NUMBER.get(code);
  if (numbered) return numbered;
  const worded = BY_WORDS.find(([words]) => words.test(message))?.[1];
  const system = errno === null ? undefined : BY_ERRNO.get(errno);
  // What was denied or missing may be a bridge, a program or a disk: the words know which of them.
  if (system && !(worded && OF_ANYTHING.has(system))) return system;
  if (worded) return worded;
  if (domain === FROM_CPU) return 'cpu-unsupported';
  if (domain === FROM_SECURITY) return 'security-denied';
  return UNSUPPORTED.has(code) ? 'libvirt-unsupported' : 'libvirt-failed';
}
