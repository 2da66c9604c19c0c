/** What a stage of a job came to: `job` where the job itself has failed, `system` where what it needs has. */
export type StageOutcome = 'passed' | 'job' | 'system';

/**
 * Returns the exit code that GitLab's runner wants for an outcome: it names its codes in the environment. Without them any code
 * but 0 is a failure.
 */
export function stageExitCode(
  outcome: StageOutcome,
  { BUILD_FAILURE_EXIT_CODE: build, SYSTEM_FAILURE_EXIT_CODE: system }: Readonly<Record<string, string | undefined>>,
): number {
  if (outcome === 'passed') return 0;
  const code = Number(outcome === 'job' ? build : system);
  const usual = outcome === 'job' ? 1 : 2;
  return Number.isInteger(code) && code > 0 && code < 256 ? code : usual;
}
