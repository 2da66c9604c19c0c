import { LineSplitter } from '../../process/line-splitter.js';
import type { TestResult } from '../test-result.js';
import type { ParsedResults, ResultSource } from './parsed-results.js';
import { ResultCollector } from './result-collector.js';

/** Characters of a line; a longer one is no test point. */
const LONGEST_LINE = 64 * 1024;

/** Subtests inside of one another. */
const MOST_LEVELS = 50;

const POINT = /^(not )?ok\b(?: +(\d+))?(.*)$/;
const PLAN = /^1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$/i;
/** A `#` behind a backslash belongs to the name. Source: https://testanything.org/tap-version-14-specification.html */
const DIRECTIVE = /(?<!\\)#\s*(skip|todo|time)\S*?(?:\s+|=\s*)?(?:(?<=[\s=])(.*))?$/i;

interface Point {
  name: string;
  isOk: boolean;
  status: TestResult['status'];
  reason?: string;
  seconds?: number;
  details: Record<string, string>;
}

interface Level {
  readonly indent: number;
  points: Point[];
  /** Test points at this level itself. */
  seen: number;
  planned: number | undefined;
  /** The point whose subtests come behind it: `ok 1 - name {`. */
  opened: Point | undefined;
}

/**
 * Reads TAP 12 to 14, with subtests before or inside of their test point. A test point with subtests counts only where it failed and
 * none of them did. Its title stands before theirs: `parent > child`.
 *
 * Diagnostics are kept as text: what a test writes is not parsed as YAML.
 */
export async function parseTap({ name, bytes, limits }: ResultSource): Promise<ParsedResults> {
  const collector = new ResultCollector(name, limits);
  const document = new TapDocument(collector);
  const splitter = new LineSplitter(LONGEST_LINE);
  for await (const chunk of bytes) for (const line of splitter.push(chunk)) document.line(line);
  for (const line of splitter.end()) document.line(line);
  document.end();
  return collector.end();
}

class TapDocument {
  readonly #collector: ResultCollector;
  readonly #levels: Level[] = [makeLevel(0)];
  #number = 0;
  #points = 0;
  #last: { readonly point: Point; readonly indent: number } | undefined;
  /** The lines of a diagnostic block, and how far it is indented. */
  #block: { readonly indent: number; readonly lines: string[]; length: number } | undefined;
  #isOver = false;

  constructor(collector: ResultCollector) {
    this.#collector = collector;
  }

  line(text: string): void {
    this.#number += 1;
    if (this.#isOver) return;
    const indent = /^ */.exec(text)?.[0].length ?? 0;
    const content = text.slice(indent).trimEnd();
    if (this.#block) return this.#blockLine(text, indent, content);
    if (content === '---' && this.#last && indent > this.#last.indent) {
      this.#block = { indent, lines: [], length: 0 };
      return;
    }
    const point = POINT.exec(content);
    if (point) return this.#point(indent, point);
    const plan = PLAN.exec(content);
    if (plan) return this.#plan(indent, Number(plan[1]), plan[2]);
    if (content === '}') return this.#shut(indent);
    if (content.startsWith('Bail out!')) return this.#bailOut(content.slice('Bail out!'.length).trim());
    if (content.startsWith('#')) this.#comment(indent, content.slice(1).replace(/^ /, ''));
  }

  end(): void {
    if (this.#block) this.#collector.problem(`:${this.#number}`, 'a block of diagnostics does not end');
    const top = this.#endLevels();
    this.#checkPlan(top);
    for (const point of top.points) this.#collector.add(resultOf(point));
    if (this.#points === 0 && top.planned === undefined && !this.#isOver) {
      this.#collector.problem('', 'there is no test point in it');
    }
  }

  #point(indent: number, [, not, , rest = '']: RegExpExecArray): void {
    const children = this.#closeInside(indent);
    const level = this.#open(indent);
    level.seen += 1;
    this.#points += 1;
    const isOpening = /(?<!\\)\{$/.test(rest);
    const point = readPoint(not === undefined, isOpening ? rest.slice(0, -1) : rest);
    this.#last = { point, indent };
    if (isOpening) level.opened = point;
    else this.#keep(level, point, children);
  }

  /** Puts a point and its subtests where they belong. */
  #keep(level: Level, point: Point, children: readonly Point[]): void {
    for (const child of children) {
      child.name = this.#collector.cutName(`${point.name} > ${child.name}`);
      level.points.push(child);
    }
    const isOwn =
      children.length === 0 || (point.status === 'fail' && !children.some(({ status }) => status === 'fail'));
    if (isOwn && this.#points <= this.#collector.limits.tests) level.points.push(point);
  }

  /** Ends the levels that are further in, and returns their points. */
  #closeInside(indent: number): readonly Point[] {
    const levels: (readonly Point[])[] = [];
    for (let inner = this.#levels.at(-1); inner && inner.indent > indent; inner = this.#levels.at(-1)) {
      this.#levels.pop();
      this.#checkPlan(inner);
      if (inner.opened) inner.points.push(inner.opened);
      levels.push(inner.points);
    }
    return levels.toReversed().flat();
  }

  /** Returns the innermost level, made where none has this indentation. */
  #open(indent: number): Level {
    const last = this.#levels.at(-1);
    if (last && (last.indent >= indent || this.#levels.length >= MOST_LEVELS)) return last;
    const level = makeLevel(indent);
    this.#levels.push(level);
    return level;
  }

  #shut(indent: number): void {
    const level = this.#levels.find((each) => each.indent === indent);
    if (!level?.opened) return;
    const { opened } = level;
    const children = this.#closeInside(indent);
    level.opened = undefined;
    this.#last = { point: opened, indent };
    this.#keep(level, opened, children);
  }

  #plan(indent: number, planned: number, skipped: string | undefined): void {
    const level = this.#levels.find((each) => each.indent === indent) ?? this.#open(indent);
    level.planned = planned;
    if (planned !== 0 || level.indent !== 0) return;
    const reason = skipped?.trim();
    const skip: Point = { name: 'all tests', isOk: true, status: 'skip', details: {} };
    level.points.push(reason === undefined || reason === '' ? skip : { ...skip, reason });
  }

  /** Ends all levels, also those whose test point did not come, and returns the outermost. */
  #endLevels(): Level {
    const children = this.#closeInside(0);
    const top = this.#open(0);
    if (top.opened) this.#keep(top, top.opened, children);
    else for (const child of children) top.points.push(child);
    return top;
  }

  #checkPlan(level: Level): void {
    if (level.planned === undefined || level.planned === level.seen) return;
    const name = level.seen < level.planned ? 'tests that did not run' : 'tests that are not in the plan';
    const reason = `${level.planned} were planned, ${level.seen} ran`;
    level.points.push({ name, isOk: false, status: 'fail', reason, details: {} });
  }

  #bailOut(reason: string): void {
    this.#isOver = true;
    const point: Point = { name: 'bail out', isOk: false, status: 'fail', details: {} };
    const top = this.#endLevels();
    top.planned = undefined;
    top.points.push(reason === '' ? point : { ...point, reason });
  }

  #comment(indent: number, text: string): void {
    if (
      !this.#last ||
      this.#last.indent !== indent ||
      this.#last.point.status !== 'fail' ||
      text.startsWith('Subtest:')
    )
      return;
    const { details } = this.#last.point;
    const before = details['comments'] ?? '';
    if (before.length < this.#collector.limits.detail)
      details['comments'] = before === '' ? text : `${before}\n${text}`;
  }

  #blockLine(text: string, indent: number, content: string): void {
    const block = this.#block;
    if (!block) return;
    // What is not indented as the block ends it: the test has died in the middle.
    const isCut = content !== '' && indent < block.indent;
    if (content !== '...' && !isCut) {
      block.length += text.length;
      if (block.length <= this.#collector.limits.detail) block.lines.push(text.slice(block.indent));
      return;
    }
    this.#block = undefined;
    if (this.#last) describePoint(this.#last.point, block.lines);
    if (!isCut) return;
    this.#collector.problem(`:${this.#number}`, 'a block of diagnostics does not end');
    this.#number -= 1;
    this.line(text);
  }
}

function makeLevel(indent: number): Level {
  return { indent, points: [], seen: 0, planned: undefined, opened: undefined };
}

function readPoint(isOk: boolean, rest: string): Point {
  const point: Point = { name: '', isOk, status: isOk ? 'success' : 'fail', details: {} };
  let text = rest.trim();
  for (let match = DIRECTIVE.exec(text); match; match = DIRECTIVE.exec(text)) {
    const [, word = '', what = ''] = match;
    text = text.slice(0, match.index).trim();
    if (/^time/i.test(word)) {
      const seconds = readTime(what);
      if (seconds !== undefined) point.seconds = seconds;
    } else {
      // A test that is still to be made to pass, and does, has passed.
      if (/^skip/i.test(word)) point.status = 'skip';
      else if (!isOk) point.status = 'xfail';
      if (what.trim() !== '') point.reason = what.trim();
    }
  }
  point.name = text.replace(/^-\s*/, '').replaceAll(/\\([#\\{])/g, '$1') || '(no name)';
  return point;
}

function describePoint(point: Point, lines: readonly string[]): void {
  const text = lines.join('\n');
  const milliseconds = Number(/^\s*duration_ms:\s*([\d.]+)\s*$/m.exec(text)?.[1]);
  if (Number.isFinite(milliseconds)) point.seconds = milliseconds / 1000;
  if (point.isOk) return;
  point.details['diagnostics'] = text;
  const reason = /^(?:message|error):\s*(?:['"]?)([^|>\s'"].*?)['"]?\s*$/m.exec(text)?.[1];
  if (reason !== undefined) point.reason ??= reason;
}

/** `12.3ms`, `1.2s`, `7` (milliseconds). */
function readTime(text: string): number | undefined {
  const [, number, unit] = /^([\d.]+)\s*(ms|s)?\b/.exec(text.trim()) ?? [];
  const value = Number(number);
  if (number === undefined || !Number.isFinite(value)) return undefined;
  return unit === 's' ? value : value / 1000;
}

function resultOf({ name, status, reason, seconds, details }: Point): TestResult {
  return {
    name,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  };
}
