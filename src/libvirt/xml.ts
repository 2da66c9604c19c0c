import { createRequire } from 'node:module';
import type * as Xml2js from 'xml2js';
import { VirtbsError } from '../errors.js';

/** Attributes of an element are under this key, as in `{ $: { type: 'file' } }`. */
export const XML_ATTRIBUTES = '$';

/** Text of an element that has attributes or children too is under this key. */
export const XML_TEXT = '_';

export type XmlValue = string | number | boolean | null | undefined;

/** The content of an element: text, or attributes, text and children by name; a list stands for several of one name. */
export type XmlContent = XmlValue | XmlElementContent;

export interface XmlElementContent {
  readonly $?: Readonly<Record<string, XmlValue>>;
  readonly _?: XmlValue;
  readonly [name: string]: XmlContent | readonly XmlContent[] | Readonly<Record<string, XmlValue>>;
}

const require = createRequire(import.meta.url);

/**
 * One element as XML, without an XML declaration. Everything is escaped; members and attributes that are undefined are left
 * out; null is an empty element.
 *
 * @throws Error for characters that XML 1.0 cannot carry (control characters, half surrogate pairs)
 */
export function buildXml(rootName: string, content: XmlElementContent): string {
  const builder = loadBuilder();
  return builder.buildObject({ [rootName]: withoutUndefined(content) });
}

/**
 * The document as an object with the root element as its one member, to be read with the functions of `xml-element`. Text
 * of nothing but white space is lost.
 *
 * @throws VirtbsError `libvirt-failed` where the text is not XML
 */
export function parseXml(text: string): unknown {
  let failure: Error | null = null;
  let document: unknown = null;
  const parser = loadParser();
  // Without its option `async` the parser calls back before it returns, at times once more after an error; at others it throws.
  try {
    parser.parseString(text, (error, result: unknown) => {
      failure ??= error;
      document = result;
    });
  } catch (error) {
    failure ??= error instanceof Error ? error : new Error(String(error));
  }
  if (failure === null && typeof document === 'object' && document !== null) return document;
  throw new VirtbsError('libvirt-failed', `not XML: ${JSON.stringify(text.slice(0, 60))}`, { cause: failure });
}

function withoutUndefined(content: unknown): unknown {
  if (Array.isArray(content)) return content.filter((member) => member !== undefined).map(withoutUndefined);
  if (typeof content !== 'object' || content === null) return content;
  const members = Object.entries(content).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefined(member)]));
}

/** Half of xml2js each, at the first use: together they take 30 ms to load, and `ls` needs only the parser. */
function loadParser(): Xml2js.Parser {
  const xml2js: Pick<typeof Xml2js, 'Parser'> = require('xml2js/lib/parser.js');
  return new xml2js.Parser({ attrkey: XML_ATTRIBUTES, charkey: XML_TEXT });
}

function loadBuilder(): Xml2js.Builder {
  const xml2js: Pick<typeof Xml2js, 'Builder'> = require('xml2js/lib/builder.js');
  return new xml2js.Builder({ attrkey: XML_ATTRIBUTES, charkey: XML_TEXT, headless: true });
}
