import { createHash } from 'node:crypto';

/** The name space of every UUID that is derived here; a random one, chosen once. */
const NAMESPACE = '6f0a3c52-8d1e-4c0b-9f57-2b7f6f3f9a11';

/**
 * The UUID of a thing by its name, the same every time. Names: `domain:bs1-controller-02`, `network:bs1-net`.
 *
 * Source: RFC 9562, section 5.5 (version 5, SHA-1 of name space and name).
 */
export function deriveUuid(name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  const bytes = hash.subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
