// Writes docs/reference/errors.md, the page about errors, from their table in src. Call it after a build; a test says when it was
// forgotten.
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { errorPage } from '../dist/src/cli/render/error-page.js';

const PATH = 'docs/reference/errors.md';

await writeFile(PATH, await format(errorPage(), { ...(await resolveConfig(PATH)), filepath: PATH }));
