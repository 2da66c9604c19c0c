import { SEED_SERIAL } from './seed-serial.js';
import { diskSerial } from './disk-serial.js';
import type { VmPlan } from './plan.js';

export interface DiskProblem {
  readonly role: string;
  readonly disk: string;
  readonly message: string;
}

/** The largest disk in a qcow2 file with clusters of 64 KiB: its first table has 32 MiB at most. Source: qemu's block/qcow2.h */
const LARGEST_DISK = 2 ** 51;

/** Disks that qcow2 has no room for, disks that a guest could not tell apart, each once for a role, and disks of two VMs that would be one file. */
export function diskProblems(vms: readonly VmPlan[]): readonly DiskProblem[] {
  const problems = [...vms.flatMap(sizeProblems), ...vms.flatMap(serialProblems), ...fileProblems(vms)];
  return [...new Map(problems.map((problem) => [`${problem.role}: ${problem.message}`, problem])).values()];
}

function sizeProblems({ role, disks }: VmPlan): readonly DiskProblem[] {
  return disks
    .filter(({ sizeBytes }) => sizeBytes > LARGEST_DISK)
    .map(({ name }) => ({
      role,
      disk: name,
      message: `disk "${name}" is larger than 2 PiB, the most that qcow2 can hold`,
    }));
}

function serialProblems({ role, disks }: VmPlan): readonly DiskProblem[] {
  return disks.flatMap((disk, index) => {
    const serial = diskSerial(disk);
    if (serial === SEED_SERIAL) {
      return [
        { role, disk: disk.name, message: `no disk can have the name "${disk.name}": virtbs uses it for the seed` },
      ];
    }
    const twin = disks.slice(0, index).find((other) => diskSerial(other) === serial);
    return twin
      ? [
          {
            role,
            disk: disk.name,
            message: `disks "${twin.name}" and "${disk.name}" would have one serial number, "${serial}"`,
          },
        ]
      : [];
  });
}

/** The file of a disk is named after VM and disk: `web-db` and `root`, and `web` and `db-root`, would share one. */
function fileProblems(vms: readonly VmPlan[]): readonly DiskProblem[] {
  const files = new Set<string>();
  return vms.flatMap(({ hostname, role, disks }) =>
    disks.flatMap(({ name }) => {
      const file = `${hostname}-${name}`;
      const taken = files.has(file);
      files.add(file);
      const message = `disk "${name}" of ${hostname} would have the file of another VM's disk: rename one of them`;
      return taken ? [{ role, disk: name, message }] : [];
    }),
  );
}
