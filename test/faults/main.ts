import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, env, stderr, stdout } from 'node:process';
import { renderTable } from '../../src/cli/render/table.js';
import { tryFaults } from './try-faults.js';
import type { Outcome } from './trial.js';

await main(argv.slice(2));

/** Tries all faults, says each point as it ends on stderr, and prints the figures. */
async function main(args: readonly string[]): Promise<void> {
  if (env['VIRTBS_LAB'] === undefined || args.some((argument) => !/^--(long|commands|host)$/.test(argument))) {
    stderr.write('usage: test/faults/run [--long] [--commands|--host]\n');
    process.exitCode = 2;
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-faults-'));
  const outcomes: Outcome[] = [];
  const began = performance.now();
  try {
    await tryFaults({
      directory,
      extent: args.includes('--long') ? 'long' : 'short',
      only: args.find((argument) => argument !== '--long')?.slice(2),
      onOutcome(outcome) {
        outcomes.push(outcome);
        stderr.write(describeOutcome(outcome));
      },
    });
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined); // a mount may be left in it; the lab ends with us
  }
  stdout.write(renderTable(figures(outcomes)));
  stdout.write(`${Math.round((performance.now() - began) / 1000)} s\n`);
  for (const outcome of outcomes) if (outcome.left !== null) stdout.write(`\n${describeOutcome(outcome)}`);
  if (outcomes.some(({ left }) => left !== null)) process.exitCode = 1;
}

function describeOutcome({ kind, event, left }: Outcome): string {
  return `${left === null ? 'survived' : 'NOT SURVIVED'}  ${kind}: ${event}\n${left === null ? '' : `${left.replaceAll(/^/gm, '    ')}\n`}`;
}

function figures(outcomes: readonly Outcome[]): string[][] {
  const row = (name: string, some: readonly Outcome[]): string[] => [
    name,
    String(some.length),
    String(some.filter(({ left }) => left === null).length),
  ];
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))];
  const rows = kinds.map((kind) =>
    row(
      kind,
      outcomes.filter((outcome) => outcome.kind === kind),
    ),
  );
  return [['FAULT', 'TRIED', 'SURVIVED'], ...rows, row('all', outcomes)];
}
