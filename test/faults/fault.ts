/** One thing that happens to a running virtbs. */
export interface Fault {
  /** At which of the things that it does to the world, from 1, or at the first that this regular expression matches. */
  readonly at: number | string;
  readonly when: 'before' | 'during';
  /** What happens: it gets a signal, its clock jumps by so many seconds, or a command of the shell runs while it stands still. */
  readonly signal?: NodeJS.Signals;
  readonly jump?: number;
  readonly command?: string;
}

export function parseFault(text: string): Fault | undefined {
  return text === '' ? undefined : (JSON.parse(text) as Fault);
}

/** In the words of the report: `SIGKILL during step 12`. */
export function describeFault({ at, when, signal, jump, command }: Fault): string {
  const what = signal ?? (jump === undefined ? (command ?? '') : `clock by ${jump} s`);
  return `${what} ${when} step ${at}`;
}
