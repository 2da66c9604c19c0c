import { Composer, Lexer, LineCounter, Parser, type Document, type ErrorCode } from 'yaml';
import { convertYaml } from './convert-yaml.js';
import type { Place } from './place.js';
import type { Problem } from './problem.js';
import type { Tree } from './tree.js';
import { MOST_VALUES, refuse, report, type Reading } from './yaml-reading.js';

/** Collections within each other: in the text, where it guards the parser, and with aliases expanded. */
const DEEPEST_TEXT = 200;
const DEEPEST = 32;

const WORDS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'a tab cannot indent: use blanks',
  RESOURCE_EXHAUSTION: 'nested too deeply',
};

export interface YamlResult {
  /** A scalar null for an empty document; undefined where the text cannot be understood. */
  readonly tree: Tree | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads one YAML 1.2 document, with the merge keys (`<<`) of YAML 1.1, into a tree that knows the place of every value.
 *
 * @param placeIn makes the place for a line and column, both counted from 1
 */
export function readYaml(text: string, placeIn: (line: number, column: number) => Place): YamlResult {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return placeIn(Math.max(line, 1), Math.max(col, 1));
  };
  const reading: Reading = { problems: [], placeAt, anchors: new Map(), open: new Set(), copied: 0, broken: false };

  const [document, another] = compose(text, lines, reading);
  if (another) report(reading, another.range[0], 'a second document: one file holds one');
  for (const { code, message, pos } of [...(document?.errors ?? []), ...(document?.warnings ?? [])]) {
    report(reading, pos[0], WORDS[code] ?? lowerFirst(message));
  }
  if (!document || reading.broken) return { tree: undefined, problems: reading.problems };

  const tree = convertYaml(document.contents, placeIn(1, 1), reading);
  if (!reading.broken) checkExpanded(tree, reading);
  return { tree: reading.broken ? undefined : tree, problems: reading.problems };
}

/** Deep nesting is found before the composer, which is recursive and would exhaust the stack, sees the text. */
function compose(text: string, lines: LineCounter, reading: Reading): Document.Parsed[] {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST_TEXT) {
      report(reading, parser.offset, 'nested too deeply');
      return [];
    }
  }
  tokens.push(...parser.end());
  // Equal keys are looked for here, with better words and in linear time.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
  return [...composer.compose(tokens, true, text.length)];
}

/** Aliases share what they name, so that reading them is cheap; walking through all of them is not, hence a limit. */
function checkExpanded(tree: Tree, reading: Reading): void {
  let values = 0;
  const pending: { tree: Tree; depth: number }[] = [{ tree, depth: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    values += 1;
    const { place } = next.tree;
    if (next.depth > DEEPEST) return refuse(reading, { place, what: `nested more than ${DEEPEST} levels deep` });
    if (values > MOST_VALUES) {
      return refuse(reading, { place: tree.place, what: `more than ${MOST_VALUES} values, aliases counted` });
    }
    const depth = next.depth + 1;
    if (next.tree.kind === 'list') for (const item of next.tree.items) pending.push({ tree: item, depth });
    if (next.tree.kind === 'map')
      for (const entry of next.tree.entries.values()) pending.push({ tree: entry.tree, depth });
  }
}

function lowerFirst(message: string): string {
  const line = message.split('\n', 1)[0] ?? message;
  return line.charAt(0).toLowerCase() + line.slice(1);
}
