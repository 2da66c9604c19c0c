import { VirtbsError } from '../errors.js';
import { outputPaths } from '../filenames.js';
import { readSshHosts, type SshHost } from '../output/read-ssh-hosts.js';
import { findOutputDirectory, type OutputDirectoryOptions } from './find-output-directory.js';

export interface SshHosts {
  readonly sshConfig: string;
  readonly hosts: readonly SshHost[];
}

/** The slice's VMs that ssh can reach, by its files alone: quick. @throws VirtbsError `slice-empty` where there are none */
export async function findSshHosts(options: OutputDirectoryOptions): Promise<SshHosts> {
  const { slice } = options;
  const { sshConfig } = outputPaths(await findOutputDirectory(options), slice);
  const hosts = await readSshHosts(sshConfig);
  if (hosts.length > 0) return { sshConfig, hosts };
  throw new VirtbsError('slice-empty', `slice ${slice} has no VMs to log in to: ${sshConfig} names none`, {
    hint: `virtbs -s ${slice} ls shows what there is; --output-dir says where its files are`,
  });
}
