import type { Session } from './session.js';

/**
 * The session as one line of words, for metadata: `jenkins alice@build1 id=… place=… url=…`. Whatever is no printable ASCII
 * character is written as a URL would have it, so that the line has no character that XML does not know.
 */
export function formatSession({ kind, user, host, id, place, url }: Session): string {
  const words = [kind, `${escape(user)}@${escape(host)}`, `id=${escape(id)}`, `place=${escape(place)}`];
  return [...words, ...(url === null ? [] : [`url=${escape(url)}`])].join(' ');
}

function escape(text: string): string {
  return text.replaceAll(/[^!-~]|%|@/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
