const BLOCK = /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([^]*?)-----END PGP PUBLIC KEY BLOCK-----/g;

/**
 * The keys of a keyring in binary form: those of all its armoured blocks, one after the other (RFC 9580, section 6.2), or the
 * bytes as they are where there is none. Checksums are left alone: a damaged key verifies nothing.
 */
export function dearmour(keyring: Buffer): Buffer {
  const blocks = [...keyring.toString('latin1').matchAll(BLOCK)].map(([, block = '']) => block);
  return blocks.length === 0 ? keyring : Buffer.concat(blocks.map(decodeBlock));
}

/** Headers end with an empty line; the checksum is a line that begins with `=`. */
function decodeBlock(block: string): Buffer {
  const lines = block.split(/\r?\n/).map((line) => line.trim());
  const body = lines.slice(lines.indexOf('') + 1).filter((line) => !line.startsWith('='));
  return Buffer.from(body.join(''), 'base64');
}
