import { createRequire } from 'node:module';
import type * as Sax from 'sax';
import { TextDecoder } from 'node:util';
import { BoundedText } from '../../process/bounded-text.js';
import type { TestResult } from '../test-result.js';
import type { ParsedResults, ResultSource } from './parsed-results.js';
import { ResultCollector } from './result-collector.js';

/** Elements inside of one another. */
const MOST_DEPTH = 100;

/** What an element in a test case says of it. A test that passed when it was run again has passed. */
const ELEMENTS: Readonly<Record<string, TestResult['status'] | 'detail'>> = {
  failure: 'fail',
  error: 'fail',
  skipped: 'skip',
  rerunFailure: 'detail',
  rerunError: 'detail',
  flakyFailure: 'detail',
  flakyError: 'detail',
  'system-out': 'detail',
  'system-err': 'detail',
};

interface OpenCase {
  readonly name: string;
  readonly seconds: number | undefined;
  readonly startedAt: string | undefined;
  readonly details: Map<string, BoundedText>;
  status: TestResult['status'];
  reason: string | undefined;
  /** The detail that text is for now. */
  into: BoundedText | undefined;
}

const require = createRequire(import.meta.url);

/**
 * Reads JUnit XML, as surefire, pytest, ctest, go-junit-report and others write it, a piece at a time. Entities of the file's own are
 * not expanded. What comes behind a mistake is not read.
 */
export async function parseJunit({ name, bytes, limits }: ResultSource): Promise<ParsedResults> {
  const collector = new ResultCollector(name, limits);
  const document = new JunitDocument(collector);
  let decoder: TextDecoder | undefined;
  for await (const chunk of bytes) {
    decoder ??= decoderOf(chunk, collector);
    document.write(decoder.decode(chunk, { stream: true }));
    if (document.isOver) return collector.end();
  }
  if (decoder) document.write(decoder.decode());
  document.end();
  return collector.end();
}

class JunitDocument {
  readonly #collector: ResultCollector;
  readonly #parser: Sax.SAXParser;
  readonly #path: string[] = [];
  /** Names of the suites around, and when they began. */
  readonly #suites: { readonly startedAt: string | undefined }[] = [];
  #case: OpenCase | undefined;
  #cases = 0;
  isOver = false;

  constructor(collector: ResultCollector) {
    this.#collector = collector;
    const sax: Pick<typeof Sax, 'parser'> = require('sax');
    this.#parser = sax.parser(true, { position: true });
    Object.assign(this.#parser, {
      onerror: ({ message }) => this.#stop((message.split('\n')[0] ?? '').replace(/\.$/, '').toLowerCase()),
      onopentag: ({ name, attributes }) => this.#open(name, attributes),
      onclosetag: (name) => this.#close(name),
      ontext: (text) => this.#text(text),
      oncdata: (text) => this.#text(text),
    } satisfies Partial<Sax.SAXParser>);
  }

  write(text: string): void {
    if (this.isOver) return;
    try {
      this.#parser.write(text);
    } catch (error) {
      if (!this.isOver) this.#stop(error instanceof Error ? error.message : String(error));
    }
  }

  end(): void {
    if (this.isOver) return;
    try {
      this.#parser.close();
    } catch {
      // Its error was told to the handler.
    }
    if (this.#cases === 0 && !this.isOver) this.#collector.problem('', 'there is no <testcase> in it');
  }

  /** The first mistake is told; what was read up to it counts. A test case that it is in has not ended. */
  #stop(why: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#collector.problem(`:${this.#parser.line + 1}:${this.#parser.column + 1}`, why);
  }

  #open(name: string, attributes: Readonly<Record<string, unknown>>): void {
    if (this.isOver) return;
    this.#path.push(name);
    if (this.#path.length > MOST_DEPTH) return this.#stop(`more than ${MOST_DEPTH} elements inside of one another`);
    const [root] = this.#path;
    if (root !== 'testsuites' && root !== 'testsuite') {
      return this.#stop(`the root element is <${this.#collector.cutName(name)}>, not <testsuites> or <testsuite>`);
    }
    if (name === 'testsuite') this.#suites.push({ startedAt: readTime(attributes['timestamp']) });
    else if (name === 'testcase' && !this.#case) this.#case = this.#begin(attributes);
    else if (this.#case && Object.hasOwn(ELEMENTS, name)) this.#openDetail(this.#case, name, attributes);
  }

  #begin(attributes: Readonly<Record<string, unknown>>): OpenCase {
    this.#cases += 1;
    const time = Number(textOf(attributes['time'])?.replaceAll(',', ''));
    return {
      name: caseName(textOf(attributes['classname']), textOf(attributes['name']) ?? ''),
      seconds: Number.isFinite(time) && attributes['time'] !== '' ? time : undefined,
      startedAt: readTime(attributes['timestamp']) ?? this.#suites.at(-1)?.startedAt,
      details: new Map(),
      status: textOf(attributes['status']) === 'notrun' ? 'skip' : 'success',
      reason: undefined,
      into: undefined,
    };
  }

  #openDetail(open: OpenCase, name: string, attributes: Readonly<Record<string, unknown>>): void {
    const status = ELEMENTS[name];
    if (status === 'fail' || (status === 'skip' && open.status === 'success')) open.status = status;
    const message = textOf(attributes['message']);
    if (status !== 'detail' && message !== undefined && message !== '') open.reason ??= message;
    const { details: most, detail } = this.#collector.limits;
    let label = name;
    for (let index = 2; open.details.has(label); index++) label = `${name} ${index}`;
    if (open.details.size >= most) return;
    open.into = new BoundedText(detail);
    open.details.set(label, open.into);
  }

  #text(text: string): void {
    this.#case?.into?.add(Buffer.from(text));
  }

  #close(name: string): void {
    if (this.isOver) return;
    this.#path.pop();
    if (name === 'testsuite') this.#suites.pop();
    if (!this.#case) return;
    if (Object.hasOwn(ELEMENTS, name)) this.#case.into = undefined;
    if (name !== 'testcase') return;
    this.#collector.add(resultOf(this.#case));
    this.#case = undefined;
  }
}

function resultOf({ name, status, seconds, startedAt, reason, details }: OpenCase): TestResult {
  const texts = [...details].map(([label, text]) => [label, text.toString().trim()] as const);
  return {
    name,
    status,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(reason === undefined ? {} : { reason }),
    ...(texts.length === 0 ? {} : { details: Object.fromEntries(texts) }),
  };
}

/** Some writers put the class into the name as well. */
function caseName(className: string | undefined, name: string): string {
  if (className === undefined || className === '' || name.startsWith(`${className}.`)) return name;
  return name === '' ? className : `${className}.${name}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Times of JUnit have no zone at times: they are taken for UTC. */
function readTime(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return undefined;
  const date = new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The encoding by the byte order mark, or as the XML declaration says. */
function decoderOf(start: Uint8Array, collector: ResultCollector): TextDecoder {
  const head = Buffer.from(start.subarray(0, 200));
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder('utf-16le');
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder('utf-16be');
  const label = /^\s*<\?xml[^>]*\bencoding=["']([\w.:-]+)["']/.exec(
    head.toString('latin1').replace(/^\u00EF\u00BB\u00BF/, ''),
  )?.[1];
  try {
    // Whoever says UTF-16 in bytes without a mark has converted the text and left the word.
    return new TextDecoder(label === undefined || /^utf-?16/i.test(label) ? 'utf-8' : label);
  } catch {
    collector.problem(':1:1', `unknown encoding ${JSON.stringify(label)}: read as UTF-8`);
    return new TextDecoder('utf-8');
  }
}
