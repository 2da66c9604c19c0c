// Writes schemas/*.schema.json, the shapes of our JSON for programs in any language, from the schemas in src. Call it after a
// build; a test says when it was forgotten.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { toJSONSchema } from 'zod';
import { stateSchema } from '../dist/src/output/state-schema.js';

const path = 'schemas/state.schema.json';
// Members may be added without a new version: a reader must not mind them.
await writeFile(path, JSON.stringify(toJSONSchema(stateSchema, { io: 'input' })));
execFileSync('node_modules/.bin/prettier', ['--log-level', 'warn', '--write', path], { stdio: 'inherit' });
