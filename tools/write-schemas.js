// Writes schemas/*.schema.json, the shapes of our JSON for programs in any language, from the schemas in src. Call it after a
// build; a test says when it was forgotten.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { toJSONSchema } from 'zod';
import { SCHEMAS } from '../dist/src/cli/schemas/schemas.js';

const pathOf = (name) => `schemas/${name}.schema.json`;

for (const [name, schema] of Object.entries(SCHEMAS)) {
  // As an input: members may be added without a new version, and a reader must not mind them.
  await writeFile(pathOf(name), JSON.stringify(toJSONSchema(schema, { io: 'input' })));
}
const paths = Object.keys(SCHEMAS).map(pathOf);
await import('./write-configuration.js');
execFileSync('node_modules/.bin/prettier', ['--log-level', 'warn', '--write', ...paths], { stdio: 'inherit' });
