import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tap, { type Test } from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { virtbsFailure } from '../image/virtbs-failure.js';
import { openBench } from './open-on-fake.js';

interface Authority {
  readonly folder: string;
  /** The file of its certificate. */
  readonly ca: string;
  /** Makes a certificate for 127.0.0.1 or another name, with a file for both it and its key. */
  readonly issue: (name: string, options?: readonly string[]) => Promise<Certificate>;
}

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of our own, that nobody trusts by default. */
async function makeAuthority(t: Test): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'virtbs-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const openssl = (...args: string[]): Promise<unknown> => runProgram('openssl', args, { cwd: folder });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...ec, '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  const issue: Authority['issue'] = async (name, options = ['-days', '1']) => {
    await openssl('req', ...ec, '-subj', `/CN=${name}`, '-keyout', 'server.key', '-out', 'server.csr');
    await writeFile(join(folder, 'names'), `subjectAltName=${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}\n`);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    await openssl('x509', '-req', '-in', 'server.csr', ...by, '-extfile', 'names', '-out', 'server.pem', ...options);
    const [cert, key] = await Promise.all(
      ['server.pem', 'server.key'].map((file) => readFile(join(folder, file), 'utf8')),
    );
    return { cert: cert ?? '', key: key ?? '' };
  };
  return { folder, ca: join(folder, 'ca.pem'), issue };
}

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
  t.equal((await open({ environment: { ...environment, OS_INSECURE: 'true' } })).projectName, 'demo');
  t.match(await virtbsFailure(open({ environment: { ...environment, OS_CACERT: join(folder, 'none.pem') } })), {
    code: 'file-unreadable',
    message: /none\.pem: the file for TLS cannot be read/,
  });
  t.match(await virtbsFailure(open({ environment: { ...environment, OS_CACERT: join(folder, 'names') } })), {
    code: 'config-invalid',
    message: /names: there is no certificate or key in PEM in it/,
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
