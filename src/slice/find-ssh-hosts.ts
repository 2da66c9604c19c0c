import { stat } from 'node:fs/promises';
import { geteuid } from 'node:process';
import { VirtbsError } from '../errors.js';
import { outputPaths } from '../filenames.js';
import { readSshHosts, type SshHost } from '../output/read-ssh-hosts.js';
import { findOutputDirectory, type OutputDirectoryOptions } from './find-output-directory.js';

/** A machine to log in to, or the one where virtbs runs. */
export interface LoginHost extends SshHost {
  readonly local?: boolean | undefined;
}

export interface SshHosts {
  readonly sshConfig: string;
  readonly hosts: readonly LoginHost[];
}

/**
 * The slice's VMs that ssh can reach, by its files alone: quick.
 *
 * @throws VirtbsError `slice-empty` where there are none; `file-foreign` where another user has put such a file where one stands
 */
export async function findSshHosts(options: OutputDirectoryOptions): Promise<SshHosts> {
  const { slice } = options;
  const { sshConfig } = outputPaths(await findOutputDirectory(options), slice);
  await assertOwnFile(sshConfig);
  const hosts = await readSshHosts(sshConfig);
  if (hosts.length > 0) return { sshConfig, hosts };
  throw new VirtbsError('slice-empty', `slice ${slice} has no VMs to log in to: ${sshConfig} names none`, {
    hint: `virtbs -s ${slice} ls shows what there is; --output-dir says where its files are`,
  });
}

/** ssh runs the programs that its configuration names. */
async function assertOwnFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found || found.uid === 0 || found.uid === geteuid?.()) return;
  throw new VirtbsError('file-foreign', `${path} belongs to the user ${found.uid}: ssh is not called with it`, {
    hint: 'name the folder of your own files with --output-dir',
  });
}
