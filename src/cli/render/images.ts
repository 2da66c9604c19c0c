import type { ListedBuild } from '../../image/list-images.js';
import { renderSize } from '../../text/render-size.js';
import { renderAge } from './age.js';
import { renderTable } from './table.js';

/** Users that a line has room for. */
const MOST_USERS = 3;

/** Columns that a narrow terminal does without. */
const OPTIONAL = ['VIRTUAL', 'KIND', 'BASE', 'USED BY', 'AGE', 'ON DISK', 'TAGS'];

export interface ImagesView {
  /** Show builds below those they stand on, instead of naming the base. */
  readonly tree: boolean;
  /** Characters of a line. */
  readonly width?: number;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** The builds for people, a line for each. */
export function renderImages(builds: readonly ListedBuild[], { tree, width, now = Date.now() }: ImagesView): string {
  if (builds.length === 0) return 'no images\n';
  const head = ['SLOT', 'BUILD', 'TAGS', 'KIND', 'ON DISK', 'VIRTUAL', 'AGE', ...(tree ? [] : ['BASE']), 'USED BY'];
  const rows = tree
    ? inTree(builds).map(({ build, indent }) => row(build, { now, indent }))
    : builds.map((build) => row(build, { now, base: build.base ?? '-' }));
  return renderTable([head, ...rows], width, OPTIONAL);
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
  /** Lines that lead to it from what it stands on. */
  readonly indent: string;
}

/**
 * Orders builds as a tree: each build is followed by those that stand on it. Builds without a base in the list come first.
 */
function inTree(builds: readonly ListedBuild[]): readonly TreeLine[] {
  const nameOf = ({ slot, build }: ListedBuild): string => `${slot}/${build}`;
  const names = new Set(builds.map(nameOf));
  const shownBase = ({ base }: ListedBuild): string | null => (base !== null && names.has(base) ? base : null);
  const below = (base: string | null, indent: string): readonly TreeLine[] => {
    const children = builds.filter((build) => shownBase(build) === base);
    return children.flatMap((build, index) => {
      const isLast = index === children.length - 1;
      const own = base === null ? '' : `${indent}${isLast ? '└ ' : '├ '}`;
      const further = base === null ? '' : `${indent}${isLast ? '  ' : '│ '}`;
      return [{ build, indent: own }, ...below(nameOf(build), further)];
    });
  };
  return below(null, '');
}
