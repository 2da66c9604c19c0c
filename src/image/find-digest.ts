export type DigestAlgorithm = 'sha256' | 'sha512';

export interface DigestRequest {
  readonly algorithm: DigestAlgorithm;
  /** The file whose digest is looked for: the last part of its URL. */
  readonly name: string;
  /** The name of the list itself. */
  readonly listName: string;
}

interface Entry {
  readonly digest: string;
  readonly name: string;
}

export const HEX_DIGITS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/**
 * The digest of a file in a list as sha256sum(1) writes it (`HEX  NAME`, `HEX *NAME`) or as its option `--tag` does
 * (`SHA256 (NAME) = HEX`), in any order, mixed, and also inside a signed text (RFC 9580, section 7).
 *
 * A list that is named after the file (`FILE.sha256`) and has one entry only is about that file, whatever name the entry has:
 * openSUSE and CentOS publish the same image under a constant and a dated name, with one list that has the dated one.
 */
export function findDigest(text: string, request: DigestRequest): string | undefined {
  const entries = text.split(/\r?\n/).flatMap((line) => parseLine(line, request.algorithm));
  const named = entries.find(({ name }) => name === request.name);
  if (named) return named.digest;
  const [only] = entries;
  return entries.length === 1 && request.listName.startsWith(`${request.name}.`) ? only?.digest : undefined;
}

function parseLine(line: string, algorithm: DigestAlgorithm): readonly Entry[] {
  const gnu = /^\\?([0-9a-f]{64,128})(?:\s+\*?(.+?))?\s*$/i.exec(line);
  const bsd = /^([a-z0-9-]+)\s*\((.+)\)\s*=\s*([0-9a-f]{64,128})\s*$/i.exec(line);
  if (bsd && bsd[1]?.replace('-', '').toLowerCase() !== algorithm) return [];
  const digest = gnu?.[1] ?? bsd?.[3];
  if (digest?.length !== HEX_DIGITS[algorithm]) return [];
  const path = gnu?.[2] ?? bsd?.[2] ?? '';
  return [{ digest: digest.toLowerCase(), name: path.slice(path.lastIndexOf('/') + 1) }];
}
