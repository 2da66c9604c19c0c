import { outputPaths, type SlicePaths } from '../filenames.js';
import type { ImageBuild } from '../image/types.js';
import { diskSerial } from '../plan/disk-serial.js';
import { imageName } from '../image/image-name.js';
import { givenParts } from '../plan/plan-json.js';
import type { DiskPlan, SlicePlan, VmPlan } from '../plan/plan.js';
import { GUEST_USER } from '../seed/seed.js';
import { fileMark } from './file-header.js';
import { hasLogin } from './ssh-config.js';
import type { State, VmFacts } from './state-schema.js';

export interface StateOptions {
  readonly root: string;
  readonly paths: SlicePaths;
  readonly outputDirectory: string;
  readonly created: string;
  readonly session: string;
  /** The builds that disks were cloned from, by `SLOT:TAG`. */
  readonly images: ReadonlyMap<string, ImageBuild>;
  /** Labels of slots. */
  readonly imageLabels: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The facts that guests tell, keyed by host name. */
  readonly facts: ReadonlyMap<string, GuestFacts>;
  /** The record of the slice before VMs were added: its VMs that go on, and when and by whom it was made. */
  readonly before?: State | undefined;
}

/** The facts that a guest tells of itself. The plan knows which disks are whose. */
export type GuestFacts = Omit<VmFacts, 'disks'> & {
  readonly disks: readonly Omit<VmFacts['disks'][number], 'disk'>[];
};

/** All that is known of a slice once it stands. */
export function sliceState(plan: SlicePlan, options: StateOptions): State {
  const { root, paths, outputDirectory, created, session, images, imageLabels, before } = options;
  const { sshConfig, knownHosts } = outputPaths(outputDirectory, plan.slice);
  const vms = plan.vms.map((vm) => vmState(vm, options));
  const used = new Set(vms.flatMap(({ disks }) => disks.map(({ slot, build }) => `${slot}/${build}`)));
  const known = [...(before?.images ?? []), ...images.values()].filter(({ slot, build }) =>
    used.has(`${slot}/${build}`),
  );
  const builds = new Map(known.map(({ slot, build }) => [`${slot}/${build}`, { slot, build }]));
  return {
    virtbs: fileMark(plan.slice, 'state'),
    version: 1,
    slice: plan.slice,
    root,
    created: before?.created ?? created,
    session: before?.session ?? session,
    ssh: plan.access?.logins
      ? { user: null, config: sshConfig, knownHosts, privateKey: null }
      : { user: GUEST_USER, config: sshConfig, knownHosts, privateKey: paths.privateKey },
    images: [...builds.values()].map(({ slot, build }) => ({ slot, build, labels: { ...imageLabels[slot] } })),
    networks: plan.networks.map((network) => ({ ...network, labels: { ...network.labels } })),
    vms,
  };
}

function vmState(vm: VmPlan, { images, facts, before }: StateOptions): State['vms'][number] {
  const kept = before?.vms.find(({ uuid }) => uuid === vm.uuid);
  if (kept && !facts.has(vm.hostname)) return kept;
  const { hostname, domain, uuid, role, offset, memoryMiB, vcpu, accessAddress, interfaces, disks, labels } = vm;
  const found = facts.get(hostname);
  return {
    hostname,
    domain,
    uuid,
    role,
    offset,
    memoryMiB,
    vcpu,
    accessAddress,
    login: hasLogin(vm),
    interfaces: [...interfaces],
    disks: disks.map((disk) => ({ ...disk, build: buildOf(disk, images), serial: diskSerial(disk) })),
    ...givenState(vm),
    labels: { ...labels },
    facts: found ? { ...found, disks: found.disks.map((disk) => ({ ...disk, disk: planName(disk, disks) })) } : null,
  };
}

function givenState(vm: VmPlan): Pick<State['vms'][number], 'user' | 'firstBoot' | 'share'> {
  const { user, firstBoot, share } = givenParts(vm);
  const given = { ...(user !== undefined && { user }), ...(share && { share: [...share] }) };
  if (!firstBoot) return given;
  const { files, packages, scripts } = firstBoot;
  const lists = { files: [...files], packages: [...packages], scripts: [...scripts] };
  return { ...given, firstBoot: { ...firstBoot, ...lists } };
}

function buildOf({ slot, tag }: DiskPlan, images: StateOptions['images']): string | null {
  return slot === null ? null : (images.get(imageName(slot, tag))?.build ?? null);
}

function planName({ serial }: { readonly serial: string | null }, disks: readonly DiskPlan[]): string | null {
  return disks.find((disk) => diskSerial(disk) === serial)?.name ?? null;
}
