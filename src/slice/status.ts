import type { VmState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { hasLogin, isReachedDirectly } from '../output/ssh-config.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { askGuest } from '../guest/ask-guest.js';
import { guestOf } from '../guest/guest-of.js';
import { readSshBanner } from '../guest/read-ssh-banner.js';
import { selectVms } from './select-vms.js';
import { readSlice, type StandingOptions } from './standing-slice.js';

export interface StatusOptions extends StandingOptions {
  /** VMs and roles; none means all of the slice. */
  readonly words: readonly string[];
  /** Milliseconds for a guest to answer, login included. */
  readonly timeout: number;
}

export interface StatusResult {
  readonly version: 1;
  readonly slice: number;
  readonly vms: readonly VmStatus[];
}

export interface VmStatus {
  readonly hostname: string;
  readonly domain: string;
  readonly role: string;
  readonly power: VmState['power'];
  readonly accessAddress: string | null;
  /**
   * `ready`: a login works; `refused`: an ssh server or the machine answers, but there is no login; `silent`: nobody answers;
   * `none`: no login is expected, or the VM does not run.
   */
  readonly ssh: 'ready' | 'refused' | 'silent' | 'none';
  /** The reason why there is no login, where ssh says it. */
  readonly reason: string | null;
  /** The status of cloud-init (`done`, `running`, `error`, …), `none` in guests without; null where it cannot be asked. */
  readonly cloudInit: string | null;
  readonly uptimeSeconds: number | null;
}

/** Source of the words of cloud-init: https://docs.cloud-init.io/en/latest/howto/status.html */
const QUESTION = [
  'read -r up _ </proc/uptime',
  'echo "uptime: $up"',
  'if command -v cloud-init >/dev/null 2>&1; then cloud-init status 2>/dev/null; else echo "status: none"; fi',
  'exit 0',
].join('; ');

/** Reads the status of all VMs at once, from outside and, where a login works, from inside. */
export async function status(options: StatusOptions, context: VerbContext): Promise<StatusResult> {
  const { slice, words, driver, timeout } = options;
  const { state, plan, outputDirectory } = await readSlice(options, context);
  const vms = selectVms(state.vms, words, slice).map(async (vm): Promise<VmStatus> => {
    const { hostname, domain, role, power, accessAddress } = vm;
    const planned = plan.vms.find((each) => each.domain === domain);
    const reachable = driver.features.guests && planned && power === 'running';
    const seen = reachable ? await look(plan, planned, { outputDirectory, signal: context.signal, timeout }) : NOTHING;
    return { hostname, domain, role, power, accessAddress, ...seen };
  });
  return { version: 1, slice, vms: await Promise.all(vms) };
}

type Sight = Pick<VmStatus, 'ssh' | 'reason' | 'cloudInit' | 'uptimeSeconds'>;

const NOTHING: Sight = { ssh: 'none', reason: null, cloudInit: null, uptimeSeconds: null };

async function look(
  plan: SlicePlan,
  vm: VmPlan,
  {
    outputDirectory,
    signal,
    timeout,
  }: { readonly outputDirectory: string; readonly signal: AbortSignal; readonly timeout: number },
): Promise<Sight> {
  const { accessAddress, hostname } = vm;
  if (!hasLogin(vm) || accessAddress === null) return NOTHING;
  const banner = isReachedDirectly(plan, vm) ? await readSshBanner(accessAddress, signal) : 'banner';
  if (banner === 'silence') return { ...NOTHING, ssh: 'silent' };
  if (banner === 'refused') return { ...NOTHING, ssh: 'refused', reason: 'no ssh server answers' };
  const answer = await askGuest(guestOf(plan, hostname, outputDirectory), QUESTION, { signal, deadline: timeout });
  if ('reason' in answer) return { ...NOTHING, ssh: 'refused', reason: answer.reason };
  const uptime = /^uptime: ([0-9.]+)$/m.exec(answer.stdout)?.[1];
  return {
    ssh: 'ready',
    reason: null,
    cloudInit: /^status: (.+)$/m.exec(answer.stdout)?.[1] ?? null,
    uptimeSeconds: uptime === undefined ? null : Number(uptime),
  };
}
