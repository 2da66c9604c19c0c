import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run-virtbs.js';

/** What a guest has in /etc/apt/sources.list whose folder /opt/repository has the packages. */
export const REPOSITORY_LINE = 'deb [trusted=yes] file:/opt/repository ./\n';

/**
 * Makes `repository` in a folder, a repository of Debian packages with one package: `virtbs-hello`, which brings
 * /usr/share/virtbs-hello.
 */
export async function makeRepository(directory: string): Promise<void> {
  const tree = join(directory, 'tree');
  const control = 'Package: virtbs-hello\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\n';
  const description = 'Description: a greeting\n';
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(join(tree, 'usr/share'), { recursive: true });
  await mkdir(join(directory, 'repository'));
  await writeFile(join(tree, 'DEBIAN/control'), `${control}${description}`);
  await writeFile(join(tree, 'usr/share/virtbs-hello'), 'hello\n');
  const file = join(directory, 'repository', 'hello.deb');
  const { code, stderr } = await run(directory, ['dpkg-deb', '--root-owner-group', '--build', tree, file]);
  if (code !== 0) throw new Error(stderr);
  const content = await readFile(file);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const place = `Filename: ./hello.deb\nSize: ${content.length}\nSHA256: ${sha256}\n`;
  await writeFile(join(directory, 'repository', 'Packages'), `${control}${place}${description}`);
}
