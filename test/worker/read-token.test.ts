import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { environmentWithoutSecrets, RUNNER_TOKEN } from '../../src/process/secret-variables.js';
import { readToken } from '../../src/worker/forge/read-token.js';
import { virtbsFailure } from '../image/virtbs-failure.js';

t.test('the token is that of a file that nobody else can read, or of a variable', async (t) => {
  const path = join(t.testdir(), 'token');
  await writeFile(path, 'abc\n', { mode: 0o600 });
  t.equal(await readToken(path, { [RUNNER_TOKEN]: 'other' }), 'abc');
  t.equal(await readToken(undefined, { [RUNNER_TOKEN]: 'other' }), 'other');
  await chmod(path, 0o640);
  t.match(await virtbsFailure(readToken(path, {})), { code: 'config-invalid', hint: `chmod 600 ${path}` });
  t.match(await virtbsFailure(readToken(`${path}-none`, {})), { message: /the token cannot be read/ });
  for (const text of ['', 'two words', 'a\r\nb: c']) {
    const failure = await virtbsFailure(readToken(undefined, { [RUNNER_TOKEN]: text }));
    t.match(failure, { code: 'config-invalid', message: /^VIRTBS_RUNNER_TOKEN: there is no token/ });
    if (text !== '') t.notMatch(failure.message, text);
  }
});

t.test('programs that virtbs runs here do not see it', (t) => {
  const { [RUNNER_TOKEN]: before } = env;
  env[RUNNER_TOKEN] = 'abc';
  t.teardown(() => (before === undefined ? delete env[RUNNER_TOKEN] : (env[RUNNER_TOKEN] = before)));
  t.notOk(RUNNER_TOKEN in environmentWithoutSecrets());
  t.end();
});
