import { isSameRun } from '../session/session.js';
import { wipeMany, type WipeManyResult } from '../slice/wipe-many.js';
import type { Workplace } from '../workplace/workplace.js';

/** Wipes all that was made or leased for a job; nothing where there is nothing. @param lockTimeout milliseconds */
export async function cleanUpGitlabJob(lockTimeout: number, place: Workplace): Promise<WipeManyResult> {
  const [own, root, driver] = [await place.session(), await place.root(), await place.driver()];
  const { outputDirectory } = place;
  const select: Parameters<typeof wipeMany>[0]['select'] = (session) => isSameRun(session, own);
  return await wipeMany({ driver, root, outputDirectory, lockTimeout, dryRun: false, select }, place.verb);
}
