import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap from 'tap';
import { virtbsFailure } from '../image/virtbs-failure.js';
import { makeAuthority, type Certificate } from './make-authority.js';
import { openBench } from './open-on-fake.js';

void tap.test('a cloud with an authority of its own is trusted where its file is given, and only then', async (t) => {
  const { folder, ca, issue } = await makeAuthority(t);
  const { fake, open } = await openBench(t, { tls: await issue('127.0.0.1') });
  const environment = fake.environment();
  t.match(await virtbsFailure(open()), {
    code: 'cloud-unreachable',
    message:
      /^identity: POST \/auth\/tokens: the certificate of 127\.0\.0\.1:\d+ is signed by nobody whom this machine trusts$/,
    hint: /OS_CACERT/,
  });
  t.equal(fake.requests.length, 0, 'nothing was said to a cloud that is not trusted');
  t.equal((await open({ environment: { ...environment, OS_CACERT: ca } })).projectName, 'demo');
  const pem = await readFile(ca, 'utf8');
  t.equal((await open({ environment: { ...environment, OS_CACERT: pem } })).projectName, 'demo', 'the text itself');
  t.equal((await open({ environment: { ...environment, OS_INSECURE: 'true' } })).projectName, 'demo');
  t.match(await virtbsFailure(open({ environment: { ...environment, OS_CACERT: join(folder, 'none.pem') } })), {
    code: 'file-unreadable',
    message: /^OS_CACERT: .*none\.pem: the file for TLS cannot be read/,
  });
  t.match(await virtbsFailure(open({ environment: { ...environment, OS_CACERT: join(folder, 'names') } })), {
    code: 'config-invalid',
    message: /^OS_CACERT: .*names: there is no certificate or key in PEM in it/,
  });
});

void tap.test('a certificate for another name, and one that has expired, is told', async (t) => {
  const { ca, issue } = await makeAuthority(t);
  const wrong: readonly [Certificate, RegExp][] = [
    [await issue('cloud.example'), /certificate of 127\.0\.0\.1:\d+ is one for other names/],
    [await issue('127.0.0.1', ['-days', '-1']), /certificate of 127\.0\.0\.1:\d+ has expired/],
  ];
  for (const [tls, message] of wrong) {
    const { fake, open } = await openBench(t, { tls });
    const error = await virtbsFailure(open({ environment: { ...fake.environment(), OS_CACERT: ca } }));
    t.match(error, { code: 'cloud-unreachable', message });
  }
});

void tap.test('http where https is spoken, and https where it is not, is told', async (t) => {
  const { issue } = await makeAuthority(t);
  const plain = await openBench(t);
  const secure = await openBench(t, { tls: await issue('127.0.0.1') });
  const swap = (from: string, to: string, url: string) => ({ OS_AUTH_URL: `${url.replace(from, to)}/identity/v3` });
  const wrongHttps = { ...plain.fake.environment(), ...swap('http:', 'https:', plain.fake.url) };
  t.match(await virtbsFailure(plain.open({ environment: wrongHttps })), {
    code: 'cloud-unreachable',
    message: /127\.0\.0\.1:\d+ does not speak TLS/,
  });
  const wrongHttp = { ...secure.fake.environment(), ...swap('https:', 'http:', secure.fake.url) };
  t.match(await virtbsFailure(secure.open({ environment: wrongHttp })), { code: 'cloud-unreachable', hint: /./ });
});

void tap.test('a cloud that asks who we are is shown our certificate', async (t) => {
  const { folder, ca, issue } = await makeAuthority(t);
  const tls = await issue('127.0.0.1');
  const { cert, key } = await issue('us');
  await writeFile(join(folder, 'us.pem'), `${cert}${key}`);
  const demand = { ca: await readFile(ca, 'utf8'), requestCert: true, rejectUnauthorized: true };
  const { fake, open } = await openBench(t, { tls: { ...tls, ...demand } });
  const environment = { ...fake.environment(), OS_CACERT: ca };
  t.match(await virtbsFailure(open({ environment })), { code: 'cloud-unreachable' });
  t.equal((await open({ environment: { ...environment, OS_CERT: join(folder, 'us.pem') } })).projectName, 'demo');
});
