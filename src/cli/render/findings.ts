import type { Finding } from '../../host/finding.js';
import type { CommandContext } from '../command.js';
import { paint, type Color } from './paint.js';

const COLORS: Readonly<Record<Finding['level'], Color>> = { ok: 'green', warn: 'yellow', fail: 'red' };

/** A line for each finding, and its cure below. */
export function renderFindings(findings: readonly Finding[], { stdout, env }: CommandContext): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .map(({ check, level, message, cure }) => {
      const word = paint(COLORS[level], level.padEnd(4), { stream: stdout, env });
      const line = `${word}  ${check.padEnd(width)}  ${message}\n`;
      return cure === null ? line : `${line}${' '.repeat(width + 8)}cure: ${cure}\n`;
    })
    .join('');
}
