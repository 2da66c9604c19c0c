import type { SshConfigResult } from '../../output/change-ssh-config.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { writeJson } from '../json-results.js';

/** Says what was changed in which file, or would be. */
export function renderSshConfig(
  result: SshConfigResult,
  { json, quiet }: Pick<GlobalArguments, 'json' | 'quiet'>,
  context: CommandContext,
): void {
  if (json) writeJson('ssh-config', result, context);
  else if (!quiet || result.dryRun) context.stdout.write(`${describe(result)}\n`);
}

function describe({ file, line, installed, change, dryRun }: SshConfigResult): string {
  const what = line ?? 'every line of virtbs';
  if (change === 'none') return `${file} ${installed ? 'has it already' : 'does not have it'}: ${what}`;
  const verb = installed ? 'add' : 'remove';
  return `${dryRun ? `would ${verb}` : change}, ${installed ? 'at the top of' : 'in'} ${file}: ${what}`;
}
