const OPENING = /\{(?=[{%#])/g;

/** Tells whether Ansible would take the text for a template. */
export function isTemplate(text: string): boolean {
  return text.search(OPENING) >= 0;
}

/** The value with every text in it as the template that gives that text: for files that cannot say that a text is none. */
export function escapeTemplates(value: unknown): unknown {
  return mapTexts(value, (text) => text.replaceAll(OPENING, "{{ '{' }}"));
}

/** The value with every text in it, but keys, made something else. */
export function mapTexts(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}
