import { parseNetworkPlans, parseVmPlan } from '../../plan/parse-plan.js';
import type { NetworkPlan, VmPlan } from '../../plan/plan.js';
import { joinText, splitText } from './chunks.js';

/** The record of a VM that its server keeps. */
export interface VmRecord {
  readonly plan: VmPlan;
  /** `SLOT/BUILD` of the first disk that is cloned from an image. */
  readonly image: string | null;
  /** Networks of the VM that existed before the slice. */
  readonly networks: readonly NetworkPlan[];
}

const IMAGE = 'virtbs_image';
const PLAN = 'virtbs_plan';
const NETWORKS = 'virtbs_networks';

/** The record as metadata of a server. */
export function vmMetadata({ plan, image, networks }: VmRecord): Readonly<Record<string, string>> {
  return {
    ...(image !== null && { [IMAGE]: image }),
    ...splitText(PLAN, JSON.stringify(plan)),
    ...(networks.length > 0 && splitText(NETWORKS, JSON.stringify(networks))),
  };
}

/** The record of a server; null where it has none that we know. */
export function readVmRecord(metadata: Readonly<Record<string, string>>): VmRecord | null {
  const plan = parseVmPlan(joinText(PLAN, metadata));
  const networks = parseNetworkPlans(joinText(NETWORKS, metadata));
  return plan && { plan, image: metadata[IMAGE] ?? null, networks };
}
