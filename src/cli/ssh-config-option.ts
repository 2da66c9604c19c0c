import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Options } from 'yargs';
import type { CommandContext } from './command.js';

/** The option that names another file than the user's own configuration of ssh. */
export const sshConfigOption = {
  type: 'string',
  describe: 'the ssh configuration to change',
  defaultDescription: '~/.ssh/config',
  normalize: false,
} as const satisfies Options;

/** The file that is meant. ssh itself looks for the home folder where the system has it, whatever HOME says. */
export function sshConfigFile({ file }: { readonly file: string | undefined }, { cwd }: CommandContext): string {
  return file !== undefined ? resolve(cwd, file) : join(userInfo().homedir, '.ssh', 'config');
}
