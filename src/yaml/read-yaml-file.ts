import { isUtf8 } from 'node:buffer';
import { showPath } from './place.js';
import { MOST_BYTES, type FileBytes } from './read-bytes.js';
import { readYaml, type YamlResult } from './read-yaml.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'no such file or folder',
  EISDIR: 'this is a folder, not a file',
  EACCES: 'no permission to read it',
  ELOOP: 'too many links',
};

/** Reads the content of a YAML file; returns its tree and every problem in reading it. */
export function readYamlFile({ path, bytes }: FileBytes, cwd: string): YamlResult {
  const source = showPath(path, cwd);
  if (bytes instanceof Error) {
    const code = 'code' in bytes && typeof bytes.code === 'string' ? bytes.code : bytes.message;
    return { tree: undefined, problems: [{ place: { source }, what: REASONS[code] ?? `cannot be read: ${code}` }] };
  }
  if (bytes.length > MOST_BYTES)
    return { tree: undefined, problems: [{ place: { source }, what: `larger than ${MOST_BYTES / 1024} KiB` }] };
  const text = new TextDecoder().decode(bytes);
  if (isUtf8(bytes)) return readYaml(text, (line, column) => ({ source, line, column }));

  const before = text.slice(0, text.indexOf('\u{FFFD}')).split('\n');
  const place = { source, line: before.length, column: (before.at(-1) ?? '').length + 1 };
  return { tree: undefined, problems: [{ place, what: 'a byte that is not UTF-8' }] };
}
