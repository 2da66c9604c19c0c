import type { TaskSettings } from '../config/task-settings.js';
import { planJson } from '../plan/plan-json.js';
import type { SlicePlan } from '../plan/plan.js';

/** The facts that a task is given about the VM that it runs on, and about its peers. */
export interface TaskView {
  /** Variables of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files beside it, by the variable that has the path. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Returns what a task may see of its slice, and no more.
 *
 * - `VIRTBS_SLICE`, and on a VM `VIRTBS_HOSTNAME`, `VIRTBS_ROLE`, `VIRTBS_ADDRESS`
 * - `VIRTBS_PEERS` unless `peers` is `none`: a file with a line `HOSTNAME ROLE ADDRESS` for each VM of the slice, also for its own
 * - `VIRTBS_PLAN` where `peers` is `plan`: a file with the plan as `virtbs plan --json` prints it
 *
 * @param hostname null for a task that runs here
 */
export function taskView({ peers }: Pick<TaskSettings, 'peers'>, plan: SlicePlan, hostname: string | null): TaskView {
  const vm = plan.vms.find((each) => each.hostname === hostname);
  const environment: Record<string, string> = { VIRTBS_SLICE: String(plan.slice) };
  if (vm) {
    environment['VIRTBS_HOSTNAME'] = vm.hostname;
    environment['VIRTBS_ROLE'] = vm.role;
    environment['VIRTBS_ADDRESS'] = vm.interfaces[0]?.ipv4 ?? vm.accessAddress ?? '';
  }
  const files: Record<string, string> = {};
  if (peers !== 'none') {
    files['VIRTBS_PEERS'] = plan.vms
      .map((each) => `${each.hostname} ${each.role} ${each.interfaces[0]?.ipv4 ?? each.accessAddress ?? '-'}\n`)
      .join('');
  }
  if (peers === 'plan') files['VIRTBS_PLAN'] = `${JSON.stringify(planJson(plan), null, 2)}\n`;
  return { environment, files };
}
