import type { VirtbsEvent } from '../../events.js';
import { renderSize } from '../../text/render-size.js';

type Progress = Extract<VirtbsEvent, { readonly type: 'image-progress' }>;

/** `12 MiB of 300 MiB, 8 MiB/s, 36 s left`, as far as it is known. */
export function progressText({
  received,
  total,
  bytesPerSecond,
}: Pick<Progress, 'received' | 'total' | 'bytesPerSecond'>): string {
  const parts = [total === null ? renderSize(received) : `${renderSize(received)} of ${renderSize(total)}`];
  if (bytesPerSecond !== null) parts.push(`${renderSize(Math.round(bytesPerSecond))}/s`);
  if (bytesPerSecond !== null && bytesPerSecond > 0 && total !== null && received < total) {
    parts.push(`${timeText((total - received) / bytesPerSecond)} left`);
  }
  return parts.join(', ');
}

/** `36 s`, `2 min 5 s`, `3 h 20 min`. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
