/** The result of one check. */
export interface Finding {
  /** The thing that was checked: `kvm`, `storage`, … */
  readonly check: string;
  /** `warn`: works, but worse than it could; `fail`: some of what virtbs does will not work. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** The thing to type or to change; null where nothing is wrong. */
  readonly cure: string | null;
}

/** Makes the findings of one check. */
export function findings(check: string) {
  return {
    ok: (message: string): Finding => ({ check, level: 'ok', message, cure: null }),
    warn: (message: string, cure: string): Finding => ({ check, level: 'warn', message, cure }),
    fail: (message: string, cure: string): Finding => ({ check, level: 'fail', message, cure }),
  };
}
