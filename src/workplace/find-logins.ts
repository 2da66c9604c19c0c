import { findSshHosts, type SshHosts } from '../slice/find-ssh-hosts.js';
import { outputPaths } from '../filenames.js';
import type { Workplace } from './workplace.js';

/**
 * Returns the machines of a slice to log in to: by its files alone, which is quick; of a slice that stands without being made, by
 * the configuration, and its files are written.
 *
 * @throws VirtbsError `slice-empty`, `file-foreign`
 */
export async function findLogins(place: Workplace, slice: number): Promise<SshHosts> {
  const { standing } = await place.features();
  if (!standing) return await findSshHosts({ slice, root: await place.root(), outputDirectory: place.outputDirectory });
  const { readSlice } = await import('../slice/standing-slice.js');
  const { plan, outputDirectory } = await readSlice(await place.standing(slice), place.verb);
  return {
    sshConfig: outputPaths(outputDirectory, slice).sshConfig,
    hosts: plan.vms.map(({ hostname, domain, role }) => ({
      hostname,
      domain,
      role,
      local: plan.access?.logins?.[hostname]?.local,
    })),
  };
}
