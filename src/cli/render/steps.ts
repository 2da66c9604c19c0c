import type { Step } from '../../host/prepare-host.js';
import { shellQuote } from '../../text/shell-quote.js';

type Shown = Pick<Step, 'what' | 'commands'>;

/** Returns what was done, or would be. */
export function renderSteps(steps: readonly Shown[], dryRun: boolean): string {
  if (steps.length === 0) return 'nothing to do\n';
  if (dryRun) return `dry run: nothing was changed\n${listSteps(steps)}`;
  return steps.map(({ what }) => `done: ${what}\n`).join('');
}

/** Returns steps with the programs that they run. */
export function listSteps(steps: readonly Shown[]): string {
  return steps
    .map(
      ({ what, commands }) =>
        `${what}\n${commands.map((words) => `    ${words.map(shellQuote).join(' ')}\n`).join('')}`,
    )
    .join('');
}
