import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Command } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { GLOBAL_OPTIONS } from '../../src/cli/global-options.js';
import { manualPage } from '../../src/cli/render/manual-page.js';
import { run, runVirtbs } from '../e2e/run-virtbs.js';

t.test('the manual page has every command and option, and groff finds nothing wrong with it', async (t) => {
  const directory = t.testdir();
  const { code, stdout } = await runVirtbs('/', 'man');
  t.equal(code, 0);
  const page = join(directory, 'virtbs.1');
  await writeFile(page, stdout);
  const groff = await run('/', ['groff', '-man', '-ww', '-Tascii', '-P-c', '-P-b', '-P-u', page]);
  if (groff.code === -1) {
    t.pass('groff', { skip: 'needs groff' });
    return;
  }
  t.match(groff, { code: 0, stderr: '' });
  const words = groff.stdout;
  for (const command of leaves(COMMANDS)) {
    t.ok(words.includes(command.name), command.name);
    for (const option of command.options) t.ok(words.includes(option), `${command.name} ${option}`);
  }
  for (const option of Object.keys(GLOBAL_OPTIONS)) t.ok(words.includes(`--${option}`), option);
});

t.test('what looks like a request or an escape is text', async (t) => {
  const command: Command = {
    command: 'odd',
    describe: ".SH isn't a \\section",
    options: { x: { describe: "'x' or -y" } },
  };
  const page = manualPage([command]);
  t.match(page, String.raw`\&.SH isn\(aqt a \esection.`);
  t.match(page, String.raw`\&\(aqx\(aq or \-y.`);
});

interface Leaf {
  readonly name: string;
  readonly options: readonly string[];
}

function leaves(commands: readonly Command[], above = ''): readonly Leaf[] {
  return commands.flatMap(({ command, subcommands, options = {} }) => {
    const name = `${above}${command.split(' ')[0] ?? ''}`;
    if (subcommands) return leaves(subcommands, `${name} `);
    return [
      {
        name,
        options: Object.keys(options).map((option) =>
          options[option]?.default === true ? `--no-${option}` : `--${option}`,
        ),
      },
    ];
  });
}
