import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { LUGGAGE_ENVIRONMENT, MOST_LUGGAGE, readLuggage } from '../../src/workplace/read-luggage.js';
import { virtbsFailure } from '../image/virtbs-failure.js';

const { signal } = new AbortController();

async function readIn(
  t: Test,
  content: Readonly<Record<string, string | Buffer>>,
  { files = [], environment }: { readonly files?: readonly string[]; readonly environment?: string },
) {
  const cwd = t.testdir();
  for (const [name, text] of Object.entries(content)) await writeFile(join(cwd, name), text);
  return readLuggage({ files, environment, cwd, signal });
}

t.test('files and variables are read whole, each for its path in the guest', async (t) => {
  const content = { token: 'se=cret\n', 'worker.env': '# who\nNAME=bot 1\n\nPASS=a=b\n', 'a=b': 'x' };
  const files = ['/etc/token=token', '/srv/equals=a=b'];
  t.strictSame(await readIn(t, content, { files, environment: 'worker.env' }), [
    { path: '/etc/token', content: 'se=cret\n' },
    { path: '/srv/equals', content: 'x' },
    { path: LUGGAGE_ENVIRONMENT, content: content['worker.env'] },
  ]);
});

t.test('a path in the guest that is none is refused', async (t) => {
  for (const text of [
    'token',
    '=token',
    '/etc/token=',
    'etc/token=token',
    '/etc/=token',
    '/etc/../x=token',
    '/a\n=token',
  ]) {
    const failure = await virtbsFailure(readIn(t, { token: 'x' }, { files: [text] }));
    t.match(failure, { code: 'usage', message: /^--file: /, hint: /--file \/etc\/token=token\.txt/ }, text);
  }
  const twice = readIn(t, { token: 'x' }, { files: ['/etc/token=token', '/etc/token=token'] });
  t.match(await virtbsFailure(twice), { code: 'usage', message: "--file: the guest's /etc/token is given twice" });
});

t.test('what cannot be read, is no text or is too much is refused, and never shown', async (t) => {
  const missing = await virtbsFailure(readIn(t, {}, { files: ['/etc/token=token'] }));
  t.match(missing, { code: 'file-unreadable', message: /^--file: .*\/token cannot be read: ENOENT/ });
  for (const bytes of [Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('a\0b')]) {
    const failure = await virtbsFailure(readIn(t, { token: bytes }, { files: ['/etc/token=token'] }));
    t.match(failure, { code: 'usage', message: /^--file: .*\/token is no text in UTF-8$/ });
  }
  const much = await virtbsFailure(
    readIn(t, { one: 'a'.repeat(MOST_LUGGAGE), two: 'b' }, { files: ['/one=one', '/two=two'] }),
  );
  t.match(much, { code: 'usage', message: `--file: with two the files have more than ${MOST_LUGGAGE} bytes` });
  const line = await virtbsFailure(readIn(t, { env: 'NAME=bot\nsecret word\n' }, { environment: 'env' }));
  t.match(line, { code: 'usage', message: '--environment: env:2: this line is not NAME=VALUE' });
});
