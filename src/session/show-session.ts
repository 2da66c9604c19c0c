import { parseSession } from './parse-session.js';
import type { Session } from './session.js';

/** A session in a few words for people: `jenkins-nightly-42`, `alice@build1 pts/3`, `alice@build1`. */
export function showSession({ kind, id, place, user, host }: Session): string {
  switch (kind) {
    case 'terminal':
      return `${user}@${host} ${place.slice(place.indexOf('/') + 1)}`;
    case 'process':
      return `${user}@${host}`;
    case 'unknown':
      return printable(id) || '-';
    case 'jenkins':
      return printable(id);
    case 'ci':
    case 'gitlab':
    case 'github':
    case 'buildbot':
      return `${kind} ${printable(id)}`;
  }
}

/** The same for the text of metadata. */
export function showSessionText(text: string): string {
  return showSession(parseSession(text));
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '');
}
