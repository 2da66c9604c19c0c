// Writes schemas/*.schema.json, the shapes of our JSON for programs in any language, from the schemas in src. Call it after a
// build; a test says when it was forgotten.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { toJSONSchema } from 'zod';
import { stateSchema } from '../dist/src/output/state-schema.js';
import { planSchema } from '../dist/src/plan/plan-schema.js';

for (const [name, schema] of Object.entries({ plan: planSchema, state: stateSchema })) {
  const path = `schemas/${name}.schema.json`;
  // As an input: members may be added without a new version, and a reader must not mind them.
  await writeFile(path, JSON.stringify(toJSONSchema(schema, { io: 'input' })));
  execFileSync('node_modules/.bin/prettier', ['--log-level', 'warn', '--write', path], { stdio: 'inherit' });
}
