import { VirtbsError } from '../errors.js';
import { hidePassword } from '../text/hide-password.js';

/** A payload as `--payload` names it. */
export type PayloadReference = NamedPayload | FolderPayload | GitPayload | ArchivePayload;

/** One that comes with virtbs. */
export interface NamedPayload {
  readonly kind: 'name';
  readonly name: string;
}

export interface FolderPayload {
  readonly kind: 'folder';
  /** As written: relative paths start where one stands. */
  readonly path: string;
}

export interface GitPayload {
  readonly kind: 'git';
  /** The address as git takes it. */
  readonly url: string;
  /** A branch, a tag or a commit. */
  readonly ref: string;
  /** A folder inside; empty for the whole. */
  readonly folder: string;
}

/** A tar archive. */
export interface ArchivePayload {
  readonly kind: 'archive';
  readonly url: URL;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly folder: string;
}

const NAME = /^[a-z0-9][a-z0-9-]*$/;
const REF = /^[A-Za-z0-9][\w./@+-]*$/;
const FORMS =
  'a payload is a name, a folder, git+https://HOST/REPOSITORY#REF or https://HOST/FILE.tar.gz#sha256=DIGITS';

/**
 * Reads `patroni`, `./folder`, `git+https://host/repository#ref:folder` or `https://host/file.tar.gz#sha256=…:folder`.
 *
 * @throws VirtbsError `usage`
 */
export function readPayloadReference(text: string): PayloadReference {
  if (/^git\+[a-z]+:/i.test(text)) return readGit(text);
  if (/^(?:https?|file):/i.test(text)) return readArchive(text);
  if (NAME.test(text)) return { kind: 'name', name: text };
  if (text === '' || text.includes('\0') || /^[a-z][a-z\d+.-]*:\/\//i.test(text))
    throw wrong(text, 'is no payload', FORMS);
  return { kind: 'folder', path: text };
}

function readGit(text: string): GitPayload {
  const [address = '', part = 'HEAD', ...more] = text.replace(/^git\+/i, '').split('#');
  const [ref, folder] = splitFolder(part === '' ? 'HEAD' : part);
  if (!/^(?:https?|ssh|file):\/\/./.test(address)) throw wrong(text, 'is no address of a git repository', FORMS);
  if (more.length > 0 || !REF.test(ref) || ref.includes('..')) {
    throw wrong(text, `${JSON.stringify(ref)} is no branch, tag or commit`, 'write git+https://HOST/REPOSITORY#REF');
  }
  return { kind: 'git', url: address, ref, folder: insideFolder(text, folder) };
}

function readArchive(text: string): ArchivePayload {
  const [address = '', part = ''] = text.split('#');
  if (!URL.canParse(address)) throw wrong(text, 'is no URL', FORMS);
  const [digest, folder] = splitFolder(part);
  const sha256 = /^sha256=([\da-f]{64})$/i.exec(digest)?.[1]?.toLowerCase();
  if (sha256 === undefined) {
    const what = digest === '' ? 'has no digest' : `${JSON.stringify(digest)} is no digest`;
    throw wrong(text, what, 'add #sha256= with the 64 hex digits that sha256sum prints for the file');
  }
  return { kind: 'archive', url: new URL(address), sha256, folder: insideFolder(text, folder) };
}

/** Splits `REF:FOLDER`. */
function splitFolder(part: string): readonly [string, string] {
  const at = part.indexOf(':');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
}

function insideFolder(text: string, folder: string): string {
  if (!folder.startsWith('/') && !folder.split('/').includes('..') && !folder.includes('\0')) return folder;
  throw wrong(text, `${JSON.stringify(folder)} is no folder inside it`, 'write a path without ".." from its top on');
}

function wrong(text: string, what: string, hint: string): VirtbsError {
  return new VirtbsError('usage', `--payload "${hidePassword(text)}": ${what}`, { hint });
}
