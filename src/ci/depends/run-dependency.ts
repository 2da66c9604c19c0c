/** An open change that a change depends on, as a run of a job had it. */
export interface RunDependency {
  readonly project: string;
  readonly branch: string;
  readonly change: number;
  readonly patchSet: number;
  readonly revision: string;
  /** Its page; null where nobody says it. */
  readonly url: string | null;
}

/** `team/lib 105,2` */
export function describeDependency({ project, change, patchSet }: RunDependency): string {
  return `${project} ${change},${patchSet}`;
}
