const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;

/** Tells whether there are control characters that JSON leaves as they are, and at which others end a line or give up. */
export function hasControls(text: string): boolean {
  return text.search(CONTROLS) >= 0;
}

/** A text in double quotes with these characters written the way JSON, YAML and Python write others: `\u2028`. */
export function escapeControls(quoted: string): string {
  return quoted.replaceAll(CONTROLS, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
