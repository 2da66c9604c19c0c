import type { SharePlan } from '../plan/plan.js';
import { shareTag } from '../plan/share-tag.js';
import { plainText } from '../text/plain-text.js';
import { shellQuote } from '../text/shell-quote.js';
import { describeGuestFailure } from './describe-guest-failure.js';
import type { Guest } from './guest.js';
import type { FirstBootFailure } from './run-first-boot.js';
import { runInGuest } from './run-in-guest.js';

/** Lines that a failure shows. */
const LAST_LINES = 6;
/** Exit code of ssh itself. */
const SSH_FAILED = 255;

/**
 * Mounts TAG FOLDER OPTION by the kind that host and guest both know, now and at each boot.
 *
 * Source: https://docs.kernel.org/filesystems/virtiofs.html, https://docs.kernel.org/filesystems/9p.html
 */
const MOUNT = `
share() {
  mkdir -p "$2" || exit 1
  for kind in virtiofs 9p; do
    options=$3,nofail
    [ $kind = virtiofs ] || options=$options,trans=virtio,version=9p2000.L,msize=262144
    for module in $kind 9pnet_virtio; do modprobe $module 2>/dev/null; done
    mount -t $kind -o "\${options%%,nofail*}\${options#*,nofail}" "$1" "$2" || continue
    echo "$1 $2 $kind $options 0 0" >>/etc/fstab
    return 0
  done
  echo "the kernel of the guest knows neither virtiofs nor 9p as this machine has it"
  exit 1
}
`;

/**
 * Mounts the folders of this machine that a guest sees, as its root, and so that they come again after a reboot.
 *
 * @returns null where all are there
 * @throws VirtbsError `program-missing`, `cancelled`
 */
export async function mountShares(
  guest: Guest,
  shares: readonly SharePlan[],
  { signal }: { readonly signal: AbortSignal },
): Promise<FirstBootFailure | null> {
  const calls = shares.map(({ path, readOnly }, index) =>
    ['share', shareTag(index), path, readOnly ? 'ro' : 'rw'].map(shellQuote).join(' '),
  );
  const script = shellQuote(`${MOUNT}${calls.join('\n')}`);
  const last: string[] = [];
  const ended = await runInGuest(
    guest,
    `exec 2>&1; if [ -w /etc ]; then sh -c ${script}; else sudo -n sh -c ${script}; fi`,
    {
      signal,
      onLine(line) {
        last.push(plainText(line));
        if (last.length > LAST_LINES) last.shift();
      },
    },
  );
  if (ended.exitCode === 0) return null;
  const reason = ended.exitCode === SSH_FAILED ? describeGuestFailure(ended) : 'a shared folder could not be mounted';
  return { reason, lines: last };
}
