/** C0, DEL, C1, the other breaks of lines, and what turns the direction of writing. */
const UNSEEN = /[^\P{Cc}\n\t]|[\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/**
 * A text with all that a terminal would obey instead of showing it written as JSON escapes it: `\u001b[2J`. Line breaks and tabs
 * stay.
 */
export function visibleText(text: string): string {
  return text.replaceAll(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
