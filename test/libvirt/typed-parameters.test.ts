import t from 'tap';
import { readTypedParameters, TYPED_PARAMETER } from '../../src/libvirt/typed-parameters.js';

function parameter(name: string, type: number, write: (value: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(TYPED_PARAMETER.size);
  bytes.write(name, 'latin1');
  bytes.writeInt32LE(type, TYPED_PARAMETER.type);
  write(bytes.subarray(TYPED_PARAMETER.value));
  return bytes;
}

t.test('numbers of every type are read by their names, texts are left out', async (t) => {
  const bytes = Buffer.concat([
    parameter('int', 1, (value) => value.writeInt32LE(-5)),
    parameter('unsigned', 2, (value) => value.writeUInt32LE(4_000_000_000)),
    parameter('long', 3, (value) => value.writeBigInt64LE(-(2n ** 40n))),
    parameter('cpu.time', 4, (value) => value.writeBigUInt64LE(2n ** 50n)),
    parameter('double', 5, (value) => value.writeDoubleLE(1.5)),
    parameter('boolean', 6, (value) => value.writeInt8(1)),
    parameter('text', 7, (value) => value.writeBigUInt64LE(1n)),
  ]);
  t.strictSame(
    [...readTypedParameters(bytes)],
    [
      ['int', -5],
      ['unsigned', 4_000_000_000],
      ['long', -(2 ** 40)],
      ['cpu.time', 2 ** 50],
      ['double', 1.5],
      ['boolean', 1],
    ],
  );
  t.equal(readTypedParameters(new Uint8Array()).size, 0);
});
