// The class alone can make one, and gives us the way.
let makeHtml: (text: string) => Html;

/** A piece of HTML that was made by `html`, and by nothing else. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static {
    makeHtml = (text) => new Html(text);
  }

  toString(): string {
    return this.#text;
  }
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** Where a value stands: between tags, in a quoted attribute, in one that is an address. */
type Place = 'text' | 'attribute' | 'address';

const ADDRESSES = new Set(['href', 'src', 'action', 'formaction', 'cite', 'data', 'poster', 'xlink:href']);

const places = new WeakMap<TemplateStringsArray, readonly Place[]>();

/**
 * Makes HTML. Every value is escaped for its place, other HTML alone stands as it is, a list stands for its members, and null,
 * undefined and false for nothing. An address in `href` or `src` must be a relative one, or of http, https or ssh: any other one
 * becomes `#`.
 *
 * @throws Error where a value stands where none can be made safe: outside of quotes in a tag, in a script, style or comment
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let found = places.get(strings);
  if (!found) places.set(strings, (found = findPlaces(strings)));
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) {
    text += render(value, found[index] ?? 'text') + (strings[index + 1] ?? '');
  }
  return makeHtml(text);
}

function render(value: HtmlValue, place: Place): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) {
    if (place !== 'text') throw new Error('HTML in an attribute');
    return value.toString();
  }
  if (typeof value === 'string' || typeof value === 'number') {
    return escapeHtml(place === 'address' ? safeAddress(String(value)) : String(value));
  }
  return value.map((each) => render(each, place)).join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Characters that HTML cannot carry, and those that turn the direction of writing. */
const UNSEEN = /[^\P{Cc}\n\t]|\p{Cs}|[\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/gu;

/** Returns a text as HTML shows it, for between tags and for quoted attributes. What cannot be seen is shown as a sign. */
function escapeHtml(text: string): string {
  return text.replaceAll(UNSEEN, '\uFFFD').replaceAll(/[&<>"']/g, (found: string) => ESCAPES[found] ?? '');
}

function safeAddress(address: string): string {
  const scheme = /^[\s\p{Cc}]*([^/?#]*?):/u.exec(address)?.[1];
  if (scheme === undefined) return /^[\s\p{Cc}]*[/\\]{2}/u.test(address) ? '#' : address;
  return /^(?:https?|ssh)$/i.test(scheme) ? address : '#';
}

/** Follows the tags of a template, to know where its values stand. */
function findPlaces(strings: TemplateStringsArray): readonly Place[] {
  const found: Place[] = [];
  let state: 'text' | 'tag' | 'value' = 'text';
  let quote = '';
  let attribute = '';
  for (const part of strings.slice(0, -1)) {
    for (let place = 0; place < part.length; place++) {
      const character = part[place] ?? '';
      if (state === 'value') {
        if (character === quote) state = 'tag';
      } else if (state === 'tag') {
        if (character === '>') state = 'text';
        else if (character === '"' || character === "'") {
          attribute = /([\w:-]+)\s*=\s*$/.exec(part.slice(0, place))?.[1]?.toLowerCase() ?? '';
          quote = character;
          state = 'value';
        }
      } else if (character === '<') {
        if (
          /^<(?:!--|script\b[^>]*>|style\b[^>]*>)/i.test(part.slice(place)) &&
          !/^<(?:!--[\s\S]*?-->|(script|style)\b[^>]*>[\s\S]*?<\/\1>)/i.test(part.slice(place))
        ) {
          throw new Error('a value in a script, a style or a comment');
        }
        state = 'tag';
      }
    }
    if (state === 'tag') throw new Error('a value in a tag, outside of quotes');
    if (state === 'value' && (attribute.startsWith('on') || attribute === 'style'))
      throw new Error(`a value in ${attribute}`);
    found.push(state === 'text' ? 'text' : ADDRESSES.has(attribute) ? 'address' : 'attribute');
  }
  return found;
}
