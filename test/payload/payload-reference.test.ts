import t from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { readPayloadReference } from '../../src/payload/payload-reference.js';

const DIGEST = 'a'.repeat(64);
const COMMIT = 'b'.repeat(40);

t.test('a payload is a name, a folder, a git repository or an archive', (t) => {
  t.strictSame(readPayloadReference('patroni'), { kind: 'name', name: 'patroni' });
  for (const path of ['./patroni', 'a/b', '/srv/payload', '..', '.', '~x', 'A']) {
    t.strictSame(readPayloadReference(path), { kind: 'folder', path });
  }
  const url = 'https://git.example.org/clusters.git';
  t.strictSame(readPayloadReference(`git+${url}`), { kind: 'git', url, ref: 'HEAD', folder: '' });
  t.strictSame(readPayloadReference(`git+${url}#v1.2`), { kind: 'git', url, ref: 'v1.2', folder: '' });
  t.strictSame(readPayloadReference(`git+${url}#${COMMIT}:a/b`), { kind: 'git', url, ref: COMMIT, folder: 'a/b' });
  const archive = readPayloadReference(`https://example.org/x.tar.gz#sha256=${DIGEST.toUpperCase()}:inner`);
  t.match(archive, { kind: 'archive', sha256: DIGEST, folder: 'inner' });
  t.equal(archive.kind === 'archive' && archive.url.href, 'https://example.org/x.tar.gz');
  t.end();
});

t.test('what is no payload is refused before anything is run, without a password in the words', (t) => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /is no payload/],
    ['ftp://example.org/x', /is no payload/],
    ['git+ftp://example.org/x', /is no address of a git repository/],
    ['git+https://example.org/x#--upload-pack=x', /is no branch, tag or commit/],
    ['git+https://example.org/x#a..b', /is no branch, tag or commit/],
    ['git+https://example.org/x#a#b', /is no branch, tag or commit/],
    ['git+https://example.org/x#main:../..', /is no folder inside it/],
    ['git+https://example.org/x#main:/etc', /is no folder inside it/],
    ['https://example.org/x.tar.gz', /has no digest/],
    ['https://example.org/x.tar.gz#sha256=12', /is no digest/],
    ['https://me:hunter2@example.org/x.tar.gz', /\*\*\*@example.org.*has no digest/],
  ];
  for (const [text, words] of refused) {
    try {
      readPayloadReference(text);
      t.fail(text);
    } catch (error) {
      t.ok(error instanceof VirtbsError && error.code === 'usage', text);
      t.match(error, { message: words }, text);
      t.notMatch(String(error), 'hunter2');
    }
  }
  t.end();
});
