interface ErrorKind {
  /** The problem, as one sentence. */
  readonly meaning: string;
  /** The cure, as one sentence. */
  readonly cure: string;
  /** The exit code of the process; 1 where not given. */
  readonly exit?: number;
}

/** Wrong usage or configuration; nothing was touched. */
const REFUSED = 2;
const INTERRUPTED = 130;

/**
 * Every code that a failure can have, with its meaning and its cure. Scripts rely on codes and exit codes: a code is added here, never
 * renamed. `docs/reference/errors.md` is made of this table.
 */
export const ERROR_KINDS = {
  usage: {
    meaning:
      'The command line or a variable of the environment cannot be understood, or it names a layer, a role or a VM that does not exist.',
    cure: 'Correct the word that the message names; `virtbs COMMAND --help` shows what there is.',
    exit: REFUSED,
  },
  'config-invalid': {
    meaning: 'The configuration has mistakes; the message lists all of them, each with its file, line and column.',
    cure: 'Correct each mistake at its place.',
    exit: REFUSED,
  },
  'plan-invalid': {
    meaning:
      'What is asked for makes no slice: addresses or disks do not fit, or the cloud does not have the flavor, zone or network.',
    cure: 'Ask for something else, as the message says; `virtbs plan` shows the result and changes nothing.',
    exit: REFUSED,
  },
  cancelled: {
    meaning: 'The command was interrupted: by Ctrl-C, by a signal, or because its parent process ended.',
    cure: 'Give the same command again; `cycle` and `wipe` put right what is half done.',
    exit: INTERRUPTED,
  },
  timeout: {
    meaning: 'Something took longer than its limit.',
    cure: 'Give it longer with `--timeout` or with the setting that the hint names, or see what holds it up.',
  },
  locked: {
    meaning: 'Another process works on the same slice or image.',
    cure: 'Wait until that process ends, or give a longer `--timeout`; a lock ends with its process.',
  },
  'payload-unavailable': {
    meaning: 'A payload cannot be fetched, or it is not what its digest says; nothing of it was used.',
    cure: 'See to the reason in the message; a payload that was fetched once needs no network if it is named by digest or commit.',
  },
  'ci-database': {
    meaning:
      'The database of the CI cannot be opened or read, its server is away or refuses, or a newer virtbs has written it.',
    cure: 'See to the reason in the message; another file or server can be named by `database`, below `ci` in the configuration.',
  },
  'program-missing': {
    meaning: 'A program that is needed is not installed.',
    cure: 'Install the program; `virtbs host prepare` installs what virtbs itself needs.',
  },
  'program-failed': {
    meaning: 'A program that virtbs ran has failed; the message has its last words.',
    cure: 'See to the reason in its words, then give the same command again.',
  },
  'output-failed': {
    meaning: 'The result could not be written to standard output.',
    cure: 'Free some space, or write the output to another place.',
  },
  'not-enough-memory': {
    meaning: 'The host has too little memory for the VMs.',
    cure: 'Wipe another slice, ask for fewer VMs, or give the roles less `memory`.',
  },
  'not-enough-disk': {
    meaning: 'The disk or the disk quota is full, or it would be.',
    cure: 'Free some space: `virtbs image gc`, `virtbs checkpoint rm`, `virtbs wipe`; or choose another `--root`.',
  },
  'not-enough-vcpu': {
    meaning: 'The VMs ask for more virtual processors than the host may give.',
    cure: 'Wipe another slice, ask for fewer VMs, or give the roles fewer `vcpu`.',
  },
  'host-unready': {
    meaning: 'This machine lacks something that VMs need, or libvirt says that it cannot run a VM as it is planned.',
    cure: 'Run `virtbs host check`, which names the cure of each finding; `virtbs host prepare` does most of it.',
  },
  'name-taken': {
    meaning: 'A VM, network, server or keypair of the name exists, and virtbs did not make it for this slice.',
    cure: 'Rename or remove it, or choose another `--slice`.',
  },
  'network-clash': {
    meaning:
      'A network of the slice meets another network of the host or the cloud, or a port that it needs is held by another program.',
    cure: 'Choose another `--slice`, or move one of the two networks to other addresses.',
  },
  'foreign-slice': {
    meaning:
      'Another virtbs, or one with another `--root`, built the slice; or another project did, and nobody gave its number.',
    cure: 'Choose another `--slice`, or give the `--root` or the number that the message names.',
  },
  'slice-empty': {
    meaning: 'The slice has no VMs.',
    cure: 'Build it with `virtbs cycle`, or choose another `--slice`; `virtbs ls` shows all slices.',
  },
  'no-slice': {
    meaning: 'No slice is free, or none is leased for this session.',
    cure: 'See `virtbs ls`; `virtbs reap` ends slices whose sessions are gone.',
  },
  'libvirt-missing': {
    meaning: 'The library libvirt.so.0 is not installed.',
    cure: 'Install the package libvirt0 (Debian, Ubuntu) or libvirt-libs (Fedora).',
  },
  'libvirt-unreachable': {
    meaning: 'The libvirt daemon does not answer, or it ended in the middle of the work.',
    cure: 'Start it with `virtbs host prepare`, check `--connect`, then give the same command again.',
  },
  'libvirt-denied': {
    meaning: 'libvirt does not let this user do what was asked.',
    cure: 'Join the group libvirt with `sudo usermod -aG libvirt $USER` and log in again, or check `--connect`.',
  },
  'libvirt-busy': {
    meaning: 'Another operation holds the VM or the network for too long, often because its emulator hangs.',
    cure: 'Wait and give the same command again; `virtbs stop --force` ends a VM that hangs.',
  },
  'libvirt-gone': {
    meaning: 'Somebody removed the VM or the network while virtbs worked on it.',
    cure: 'Give the same command again; `virtbs ls` shows what is left.',
  },
  'libvirt-unsupported': {
    meaning: 'libvirt or its emulator on this host cannot do what the plan asks for.',
    cure: 'Change the setting that the message names; `virsh domcapabilities` shows what this host offers.',
  },
  'libvirt-failed': {
    meaning: 'libvirt refused something for a reason that has no code of its own; the message has its words.',
    cure: 'See to the reason in its words; the log of libvirtd and /var/log/libvirt/qemu say more.',
  },
  'machine-unsupported': {
    meaning: 'The emulator of this host does not have the machine type.',
    cure: 'Choose a machine type that `virsh domcapabilities` and `qemu-system-x86_64 -machine help` list, or leave it out.',
  },
  'cpu-unsupported': {
    meaning: 'The processor of this host lacks what the CPU model of the VM needs.',
    cure: 'Choose another CPU model, or one of `host-model` and `maximum`.',
  },
  'kvm-unusable': {
    meaning: 'The VM asks for KVM, and this host does not offer it, or not to the emulator.',
    cure: 'See `virtbs host check`; where there is no KVM, give the role `virt_type: qemu`.',
  },
  'emulator-missing': {
    meaning: 'The program that emulates the machine is not installed.',
    cure: 'Install it: qemu-system-x86 (Debian, Ubuntu) or qemu-kvm (Fedora); `virtbs host prepare` does it.',
  },
  'firmware-missing': {
    meaning: 'No UEFI firmware on this host fits what the VM asks for.',
    cure: 'Install the package ovmf (Debian, Ubuntu) or edk2-ovmf (Fedora), or leave the firmware out.',
  },
  'emulator-denied': {
    meaning: 'The emulator, which runs as another user, may not open a file of the VM.',
    cure: 'Let that user pass all folders above the file (`chmod o+x FOLDER`), or choose another `--root`.',
  },
  'emulator-file-missing': {
    meaning: 'A file of the VM does not exist where the emulator looks for it.',
    cure: 'Build the slice anew with `virtbs cycle`; do not remove files below the root by hand.',
  },
  'security-denied': {
    meaning: 'AppArmor or SELinux does not let libvirt or the emulator do it.',
    cure: 'Choose a `--root` below /var/lib/libvirt or /srv, or allow it in the profile; `dmesg` and `ausearch -m avc` name the denial.',
  },
  'address-in-use': {
    meaning:
      'Another program holds a port of an address that a network or a VM of the slice, or virtbs forward, needs.',
    cure: 'See which program it is with `sudo ss -lntup`, end it or let it listen elsewhere, or choose another `--slice`.',
  },
  'network-denied': {
    meaning: 'libvirt may not make a bridge, a network interface or a firewall rule, or has no tool for it.',
    cure: 'Use the system daemon (`--connect qemu:///system`), and see that nftables or iptables is installed and works.',
  },
  'disk-in-use': {
    meaning: 'Another VM or program uses a disk of the VM.',
    cure: 'Stop that VM or program; `sudo fuser FILE` names it.',
  },
  'too-many-files': {
    meaning: 'A process has as many files open as it may.',
    cure: 'Raise the limit: `ulimit -n 4096` for virtbs, LimitNOFILE in the unit for libvirtd.',
  },
  'cloud-unreachable': {
    meaning: 'A service of the cloud does not answer.',
    cure: 'Check `auth_url`, the proxy and the network, then give the same command again.',
  },
  'cloud-sign-in': {
    meaning: 'The cloud does not accept the credentials.',
    cure: 'Check the user, the password and the project in clouds.yaml or in the OS_ variables.',
  },
  'cloud-failed': {
    meaning: 'A service of the cloud refused a request; the message has its words and the id of the request.',
    cure: 'See to the reason in its words, or give the id to the operators of the cloud.',
  },
  'quota-exceeded': {
    meaning: 'The project in the cloud may not have as much as the slice needs.',
    cure: 'Ask for fewer or smaller VMs, wipe another slice, or ask the operators for more.',
  },
  'forge-failed': {
    meaning: 'GitHub, a Forgejo or a Gitea does not answer, or it refused a request; the message has its words.',
    cure: 'Check the URL, the scope and the token: docs/workers.md says what the token must be allowed to do.',
  },
  'runner-failed': {
    meaning: 'Every runner that was made for a job of a forge has failed, and the job still waits.',
    cure: 'See to the reason beside the job: the image, the layers, the labels and the program in section `runner`; then start it again.',
  },
  'mail-failed': {
    meaning: 'A mail could not be given to its relay.',
    cure: 'Check the host, the port and the password of the relay.',
  },
  'driver-unable': {
    meaning: 'The driver cannot do what was asked; the message has its reason.',
    cure: 'Choose another driver with `--driver`, or do without.',
  },
  'image-unknown': {
    meaning: 'There is no such image, tag or build, or nothing was imported into it yet.',
    cure: 'See `virtbs image ls`; `virtbs image build` and `virtbs image import` make one.',
  },
  'image-download-failed': {
    meaning: 'An image could not be downloaded from any of its places.',
    cure: 'Check the address, the network and the proxy; what has arrived is kept, and the next attempt goes on from there.',
  },
  'image-corrupt': {
    meaning: 'An image is damaged, does not match its digest, or has a format that is refused.',
    cure: 'Get it again, or correct its digest or its recipe.',
  },
  'image-build-failed': {
    meaning: 'A script that makes or customizes an image has failed; the message has its last lines.',
    cure: 'Correct the script or the recipe; the whole log is in the file that the hint names.',
  },
  'image-in-use': {
    meaning: 'A slice, a snapshot, a checkpoint or another image stands on the build.',
    cure: 'Remove what stands on it first; the message lists it.',
  },
  'task-failed': {
    meaning: 'One or more tasks failed; all that does not want them was done.',
    cure: 'See the last lines of its output and its log, mend it, and give `virtbs do` again: what is done is not done twice.',
  },
  'deployment-differs': {
    meaning:
      'Tasks that verify a deployment printed something else on the slice than on one that was deployed from nothing.',
    cure: 'Let the task print nothing that differs each time; else find what a task reads that is not in its key, and name it in `reads`.',
  },
  'task-broken': {
    meaning: 'A task was broken off half-way, or its VM went down meanwhile.',
    cure: '`virtbs restore` a snapshot from before it, or run it from its start with `virtbs do --again TASK`.',
  },
  'vm-failed': {
    meaning: 'One or more VMs could not be made or did not answer; the others were tried all the same.',
    cure: 'See the reason beside each VM; its whole console is in the log folder that the hint names.',
  },
  'vm-unknown': {
    meaning: 'The slice has no such VM or disk.',
    cure: 'See `virtbs ls`, or choose another `--slice`.',
  },
  'vm-running': {
    meaning: 'The VM runs, and this needs one that is off.',
    cure: 'Stop it first with `virtbs stop`.',
  },
  'checkpoint-unknown': {
    meaning: 'There is no such checkpoint.',
    cure: 'See `virtbs checkpoint ls`.',
  },
  'snapshot-exists': {
    meaning: 'The slice has a snapshot of this name.',
    cure: 'Choose another name, or delete the snapshot first.',
  },
  'snapshot-unknown': {
    meaning: 'The slice has no such snapshot.',
    cure: 'See `virtbs snapshot ls`.',
  },
  'snapshot-unfit': {
    meaning: 'The snapshot was made of other VMs than the slice has now.',
    cure: 'Make the slice as it was with `virtbs up --prune`, then restore.',
  },
  'snapshot-unsupported': {
    meaning: 'The hypervisor or the cloud cannot keep the state of these VMs.',
    cure: 'Build the slice anew with `virtbs cycle` where you wanted to restore it.',
  },
  'file-unreadable': {
    meaning: 'A file could not be read.',
    cure: 'Check that it exists and that you may read it.',
  },
  'file-unwritable': {
    meaning: 'A file or folder could not be written.',
    cure: 'Check who owns it and its folder, and that the file system is writable; or choose another `--root` or `--output-dir`.',
  },
  'file-foreign': {
    meaning: 'Something that virtbs did not write is where it would write.',
    cure: 'Look at it, then move it away, or choose another folder.',
  },
  'project-foreign': {
    meaning: 'The `virtbs.yaml` that was found belongs to another user, or every user may write to it.',
    cure: 'Read it; if you trust it, give it by name: `--project virtbs.yaml`. `--project none` passes over it.',
    exit: REFUSED,
  },
  'file-exists': {
    meaning: 'The file to be written exists.',
    cure: 'Choose another name, or give `--force`.',
  },
  bug: {
    meaning: 'virtbs failed in a way that nobody has foreseen; standard error has the stack.',
    cure: 'Report it with the command line and the stack.',
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;

/** The word for a problem, on which scripts can rely. */
export type ErrorCode = keyof typeof ERROR_KINDS;

/** Meaning, cure and exit code of a failure. */
export function errorKind(code: ErrorCode): Required<ErrorKind> {
  return { exit: 1, ...ERROR_KINDS[code] };
}

/** The cure of a failure in the form of a hint: one line of an error message. */
export function hintOf(code: ErrorCode): string {
  const { cure } = errorKind(code);
  return `${cure.slice(0, 1).toLowerCase()}${cure.slice(1).replace(/\.$/, '')}`;
}
