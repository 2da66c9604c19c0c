/** One test of a run, in whichever format it was reported. */
export interface TestResult {
  readonly name: string;
  readonly status: 'success' | 'fail' | 'skip' | 'xfail' | 'uxsuccess';
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly seconds?: number;
  readonly tags?: readonly string[];
  readonly reason?: string;
  /** Output by its name, bounded. */
  readonly details?: Readonly<Record<string, string>>;
}
