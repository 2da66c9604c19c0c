import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refuseForeignLink } from './refuse-foreign-link.js';

/**
 * Makes a folder, and those above it where they are missing, readable by everyone whatever the umask: the hypervisor runs
 * as another user. A folder that exists keeps its permissions.
 *
 * @throws VirtbsError `file-foreign` where another user's link is in its place; what mkdir(2) throws
 */
export async function makeReadableDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return await refuseForeignLink(path);
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeReadableDirectory(dirname(path));
    // Once more only: there are folders that say ENOENT for ever, as those of /proc do.
    await mkdir(path).catch(ignoreExisting);
  }
  await chmod(path, 0o755);
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}
