/** The layout of a `virTypedParameter` on x86-64, in bytes: https://libvirt.org/html/libvirt-libvirt-common.html */
export const TYPED_PARAMETER = { size: 96, type: 80, value: 88 } as const;

/** Numbers by their names from a list of typed parameters; parameters that are texts are left out. */
export function readTypedParameters(bytes: Uint8Array): ReadonlyMap<string, number> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Map<string, number>();
  for (let start = 0; start + TYPED_PARAMETER.size <= buffer.length; start += TYPED_PARAMETER.size) {
    const end = buffer.indexOf(0, start);
    const value = readValue(buffer, start);
    if (value !== undefined) values.set(buffer.toString('latin1', start, end), value);
  }
  return values;
}

/** By the numbers of `virTypedParameterType`: int, unsigned, long, unsigned long, double, boolean; 7 is a text. */
function readValue(buffer: Buffer, start: number): number | undefined {
  const place = start + TYPED_PARAMETER.value;
  switch (buffer.readInt32LE(start + TYPED_PARAMETER.type)) {
    case 1:
      return buffer.readInt32LE(place);
    case 2:
      return buffer.readUInt32LE(place);
    case 3:
      return Number(buffer.readBigInt64LE(place));
    case 4:
      return Number(buffer.readBigUInt64LE(place));
    case 5:
      return buffer.readDoubleLE(place);
    case 6:
      return buffer.readInt8(place);
    default:
      return undefined;
  }
}
