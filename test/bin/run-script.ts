import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface ScriptOptions {
  readonly cwd?: string;
  /** Added to our own environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface ScriptResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A script under way: its standard input is open, and what it has said so far can be waited for. */
export interface RunningScript {
  readonly process: ChildProcess;
  /** Waits until stdout contains the text. @throws Error with all output where the script ends without it */
  readonly says: (text: string) => Promise<void>;
  readonly result: Promise<ScriptResult>;
}

/** Starts a program of the project as a person would: whatever exit code it ends with is a result. */
export function startScript(program: string, args: readonly string[], options: ScriptOptions = {}): RunningScript {
  const { cwd, env } = options;
  const child = spawn(program, [...args], { ...(cwd !== undefined && { cwd }), env: { ...process.env, ...env } });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close');
  return {
    process: child,
    async says(text) {
      while (!output.stdout.includes(text)) {
        const more = await Promise.race([once(child.stdout, 'data'), ended.then(() => undefined)]);
        if (!more && !output.stdout.includes(text)) throw new Error(`never said "${text}": ${JSON.stringify(output)}`);
      }
    },
    result: ended.then(() => ({ status: child.exitCode, signal: child.signalCode, ...output })),
  };
}

/** Runs a program of the project to its end, with nothing on standard input. */
export async function runScript(
  program: string,
  args: readonly string[],
  options: ScriptOptions = {},
): Promise<ScriptResult> {
  const script = startScript(program, args, options);
  script.process.stdin?.end();
  return await script.result;
}
