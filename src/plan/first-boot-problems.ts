import type { FirstBootPlan, VmPlan } from './plan.js';

export interface FirstBootProblem {
  readonly role: string;
  /** The key of the role that is wrong, as `RoleSettings` has it. */
  readonly key: keyof FirstBootPlan | 'share';
  readonly message: string;
}

/** Returns what VMs are to be given at their first boot and cannot be, each once for a role. */
export function firstBootProblems(vms: readonly VmPlan[]): readonly FirstBootProblem[] {
  const problems = vms.flatMap((vm): FirstBootProblem[] => {
    const { role, wait } = vm;
    const key = wait === 'none' ? stepKey(vm) : undefined;
    if (key === undefined) return [];
    const needs = key === 'share' ? 'a shared folder needs' : `${key} need`;
    const cure = key === 'share' ? 'say "wait: ssh"' : 'say "wait: ssh", or use user_data';
    const message = `${needs} a login over ssh, and "wait: none" says that there is none: ${cure}`;
    return [{ role, key, message }];
  });
  return [...new Map(problems.map((problem) => [`${problem.role} ${problem.key}`, problem])).values()];
}

/** Tells whether a VM has shared folders, files, packages or scripts for its first boot, which it is given once it can be logged in to. */
export function hasFirstBootSteps(vm: Pick<VmPlan, 'firstBoot' | 'share'>): boolean {
  return stepKey(vm) !== undefined;
}

function stepKey({
  firstBoot: { files, packages, scripts } = {},
  share,
}: Pick<VmPlan, 'firstBoot' | 'share'>): FirstBootProblem['key'] | undefined {
  if (share) return 'share';
  if (files) return 'files';
  if (packages) return 'packages';
  return scripts && 'scripts';
}
