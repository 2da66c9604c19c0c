import type { Driver } from './types.js';

/**
 * The methods of a driver that only shows machines: no verb calls one, as each asks `features` first.
 *
 * Without `inspect`, `usage`, `observe` and `consoleTail`, which every driver has.
 */
export const UNABLE_METHODS: Pick<
  Driver,
  'check' | 'destroy' | 'create' | 'power' | 'remove' | 'keep' | 'restore' | 'fingerprint'
> = {
  check: refuse,
  destroy: refuse,
  create: refuse,
  power: refuse,
  remove: refuse,
  keep: refuse,
  restore: refuse,
  fingerprint: refuse,
};

async function refuse(): Promise<never> {
  throw new Error('a driver was asked for what it is unable to do');
}
