// Gives compiled tests a `tap` whose folders of files (t.testdir()) have a name of their own in every run, so that two runs of one
// test file in one checkout do not remove each other's. Node finds it before the one in node_modules, from dist/test alone.
import { mkdir, writeFile } from 'node:fs/promises';

const folder = 'dist/test/node_modules/tap';
const real = '../../../../node_modules/tap/dist/esm/index.js';
const index = `import { randomBytes } from 'node:crypto';
import t from '${real}';
t.testdirName += '-' + randomBytes(4).toString('hex');
export * from '${real}';
export default t;
`;

await mkdir(folder, { recursive: true });
await writeFile(`${folder}/package.json`, JSON.stringify({ type: 'module', exports: './index.js' }));
await writeFile(`${folder}/index.js`, index);
