// Makes dist/ ready for `npm pack`: compiles, and writes the manual page and the completions, which an installed copy has as files.
import { execFileSync } from 'node:child_process';
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';

const FILES = {
  'virtbs.1': ['man'],
  'virtbs.bash': ['completion', 'bash'],
  _virtbs: ['completion', 'zsh'],
  'virtbs.fish': ['completion', 'fish'],
};

if ((await lstat('node_modules')).isSymbolicLink()) {
  throw new Error('node_modules is a link: npm would leave out the native halves of koffi and libsql; run npm ci here');
}
// Tests take what is built: others run it at the same time.
execFileSync('bin/build', process.env.VIRTBS_PACKAGE_BUILT ? ['--if-missing'] : [], { stdio: ['ignore', 2, 2] });
await rm('dist/share', { recursive: true, force: true });
await mkdir('dist/share');
for (const [name, words] of Object.entries(FILES)) {
  await writeFile(`dist/share/${name}`, execFileSync('bin/virtbs', words));
}
