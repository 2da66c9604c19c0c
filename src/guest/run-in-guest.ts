import type { Readable } from 'node:stream';
import { streamProgram, type OutputStreamName, type StreamedProgram } from '../process/stream-program.js';
import { GUEST_LIMITS } from './guest-limits.js';
import type { Guest } from './guest.js';
import { guestCall } from './guest-call.js';
import type { SshCallOptions } from './ssh-call.js';

export interface GuestRunOptions {
  readonly signal: AbortSignal;
  /** A new connection where not given. */
  readonly connection?: SshCallOptions['connection'];
  /** The standard input of the command; empty where not given. A function is called when the guest first says something. */
  readonly input?: string | Readable | (() => string) | undefined;
  /** Milliseconds for all of it, login included; without it the command may run for ever. */
  readonly deadline?: number | undefined;
  /** Bytes of each stream that the result has; see `GUEST_LIMITS`. */
  readonly kept?: number | undefined;
  /** Bytes after which the command is ended; it may print for ever where not given. */
  readonly printed?: number | undefined;
  /** Each line as it comes. The guest has to wait while a promise that it returns is pending. */
  readonly onLine?: ((line: string, stream: OutputStreamName) => void | PromiseLike<void>) | undefined;
}

/** The result of a command. The exit code 255 also means that ssh could not log in. */
export type GuestRun = StreamedProgram;

/**
 * Runs a command in a guest, as a line for the shell of the user that one logs in as: the one way in which virtbs calls ssh for a
 * guest. The machine where virtbs runs needs no ssh. Nobody is asked anything, and what the guest prints takes no more memory than `GUEST_LIMITS` says.
 *
 * @throws VirtbsError `program-missing` where there is no ssh here, `cancelled`
 */
export async function runInGuest(guest: Guest, command: string, options: GuestRunOptions): Promise<GuestRun> {
  const { signal, connection = 'new', input, deadline, kept = GUEST_LIMITS.kept, printed, onLine } = options;
  const [program, args] = guestCall(guest, command, { connection });
  return await streamProgram(program, args, {
    signal,
    input,
    deadline,
    onLine,
    limits: { kept, line: GUEST_LIMITS.line, ...(printed !== undefined && { printed }) },
  });
}
