import type { PayloadSummary } from '../../payload/list-payloads.js';
import { renderSize } from '../../text/render-size.js';
import { renderTable } from './table.js';

/** Renders the payloads that come with virtbs as a table. */
export function renderPayloads(payloads: readonly PayloadSummary[], width: number): string {
  if (payloads.length === 0) return 'no payload comes with this copy of virtbs\n';
  const rows = payloads.map(({ name, vms, memoryMiB, diskBytes, minutes, title }) => [
    name,
    String(vms),
    renderSize(memoryMiB * 1024 ** 2),
    diskBytes === null ? '-' : renderSize(diskBytes),
    minutes === null ? '-' : `${minutes} min`,
    title ?? '',
  ]);
  return renderTable([['NAME', 'VMS', 'MEMORY', 'DISK', 'TIME', 'WHAT'], ...rows], width);
}
