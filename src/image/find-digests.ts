export type DigestAlgorithm = 'sha256' | 'sha512';

export interface DigestRequest {
  readonly algorithm: DigestAlgorithm;
  /** The file whose digest is looked for: the last part of its URL. */
  readonly name: string;
  /** The path of the file from the folder of the list, where both are in one place. */
  readonly path?: string | undefined;
  /** The name of the list itself. */
  readonly listName: string;
}

interface Entry {
  readonly digest: string;
  /** The path as the list has it, without `./` in front; empty where it names none. */
  readonly path: string;
}

export const HEX_DIGITS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/** Words for algorithms, of which a heading has one alone; what they write is compared without signs between. */
const ALGORITHM =
  /^(?:md[245]|sha-?[123](?:[-/_]?\d{3}(?:[-/]\d{3})?)?|sha-?\d{3}(?:[-/_]\d{3})?|blake[23][bsp]*(?:-?\d{3})?|b[23]|rmd160|ripemd-?160|whirlpool|sm3|crc32|tiger|gost\d*|streebog-?\d*)$/i;

/**
 * The digests that a list has for a file, in lower case; none where it does not name the file.
 *
 * A list is what any common tool writes, in any order and mixed, also inside a signed text (RFC 9580, section 7):
 * `HEX  NAME` and `HEX *NAME` (sha256sum), `HEX SIZE NAME` (Debian), `SHA256 (NAME) = HEX` (BSD, `--tag`),
 * `SHA2-256(NAME)= HEX` (OpenSSL), `SHA256  HEX  NAME` (PowerShell), `NAME: HEX` also in groups and over lines (GnuPG).
 * What stands below a heading such as `# BLAKE2B HASH`, `SHA512:` or `[md5]` is of that algorithm.
 *
 * Where files in several folders have the name, the path from the list decides, then how much of it an entry has. There may be
 * several in the end, such as digests of equal length by algorithms that the list does not name: any that matches is right.
 *
 * A list that is named after the file (`FILE.sha256`) and has one entry only is about that file, whatever name the entry has:
 * openSUSE and CentOS publish the same image under a constant and a dated name, with one list that has the dated one.
 */
export function findDigests(text: string, request: DigestRequest): readonly string[] {
  const entries = readEntries(text, request.algorithm);
  const named = closest(
    entries.filter(({ path }) => baseName(path) === request.name),
    request.path ?? request.name,
  );
  const isBeside = entries.length === 1 && request.listName.startsWith(`${request.name}.`);
  const found = named.length === 0 && isBeside ? entries : named;
  return [...new Set(found.map(({ digest }) => digest))];
}

/** Returns the entries whose paths have most in common with the end of a path. */
function closest(entries: readonly Entry[], path: string): readonly Entry[] {
  const exact = entries.filter((entry) => entry.path === path);
  if (exact.length > 0) return exact;
  const shared = entries.map((entry) => sharedParts(entry.path, path));
  const most = Math.max(0, ...shared);
  return entries.filter((_, index) => shared[index] === most);
}

/** Counts the parts at the end of two paths that are the same. */
function sharedParts(one: string, other: string): number {
  const parts = one.split('/').toReversed();
  const others = other.split('/').toReversed();
  const differs = parts.findIndex((part, index) => part !== others[index]);
  return differs === -1 ? parts.length : differs;
}

function readEntries(text: string, algorithm: DigestAlgorithm): readonly Entry[] {
  let heading: string | undefined;
  return joinGroups(text).flatMap((line) => {
    const found = readHeading(line);
    if (found !== undefined) heading = found;
    const entry = found === undefined ? parseLine(line) : undefined;
    if (entry?.digest.length !== HEX_DIGITS[algorithm]) return [];
    if ((entry.algorithm ?? heading ?? algorithm) !== algorithm) return [];
    return [{ digest: entry.digest.toLowerCase(), path: entry.path.replace(/^(?:\.\/)+/, '') }];
  });
}

/** The lines; digests that GnuPG has in groups, over several lines, put together. */
function joinGroups(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    const last = lines.at(-1);
    const groups = /^\s+((?:[0-9a-f]{2,8}\s+)*[0-9a-f]{2,8})\s*$/i.exec(line)?.[1];
    const goesOn = last !== undefined && /^[^#].*[:=]\s*(?:[0-9a-f]{2,8}\s*)*$/i.test(last);
    if (groups !== undefined && goesOn) lines[lines.length - 1] = `${last} ${groups}`;
    else lines.push(line);
  }
  return lines;
}

/** The algorithm that a line alone names: `# SHA512 HASH`, `MD5Sum:`, `[sha256]`, `-- SHA1 --`. */
function readHeading(line: string): string | undefined {
  const word = /^[\s#;[=*-]*([a-z][a-z0-9/_-]*?)(?:[ _-]?(?:hash(?:es)?|digests?|checksums?|sums?))?[\]\s:=*-]*$/i.exec(
    line,
  )?.[1];
  return word !== undefined && ALGORITHM.test(word) ? plainAlgorithm(word) : undefined;
}

interface Parsed {
  readonly digest: string;
  readonly path: string;
  readonly algorithm?: string;
}

function parseLine(line: string): Parsed | undefined {
  const tagged = /^\s*([a-z0-9/_-]+)\s*\((.+)\)\s*=\s*([0-9a-f]{64,128})\s*$/i.exec(line);
  if (tagged) return { algorithm: plainAlgorithm(tagged[1] ?? ''), path: tagged[2] ?? '', digest: tagged[3] ?? '' };
  const table = /^\s*(sha[0-9-]+)\s+([0-9a-f]{64,128})\s+(\S.*?)\s*$/i.exec(line);
  if (table)
    return { algorithm: plainAlgorithm(table[1] ?? ''), digest: table[2] ?? '', path: slashed(table[3] ?? '') };
  const sized = /^\s+([0-9a-f]{64,128})\s+\d+\s+(\S.*?)\s*$/i.exec(line);
  if (sized) return { digest: sized[1] ?? '', path: sized[2] ?? '' };
  const plain = /^\s*\\?([0-9a-f]{64,128})(?:\s+\*?(.+?))?\s*$/i.exec(line);
  if (plain) return { digest: plain[1] ?? '', path: plain[2] ?? '' };
  const grouped =
    /^\s*([^\s#].*?)(?::|\s)\s*(?:(sha[0-9-]+)\s*=\s*)?([0-9a-f]{64,128}|(?:[0-9a-f]{2,8}\s+)+[0-9a-f]{2,8})\s*$/i.exec(
      line,
    );
  if (!grouped) return undefined;
  const algorithm = grouped[2] === undefined ? {} : { algorithm: plainAlgorithm(grouped[2]) };
  return { ...algorithm, path: grouped[1] ?? '', digest: (grouped[3] ?? '').replaceAll(/\s/g, '') };
}

/** `SHA2-256`, `SHA-256` and `sha256` are one. */
function plainAlgorithm(word: string): string {
  return word
    .toLowerCase()
    .replace(/^sha2-/, 'sha')
    .replace(/^sha-(?=\d{3})/, 'sha')
    .replace(/sums?$/, '');
}

/** PowerShell tells of paths of Windows. */
function slashed(path: string): string {
  return path.includes('/') ? path : path.replaceAll('\\', '/');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
