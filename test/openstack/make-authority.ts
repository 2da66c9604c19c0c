import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { runProgram } from '../../src/process/run-program.js';

export interface Authority {
  readonly folder: string;
  /** The file of its certificate. */
  readonly ca: string;
  /** Makes a certificate for 127.0.0.1 or another name, with a file for both it and its key. */
  readonly issue: (name: string, options?: readonly string[]) => Promise<Certificate>;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of our own, that nobody trusts by default. */
export async function makeAuthority(t: Test): Promise<Authority> {
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
