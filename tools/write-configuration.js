// Writes docs/reference/configuration.md and schemas/configuration.schema.json, the keys of the configuration for people and
// editors, from the schema in src. tools/write-schemas.js calls it; a test says when it was forgotten.
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from '../dist/src/cli/render/configuration-page.js';
import { configurationJsonSchema } from '../dist/src/config/configuration-json-schema.js';
import { loadDriverSections } from '../dist/src/config/driver-section.js';
import { DRIVERS } from '../dist/src/driver/known-drivers.js';

const drivers = await loadDriverSections(DRIVERS);
const files = {
  'docs/reference/configuration.md': configurationPage(drivers),
  'schemas/configuration.schema.json': JSON.stringify(configurationJsonSchema(drivers)),
};
for (const [path, text] of Object.entries(files)) {
  await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
