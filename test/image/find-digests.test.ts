import tap from 'tap';
import { findDigests } from '../../src/image/find-digests.js';
import { decodeText } from '../../src/text/decode-text.js';

const A = 'a'.repeat(64);
const B = 'B'.repeat(64);
const LONG = 'c'.repeat(128);
const request = { algorithm: 'sha256', name: 'disk.qcow2', listName: 'SHA256SUMS' } as const;

void tap.test('the digest of a file is found in every form of list', (t) => {
  const lists: Record<string, string> = {
    'two spaces': `${A}  other.qcow2\n${B}  disk.qcow2\n`,
    'a star for binary': `${A} *other.qcow2\n${B} *disk.qcow2\n`,
    'a path before the name': `${B}  ./images/disk.qcow2\n`,
    'BSD form with a comment': `# disk.qcow2: 42 bytes\nSHA256 (disk.qcow2) = ${B}\n`,
    'BSD form of several algorithms': `SHA512 (disk.qcow2) = ${LONG}\nSHA256 (disk.qcow2) = ${B}\n`,
    'Windows line ends': `${A}  other\r\n${B}  disk.qcow2\r\n`,
    'blanks in front and a tab': `  ${A}  other.qcow2\n \t${B}\tdisk.qcow2\n`,
    'OpenSSL 1': `SHA256(other.qcow2)= ${A}\nSHA256(disk.qcow2)= ${B}\n`,
    'OpenSSL 3': `SHA3-256(disk.qcow2)= ${A}\nSHA2-256(disk.qcow2)= ${B}\nSHA2-512/256(disk.qcow2)= ${A}\n`,
    'a heading for each algorithm, as Gentoo has': `# BLAKE2S HASH\n${A}  disk.qcow2\n# SHA256 HASH\n${B}  disk.qcow2\n`,
    'headings of Debian, with sizes': `SHA3-256:\n ${A} 123 disk.qcow2\nSHA256:\n ${B}  123 disk.qcow2\n`,
    sections: `[blake3]\n${A}  disk.qcow2\n\n[sha256]\n${B}  disk.qcow2\n`,
    'the table of PowerShell': `Algorithm  Hash  Path\n---------  ----  ----\nSHA256     ${B}     C:\\images\\disk.qcow2   \n`,
    'GnuPG, in groups over lines': `disk.qcow2: ${'BBBBBBBB '.repeat(5)}\n            ${'BBBBBBBB '.repeat(3)}\n`,
    'GnuPG of several files': `other.qcow2: ${'AAAAAAAA '.repeat(8)}\ndisk.qcow2: SHA256 = ${'BBBBBBBB '.repeat(8)}\n`,
    'the name first': `other.qcow2 ${A}\ndisk.qcow2 ${B}\n`,
    'old line ends of a Mac': `${A}  other\r${B}  disk.qcow2\r`,
    'a signed text': [
      '-----BEGIN PGP SIGNED MESSAGE-----',
      'Hash: SHA256',
      '',
      `SHA256 (other.qcow2) = ${A}`,
      `SHA256 (disk.qcow2) = ${B}`,
      '-----BEGIN PGP SIGNATURE-----',
      '',
      'iQIzBAEBCAAdFiEE',
      '-----END PGP SIGNATURE-----',
    ].join('\n'),
  };
  for (const [form, text] of Object.entries(lists)) t.strictSame(findDigests(text, request), [B.toLowerCase()], form);
  t.strictSame(findDigests(`${LONG}  disk.qcow2\n`, { ...request, algorithm: 'sha512' }), [LONG]);
  t.end();
});

void tap.test('a file that is not in the list has no digest', (t) => {
  t.strictSame(
    findDigests(`${A}  disk.qcow2.xz\n${B}  old-disk.qcow2\n`, request),
    [],
    'a part of a name is not the name',
  );
  t.strictSame(findDigests(`${LONG}  disk.qcow2\n`, request), [], 'a digest of another algorithm');
  t.strictSame(findDigests(`${A}  other.qcow2\n`, request), [], 'the only entry of a general list');
  t.strictSame(findDigests('<html>', request), []);
  t.end();
});

void tap.test('a list that is named after the file is about it, whatever name its only entry has', (t) => {
  const beside = { ...request, listName: 'disk.qcow2.sha256' };
  t.strictSame(findDigests(`${A}  disk-16.0-Build7.qcow2\n`, beside), [A]);
  t.strictSame(findDigests(`${A}\n`, beside), [A], 'no name at all');
  t.strictSame(findDigests(`SHA256 (disk-20260801.0.qcow2) = ${A}\n`, beside), [A]);
  t.strictSame(findDigests(`${A}  one\n${B}  two\n`, beside), [], 'two entries, neither of that name');
  t.end();
});

void tap.test('of files in several folders the path from the list decides', (t) => {
  const list = `${A}  ./amd64/disk.qcow2\n${B}  ./arm64/disk.qcow2\n`;
  const find = (path: string) => findDigests(list, { ...request, path });
  t.strictSame(find('amd64/disk.qcow2'), [A]);
  t.strictSame(find('arm64/disk.qcow2'), [B.toLowerCase()]);
  t.strictSame(find('pub/13/arm64/disk.qcow2'), [B.toLowerCase()], 'the list is elsewhere');
  t.strictSame(find('disk.qcow2'), [A, B.toLowerCase()], 'nothing decides');
  const both = `${A}  disk.qcow2\n${B}  old/disk.qcow2\n`;
  t.strictSame(findDigests(both, { ...request, path: 'disk.qcow2' }), [A]);
  t.end();
});

void tap.test('of digests of one length that no word tells apart, each may be the right one', (t) => {
  t.strictSame(findDigests(`${A}  disk.qcow2\n${B}  disk.qcow2\n`, request), [A, B.toLowerCase()]);
  t.end();
});

void tap.test('a list is read in the encodings that tools write', (t) => {
  const text = `${B}  disk.qcow2\r\n`;
  const wide = Buffer.from(text, 'utf16le');
  const encodings = {
    'UTF-8 with a mark': Buffer.from(`\uFEFF${text}`),
    'UTF-16 with a mark': Buffer.from(`\uFEFF${text}`, 'utf16le'),
    'UTF-16 without a mark': wide,
    'UTF-16, the other way round': Buffer.from(wide).swap16(),
    'UTF-16 with a mark, the other way round': Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  };
  for (const [encoding, bytes] of Object.entries(encodings)) {
    t.strictSame(findDigests(decodeText(bytes), request), [B.toLowerCase()], encoding);
  }
  t.end();
});
