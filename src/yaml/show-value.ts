import { hidePassword } from '../text/hide-password.js';

const LONGEST = 60;

/** Shows a value in a message: short, on one line, without passwords. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return showText(hidePassword(value));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

function showText(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
