import { configurationSchema } from '../../config/configuration-schema.js';
import { describeKey } from '../../config/describe-key.js';
import type { DriverSections } from '../../config/driver-section.js';
import { listKeys, type KeyFacts } from '../../config/list-keys.js';

const HEAD = `# Configuration

Every key of a configuration file: \`virtbs.yaml\` of a [project](../project.md), a \`-c\` file, and the \`virtbs.yaml\` of a [payload](../payloads.md). \`*\` stands for a name that you choose, or
for an item of a list. \`virtbs config\` prints the value of each key and the place where it stands. \`schemas/configuration.schema.json\` tells editors the same; \`virtbs init\` writes a file that names it.
`;

/** Returns docs/reference/configuration.md, the page about every key. */
export function configurationPage(drivers: DriverSections): string {
  const keys = listKeys(configurationSchema(drivers));
  const sections = new Map<string, KeyFacts[]>();
  for (const key of keys) {
    const [name = ''] = key.path.split('.');
    sections.set(name, [...(sections.get(name) ?? []), key]);
  }
  return [HEAD, ...[...sections].map(([name, own]) => section(name, own))].join('\n');
}

function section(name: string, keys: readonly KeyFacts[]): string {
  const rows = keys.map(({ path, allowed }) => `| \`${path}\` | ${cell(describeKey(path) ?? '')} | ${cell(allowed)} |`);
  return [`## ${name}\n`, '| key | what | value |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

/** Returns a text as a cell of a table, in which nothing is markup but code. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '&lt;');
}
