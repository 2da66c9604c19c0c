import { minimatch } from 'minimatch';
import type { ChangeEvent } from './change-event.js';

/**
 * When a job runs: all that a rule names must fit. A list fits where one of its entries does; entries that begin with `!` take
 * away, so a list of such entries alone means all else.
 */
export interface TriggerRule {
  /** Globs of projects: `openstack/*`; `**` for any depth. */
  readonly project?: readonly string[];
  /** Globs of branches: `stable/*`. */
  readonly branch?: readonly string[];
  /** Globs of paths: one changed file must fit. Where the files are not known the rule fits. */
  readonly files?: readonly string[];
  /** Kinds of events; patch sets, and comments that fit `comment`, where not given. */
  readonly event?: readonly ChangeEvent['kind'][];
  /** Regular expressions for a whole line of a comment, whatever its case; `recheck` where not given. */
  readonly comment?: readonly string[];
  /** Globs of the accounts that uploaded the patch set, or updated the branch. */
  readonly uploader?: readonly string[];
}

const USUAL_EVENTS: readonly ChangeEvent['kind'][] = ['patchset', 'comment'];
const USUAL_COMMENT = ['recheck'];

/** Characters of a line of a comment that can be a command: expressions are slow on long ones. */
const LONGEST_LINE = 200;
/** Lines of a comment that are read. */
const MOST_LINES = 100;

/** Tells whether one of the rules fits an event. */
export function matchTrigger(rules: readonly TriggerRule[], event: ChangeEvent): boolean {
  return rules.some((rule) => fits(rule, event));
}

/** Tells whether a rule needs the files of a patch set. */
export function needsFiles(rules: readonly TriggerRule[]): boolean {
  return rules.some(({ files = [] }) => files.length > 0);
}

/** Names of projects that rules name without a glob; none where one rule may fit others. */
export function namedProjects(rules: readonly TriggerRule[]): readonly string[] {
  const names = rules.map(({ project = [] }) => project);
  const isPlain = names.every((list) => list.length > 0 && list.every((name) => !/[*?[\]{}()!+@]/.test(name)));
  return isPlain ? [...new Set(names.flat())] : [];
}

function fits(rule: TriggerRule, event: ChangeEvent): boolean {
  const { project, branch, files, event: kinds = USUAL_EVENTS, comment = USUAL_COMMENT, uploader } = rule;
  if (!kinds.includes(event.kind)) return false;
  if (!fitsList(project, event.project) || !fitsList(branch, event.branch)) return false;
  if (event.kind === 'comment' && !fitsComment(comment, event.comment ?? '')) return false;
  const who = event.kind === 'ref' ? event.author : event.patchSet?.uploader;
  if (uploader && (who === undefined || !fitsList(uploader, who))) return false;
  return !files || !event.files || event.files.some((file) => fitsList(files, file));
}

/** Tells whether a text fits one of the globs, and none that begins with `!`. */
export function fitsList(globs: readonly string[] | undefined, text: string): boolean {
  if (!globs || globs.length === 0) return true;
  const wanted = globs.filter((glob) => !glob.startsWith('!'));
  const unwanted = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  return (
    (wanted.length === 0 || wanted.some((glob) => fitsGlob(glob, text))) &&
    !unwanted.some((glob) => fitsGlob(glob, text))
  );
}

function fitsGlob(glob: string, text: string): boolean {
  return minimatch(text, glob, { dot: true, nocomment: true, nonegate: true });
}

function fitsComment(patterns: readonly string[], comment: string): boolean {
  const lines = comment
    .split('\n', MOST_LINES)
    .map((line) => line.trim())
    .filter((line) => line !== '' && line.length <= LONGEST_LINE);
  return patterns.some((pattern) => {
    const expression = new RegExp(`^(?:${pattern})$`, 'i');
    return lines.some((line) => expression.test(line));
  });
}
