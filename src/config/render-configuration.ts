import { hidePassword } from '../text/hide-password.js';
import type { Configuration, ConfigurationEntry } from './configuration.js';

/** The contract of `virtbs config --json`. */
export interface ConfigurationJson {
  readonly version: 1;
  /** The merged sections, as the files have them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The same maps with the source of each value, list or empty map in its place: `slices/roles.yaml:10:5`, `--root`, `default`. */
  readonly sources: Readonly<Record<string, unknown>>;
}

const WIDEST = 56;

/**
 * The merged configuration as YAML, each value with its source as a comment behind it. Read as a file it gives the same
 * configuration, but for user names and passwords in URLs: those are not shown.
 */
export function renderConfiguration(configuration: Pick<Configuration, 'entries'>): string {
  const lines: { readonly text: string; readonly source?: string }[] = [];
  let above: readonly string[] = [];
  for (const { path, value, source } of configuration.entries()) {
    const shared = path.findIndex((key, index) => key !== above[index]);
    for (let depth = shared; depth < path.length - 1; depth++) lines.push({ text: `${showKey(path, depth)}:` });
    lines.push({ text: `${showKey(path, path.length - 1)}: ${showYaml(hideAll(value))}`, source });
    above = path.slice(0, -1);
  }
  const width = Math.min(
    WIDEST,
    Math.max(0, ...lines.map(({ text, source }) => (source === undefined ? 0 : text.length))),
  );
  return lines
    .map(({ text, source }) => (source === undefined ? `${text}\n` : `${text.padEnd(width)}  # ${source}\n`))
    .join('');
}

export function configurationJson(configuration: Pick<Configuration, 'entries'>): ConfigurationJson {
  const values = createMap();
  const sources = createMap();
  for (const { path, value, source } of configuration.entries()) {
    put(values, path, hideAll(value));
    put(sources, path, source);
  }
  return { version: 1, values, sources };
}

function hideAll(value: unknown): unknown {
  if (typeof value === 'string') return hidePassword(value);
  if (Array.isArray(value)) return value.map(hideAll);
  if (typeof value !== 'object' || value === null) return value;
  const shown = createMap();
  for (const [key, child] of Object.entries(value)) shown[key] = hideAll(child);
  return shown;
}

function showKey(path: ConfigurationEntry['path'], depth: number): string {
  return '  '.repeat(depth) + showText(path[depth] ?? '');
}

function showYaml(value: unknown): string {
  if (typeof value === 'string') return showText(value);
  if (typeof value === 'number') return showNumber(value);
  if (Array.isArray(value)) return `[${value.map(showYaml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const pairs = Object.entries(value).map(([key, child]) => `${showText(key)}: ${showYaml(child)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

/** Plain where no reader of YAML, old or new, can take it for anything but text; else with the escapes of JSON, which YAML has too. */
function showText(text: string): string {
  const plain = /^[A-Za-z/][A-Za-z0-9_./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  const size = /^[1-9]\d*(?:\.\d+)?[KMGT](?:iB|B)?$/.test(text);
  return plain || size ? text : JSON.stringify(text);
}

function showNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0.0' : String(value);
  return value > 0 ? '.inf' : '-.inf';
}

function put(map: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let inner = map;
  for (const key of path.slice(0, -1)) {
    inner[key] ??= createMap();
    inner = inner[key] as Record<string, unknown>;
  }
  inner[path.at(-1) ?? ''] = value;
}

/** Creates a map without a prototype, so that no key of a user is special. */
function createMap(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}
