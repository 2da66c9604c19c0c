import { escapeControls } from './escape-controls.js';

/** A value of JSON as Python writes it, in one line of text without control characters. */
export function pythonLiteral(value: unknown): string {
  if (typeof value === 'string') return escapeControls(JSON.stringify(value));
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return 'None';
  const items = Object.entries(value).map(([key, item]) => `${pythonLiteral(key)}: ${pythonLiteral(item)}`);
  return `{${items.join(', ')}}`;
}
