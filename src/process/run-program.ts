import { VirtbsError } from '../errors.js';
import { streamProgram, type StreamedProgram } from './stream-program.js';

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text for standard input; nothing is on it otherwise. */
  readonly input?: string;
  /** Milliseconds after which the program is ended. */
  readonly timeout?: number;
  /** True if the signal ends what the program has started as well; all of it gets a few seconds to clean up. */
  readonly group?: boolean;
  /** Each line of stdout and stderr as it comes; the result has none of them then. */
  readonly onLine?: (line: string) => void;
}

export interface ProgramResult {
  /** The output without its last line break. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The failure of a program, with all that it printed. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(message: string, { exitCode, stdout, stderr }: StreamedProgram) {
    super(message);
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** Bytes of each stream: far more than any program that is called for its output prints. */
const MOST_OUTPUT = 64 * 1024 ** 2;
/** Bytes for the error of a program that is read by the line. */
const LAST_WORDS = 4096;
/** Characters of a line. */
const LONGEST_LINE = 64 * 1024;

/** Lines of a failed program that its error shows. */
const LAST_LINES = 3;

/**
 * Runs a program by its argument list, never through a shell, and waits for its end.
 *
 * @throws VirtbsError `program-missing` where the program is not installed, `program-failed` with the last lines of its
 *   stderr where it ends with anything but 0, `cancelled` where the signal was raised.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  const { timeout, onLine, ...others } = options;
  const limits = {
    kept: onLine ? LAST_WORDS : 2 * MOST_OUTPUT,
    line: LONGEST_LINE,
    ...(!onLine && { printed: MOST_OUTPUT }),
  };
  const ended = await streamProgram(program, args, { ...others, limits, deadline: timeout, onLine });
  if (ended.exitCode !== 0 || ended.cut) {
    const words = describeEnd(program, ended);
    throw new VirtbsError('program-failed', words, { cause: new ProgramFailure(words, ended) });
  }
  if (onLine) return { stdout: '', stderr: '' };
  return { stdout: withoutLineBreak(ended.stdout), stderr: withoutLineBreak(ended.stderr) };
}

/** Describes the end of a program that failed, with its last words. */
export function describeEnd(program: string, { exitCode, signalName, cut, stdout, stderr }: StreamedProgram): string {
  const ending =
    cut === 'printed'
      ? 'it printed too much'
      : signalName === null
        ? `exit code ${exitCode}`
        : `ended by ${signalName}`;
  const words = lastLines(stderr.trim() === '' ? stdout : stderr);
  return `${program}: ${ending}${words && `: ${words}`}`;
}

/** The last lines of what a program said, without the line ends of a terminal. */
function lastLines(text: string): string {
  return text.trim().split(/\r?\n/).slice(-LAST_LINES).join('\n');
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
