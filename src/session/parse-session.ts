import { SESSION_KINDS, type Session } from './session.js';

/** Reads what `formatSession` writes. Of any other text, such as `user@host`, nothing is the same run or place as another. */
export function parseSession(text: string): Session {
  const [first = '', owner = '', ...rest] = text.split(' ');
  const kind = SESSION_KINDS.find((known) => known === first);
  const fields = new Map(rest.map((word) => splitOnce(word, '=')));
  const [id, place] = [fields.get('id'), fields.get('place')];
  if (kind === undefined || id === undefined || place === undefined) {
    const [user, host] = splitOnce(text, '@');
    return { kind: 'unknown', id: text, place: `unknown:${text}`, user, host, url: null };
  }
  const [user, host] = splitOnce(owner, '@');
  const url = fields.get('url');
  return {
    kind,
    id: unescape(id),
    place: unescape(place),
    user: unescape(user),
    host: unescape(host),
    url: url === undefined ? null : unescape(url),
  };
}

function splitOnce(text: string, separator: string): [before: string, behind: string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
