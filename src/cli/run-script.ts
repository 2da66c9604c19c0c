import { runForeground } from '../process/run-foreground.js';
import type { CommandContext } from './command.js';

/**
 * Runs a script of ours in our place, until it ends; a Ctrl-C is the script's alone.
 *
 * @returns its exit code
 */
export async function runScript(path: string, args: readonly string[], context: CommandContext): Promise<number> {
  const { cwd, env, signal } = context;
  const terminal = context.stdin.isTTY === true;
  if (terminal) context.leaveInterrupts();
  return await runForeground([path, ...args], { cwd, env, signal, terminal, output: 'stdout' });
}
