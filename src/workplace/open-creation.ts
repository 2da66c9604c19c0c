import { formatSession } from '../session/format-session.js';
import { describeJumpHost } from './describe-jump-host.js';
import type { WorkplaceCreation, Workplace } from './workplace.js';

/** Returns what every verb needs that makes VMs. @throws VirtbsError where the hypervisor cannot be reached */
export async function openCreation(place: Workplace): Promise<WorkplaceCreation> {
  const { jumpHost } = await place.configuration();
  const session = formatSession(await place.session());
  const jump = await describeJumpHost(jumpHost);
  const [library, driver] = [await place.library(), await place.driver()];
  const images = { ...library, runBuildVm: driver.runBuildVm };
  return { driver, images, outputDirectory: place.outputDirectory, jump, session, notify: place.notify };
}
