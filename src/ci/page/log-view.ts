import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import { LineSplitter } from '../../process/line-splitter.js';
import { plainText } from '../../text/plain-text.js';
import { html, type Html } from './html.js';
import { layout } from './layout.js';

/** Lines that a view has: the first and the last ones of a longer file. */
const FIRST_LINES = 5000;
const LAST_LINES = 15_000;
/** Characters of a line. */
const LONGEST_LINE = 4000;
/** Characters of a view. */
const MOST_TEXT = 8 * 1024 * 1024;

export interface LogViewOptions {
  /** The file; one that ends with `.gz` is packed. */
  readonly path: string;
  /** The name that is shown. */
  readonly name: string;
  /** The addresses of the folder of all pages, of the file and of the run's page, relative to the view. */
  readonly up: string;
  readonly raw: string;
  readonly run: string;
  readonly live: boolean;
  readonly now: string;
}

/** Returns a log as a page in which each line has a number that can be linked to: `#L12`. Null for a file that is no text. */
export async function logView({ path, name, up, raw, run, live, now }: LogViewOptions): Promise<string | null> {
  const lines = await readLines(path);
  if (!lines) return null;
  const { first, last, omitted } = lines;
  const number = (text: string, index: number): Html =>
    html`<span id="L${index}"><a href="#L${index}" tabindex="-1">${index}</a>${`${text}\n`}</span>`;
  const body = html`<p class="faint"><a href="${run}">Run</a> · <a href="${raw}">raw</a> · <a href="#end">end</a></p>
    <h1 class="long">${name}</h1>
    <pre class="log">
${first.map((line, index) => number(line, index + 1))}${
        omitted > 0 && html`<span class="omitted">${omitted} lines are left out here: see the raw file </span>`
      }${last.map((line, index) => number(line, first.length + omitted + index + 1))}</pre>
    <p id="end" class="faint"><a href="#main">top</a></p>`;
  return layout({ title: name, up, body, live, now, here: 'runs' });
}

async function readLines(
  path: string,
): Promise<{ readonly first: readonly string[]; readonly last: readonly string[]; readonly omitted: number } | null> {
  const file = createReadStream(path);
  const bytes = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file;
  const splitter = new LineSplitter(LONGEST_LINE);
  const first: string[] = [];
  let last: string[] = [];
  let omitted = 0;
  let text = 0;
  const add = (line: string): void => {
    const shown = plainText(line);
    if (first.length < FIRST_LINES && text < MOST_TEXT / 4) {
      first.push(shown);
      text += shown.length;
      return;
    }
    last.push(shown);
    if (last.length <= 2 * LAST_LINES) return;
    omitted += last.length - LAST_LINES;
    last = last.slice(-LAST_LINES);
  };
  let isStart = true;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      if (isStart && chunk.subarray(0, 8192).includes(0)) {
        file.destroy();
        return null;
      }
      isStart = false;
      for (const line of splitter.push(chunk)) add(line);
    }
  } catch (error) {
    add(`[virtbs: the rest cannot be read: ${error instanceof Error ? error.message : String(error)}]`);
  }
  for (const line of splitter.end()) add(line);
  return cutLast(first, last, omitted, MOST_TEXT - text);
}

/** Keeps as many of the last lines as fit. */
function cutLast(first: readonly string[], last: readonly string[], omitted: number, room: number) {
  let from = last.length;
  for (let left = room; from > 0 && last.length - from < LAST_LINES; from--) {
    left -= last[from - 1]?.length ?? 0;
    if (left < 0) break;
  }
  return { first, last: last.slice(from), omitted: omitted + from };
}
