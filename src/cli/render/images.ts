import type { ListedBuild } from '../../image/list-images.js';
import { renderSize } from './size.js';
import { renderAge } from './age.js';
import { renderTable } from './table.js';

/** Users that a line has room for. */
const MOST_USERS = 3;

export interface ImagesView {
  /** Show builds below those they stand on, instead of naming the base. */
  readonly tree: boolean;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** The builds for people, a line for each. */
export function renderImages(builds: readonly ListedBuild[], { tree, now = Date.now() }: ImagesView): string {
  if (builds.length === 0) return 'no images\n';
  const head = ['SLOT', 'BUILD', 'TAGS', 'KIND', 'ON DISK', 'VIRTUAL', 'AGE', ...(tree ? [] : ['BASE']), 'USED BY'];
  const rows = tree
    ? inTree(builds).map(({ build, depth }) =>
        row(build, { now, indent: depth === 0 ? '' : `${'  '.repeat(depth - 1)}└ ` }),
      )
    : builds.map((build) => row(build, { now, base: build.base ?? '-' }));
  return renderTable([head, ...rows]);
}

interface RowView {
  readonly now: number;
  readonly indent?: string;
  readonly base?: string;
}

function row(found: ListedBuild, { now, indent = '', base }: RowView): string[] {
  const { slot, build, tags, kind, allocatedBytes, virtualBytes, created, users } = found;
  return [
    `${indent}${slot}`,
    build,
    tags.join(', ') || '-',
    kind ?? 'incomplete',
    renderSize(allocatedBytes),
    virtualBytes === null ? '-' : renderSize(virtualBytes),
    renderAge(now - Date.parse(created)),
    ...(base === undefined ? [] : [base]),
    renderUsers(users),
  ];
}

function renderUsers(users: readonly string[]): string {
  if (users.length === 0) return '-';
  const shown = users.slice(0, users.length > MOST_USERS ? MOST_USERS - 1 : MOST_USERS).join(', ');
  return users.length > MOST_USERS ? `${shown} and ${users.length - MOST_USERS + 1} more` : shown;
}

interface TreeLine {
  readonly build: ListedBuild;
  readonly depth: number;
}

/** Those without a base that is shown come first; each is followed by what stands on it. */
function inTree(builds: readonly ListedBuild[]): readonly TreeLine[] {
  const nameOf = ({ slot, build }: ListedBuild): string => `${slot}/${build}`;
  const names = new Set(builds.map(nameOf));
  const below = (base: string | null, depth: number): readonly TreeLine[] =>
    builds.flatMap((build) => {
      const shownBase = build.base !== null && names.has(build.base) ? build.base : null;
      return shownBase === base ? [{ build, depth }, ...below(nameOf(build), depth + 1)] : [];
    });
  return below(null, 0);
}
