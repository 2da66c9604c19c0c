import { VirtbsError } from '../errors.js';
import { showValue } from './show-value.js';

const ALLOWED = 'write a number above 0 and a unit, such as 512MiB, 1.5GiB, 8G or 10GB, or a plain number of MiB';

const POWERS = ['', 'k', 'm', 'g', 't'];

/**
 * Reads a size and returns bytes.
 *
 * A plain number, also as text, counts MiB. `K`, `M`, `G`, `T` and `KiB`, `MiB`, `GiB`, `TiB` are powers of 1024; `KB`, `MB`,
 * `GB`, `TB` are powers of 1000; `B` is bytes. Case does not matter, one blank before the unit is fine, and a fraction is
 * fine where it makes whole bytes.
 *
 * @throws VirtbsError `config-invalid` for anything else, for 0, and for more than 2^53 bytes
 */
export function parseSize(value: unknown): number {
  const text = typeof value === 'number' ? String(value) : value;
  const match = typeof text === 'string' ? /^(\d{1,20})(?:\.(\d{1,20}))? ?([A-Za-z]*)$/.exec(text) : null;
  const unit = match && unitBytes((match[3] ?? '').toLowerCase());
  if (!match || unit === undefined || unit === null) throw invalid(value, 'is not a size');

  const fraction = match[2] ?? '';
  const scaled = BigInt(`${match[1]}${fraction}`) * unit;
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled === 0n) throw invalid(value, 'is not a size above 0');
  if (scaled % divisor !== 0n) throw invalid(value, 'is not a whole number of bytes');
  const bytes = Number(scaled / divisor);
  if (!Number.isSafeInteger(bytes)) throw invalid(value, 'is too large for a size');
  return bytes;
}

function unitBytes(unit: string): bigint | undefined {
  if (unit === '') return 1024n ** 2n;
  if (unit === 'b') return 1n;
  const [, letter = '', ending = ''] = /^([kmgt])(ib|b)?$/.exec(unit) ?? [];
  if (letter === '') return undefined;
  return (ending === 'b' ? 1000n : 1024n) ** BigInt(POWERS.indexOf(letter));
}

function invalid(value: unknown, problem: string): VirtbsError {
  return new VirtbsError('config-invalid', `${showValue(value)} ${problem}: ${ALLOWED}`, { hint: ALLOWED });
}
