import tap from 'tap';
import { findDigest } from '../../src/image/find-digest.js';

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
  for (const [form, text] of Object.entries(lists)) t.equal(findDigest(text, request), B.toLowerCase(), form);
  t.equal(findDigest(`${LONG}  disk.qcow2\n`, { ...request, algorithm: 'sha512' }), LONG);
  t.end();
});

void tap.test('a file that is not in the list has no digest', (t) => {
  t.equal(
    findDigest(`${A}  disk.qcow2.xz\n${B}  old-disk.qcow2\n`, request),
    undefined,
    'a part of a name is not the name',
  );
  t.equal(findDigest(`${LONG}  disk.qcow2\n`, request), undefined, 'a digest of another algorithm');
  t.equal(findDigest(`${A}  other.qcow2\n`, request), undefined, 'the only entry of a general list');
  t.equal(findDigest('<html>', request), undefined);
  t.end();
});

void tap.test('a list that is named after the file is about it, whatever name its only entry has', (t) => {
  const beside = { ...request, listName: 'disk.qcow2.sha256' };
  t.equal(findDigest(`${A}  disk-16.0-Build7.qcow2\n`, beside), A);
  t.equal(findDigest(`${A}\n`, beside), A, 'no name at all');
  t.equal(findDigest(`SHA256 (disk-20260801.0.qcow2) = ${A}\n`, beside), A);
  t.equal(findDigest(`${A}  one\n${B}  two\n`, beside), undefined, 'two entries, neither of that name');
  t.end();
});
