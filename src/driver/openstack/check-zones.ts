import * as z from 'zod';
import { unknownWord } from '../../text/unknown-word.js';
import { VirtbsError } from '../../errors.js';
import type { SlicePlan } from '../../plan/plan.js';
import { roleSettings } from './role-settings.js';
import type { Site } from './site.js';

const zoneSchema = z.object({ zoneName: z.string(), zoneState: z.object({ available: z.boolean() }) });

/** @throws VirtbsError `plan-invalid` where servers are to be in a zone that the cloud does not have, or not now */
export async function checkZones(site: Site, { vms }: SlicePlan, signal: AbortSignal): Promise<void> {
  const wanted = new Set(vms.flatMap(({ role }) => roleSettings(site.settings, role).availabilityZones ?? []));
  if (wanted.size === 0) return;
  const compute = site.cloud.service('compute');
  const zones = await compute.list('/os-availability-zone', 'availabilityZoneInfo', { schema: zoneSchema, signal });
  const names = zones.filter(({ zoneState }) => zoneState.available).map(({ zoneName }) => zoneName);
  for (const zone of wanted) {
    // Operators may name a host behind it: `ZONE:HOST`.
    const [name = ''] = zone.split(':');
    if (names.includes(name)) continue;
    throw new VirtbsError('plan-invalid', unknownWord('unknown availability zone', name, names), {
      hint: `zones of the cloud: ${names.join(', ')}`,
    });
  }
}
