import type { ChangeEvent } from '../change-event.js';
import { makeChangeEvent } from './make-change-event.js';
import { readComment } from './comment-text.js';
import { accountOf, countOf, fieldsOf, membersOf, textOf } from './read-fields.js';

/** A change as an answer to a query tells it. */
export interface ChangeState {
  readonly project: string;
  readonly branch: string;
  readonly number: number;
  readonly status: 'open' | 'merged' | 'abandoned';
  readonly changeId: string | undefined;
  readonly url: string | undefined;
  readonly subject: string | undefined;
  readonly topic: string | undefined;
  /** Seconds since 1970. */
  readonly updated: number;
  readonly patchSet: CurrentPatchSet | undefined;
  readonly messages: readonly ChangeMessage[];
}

interface CurrentPatchSet {
  readonly number: number;
  readonly revision: string;
  readonly ref: string | undefined;
  readonly uploader: string | undefined;
  /** Seconds since 1970. */
  readonly created: number | undefined;
  readonly files: readonly string[] | undefined;
}

interface ChangeMessage {
  readonly author: string | undefined;
  /** As Gerrit has it, with its first line. */
  readonly text: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly patchSet: number | undefined;
  readonly tag: string | undefined;
}

const STATUSES = new Map<unknown, ChangeState['status']>([
  ['MERGED', 'merged'],
  ['ABANDONED', 'abandoned'],
]);

/** Files of Gerrit's own that it lists beside those of the commit. */
const NO_FILES = new Set(['/COMMIT_MSG', '/MERGE_LIST', '/PATCHSET_LEVEL']);

/**
 * Reads a `ChangeInfo` of the REST interface; undefined where it lacks what names the change.
 *
 * Source: Gerrit, Documentation/rest-api-changes
 */
export function readChangeInfo(value: unknown): ChangeState | undefined {
  const info = fieldsOf(value);
  const number = countOf(info['_number']);
  const project = textOf(info['project']);
  const branch = textOf(info['branch']);
  if (number === undefined || project === undefined || branch === undefined) return undefined;
  const revision = textOf(info['current_revision']);
  const set = fieldsOf(fieldsOf(info['revisions'])[revision ?? '']);
  return {
    project,
    branch: branch.replace(/^refs\/heads\//, ''),
    number,
    status: STATUSES.get(info['status']) ?? 'open',
    changeId: textOf(info['change_id']),
    url: undefined,
    subject: textOf(info['subject']),
    topic: textOf(info['topic']),
    updated: readTimestamp(info['updated']) ?? 0,
    patchSet: patchSetOf(set, {
      number: countOf(set['_number']) ?? countOf(info['current_revision_number']),
      revision,
      created: readTimestamp(set['created']),
      files: 'files' in set ? readFileNames(set['files']) : undefined,
    }),
    messages: membersOf(info['messages']).flatMap((message) => readMessage(message) ?? []),
  };
}

type NamedOtherwise = 'number' | 'revision' | 'created' | 'files';

/** Reads what both forms of a patch set name alike; undefined where it lacks what names the patch set. */
function patchSetOf(
  set: Readonly<Record<string, unknown>>,
  { number, revision, ...rest }: { readonly [Key in NamedOtherwise]: CurrentPatchSet[Key] | undefined },
): CurrentPatchSet | undefined {
  if (number === undefined || revision === undefined) return undefined;
  return { number, revision, ref: textOf(set['ref']), uploader: accountOf(set['uploader']), ...rest };
}

/** The names of the files in an answer that has them as keys. */
export function readFileNames(value: unknown): readonly string[] {
  return Object.keys(fieldsOf(value)).filter((name) => !NO_FILES.has(name));
}

/**
 * Reads a change attribute, as `gerrit query --format=JSON --current-patch-set --comments` prints it.
 *
 * Source: Gerrit, Documentation/json
 */
export function readChangeAttribute(value: unknown): ChangeState | undefined {
  const change = fieldsOf(value);
  const number = countOf(change['number']);
  const project = textOf(change['project']);
  const branch = textOf(change['branch']);
  if (number === undefined || project === undefined || branch === undefined) return undefined;
  const set = fieldsOf(change['currentPatchSet']);
  const files = membersOf(set['files']).flatMap((file) => textOf(fieldsOf(file)['file']) ?? []);
  return {
    project,
    branch,
    number,
    status: STATUSES.get(change['status']) ?? 'open',
    changeId: textOf(change['id']),
    url: textOf(change['url']),
    subject: textOf(change['subject']),
    topic: textOf(change['topic']),
    updated: countOf(change['lastUpdated']) ?? 0,
    patchSet: patchSetOf(set, {
      number: countOf(set['number']),
      revision: textOf(set['revision']),
      created: countOf(set['createdOn']),
      files: Array.isArray(set['files']) ? files.filter((name) => !NO_FILES.has(name)) : undefined,
    }),
    messages: membersOf(change['comments']).flatMap((entry) => {
      const comment = fieldsOf(entry);
      const text = textOf(comment['message']);
      const seconds = countOf(comment['timestamp']);
      if (text === undefined || seconds === undefined) return [];
      const author = accountOf(comment['reviewer']);
      return [{ author, text, seconds, patchSet: readComment(text).patchSet, tag: undefined }];
    }),
  };
}

/**
 * The events that made a change what it is, as far as they can be told from it: its newest patch set, comments on that, its end.
 *
 * @param from seconds since 1970; what is older is left out
 */
export function eventsOfChange(
  state: ChangeState,
  { server, from, tag }: { readonly server: string; readonly from: number; readonly tag: string },
): readonly ChangeEvent[] {
  const { patchSet, status } = state;
  const common = { ...state, server };
  const events: ChangeEvent[] = [];
  const created = patchSet?.created ?? state.updated;
  if (patchSet && status === 'open' && created >= from) {
    const { uploader: author, files } = patchSet;
    events.push(makeChangeEvent({ ...common, what: 'patchset', patchSet, seconds: created, author, files }));
  }
  for (const message of state.messages) {
    const { seconds, author, text } = message;
    if (seconds < from || status !== 'open' || !isComment(message, tag)) continue;
    const number = message.patchSet ?? readComment(text).patchSet ?? patchSet?.number;
    // Nobody tests an old patch set, and its revision is not in the answer.
    if (!patchSet || number !== patchSet.number) continue;
    const { files } = patchSet;
    events.push(makeChangeEvent({ ...common, what: 'comment', patchSet, seconds, author, comment: text, files }));
  }
  if (status !== 'open' && state.updated >= from) {
    events.push(makeChangeEvent({ ...common, what: status, patchSet, seconds: state.updated }));
  }
  return events;
}

/** Not one that Gerrit itself wrote (`Uploaded patch set 2.`), and none of ours. */
function isComment({ text, tag }: ChangeMessage, ours: string): boolean {
  if (tag !== undefined && (tag.startsWith('autogenerated:gerrit:') || tag === ours)) return false;
  return readComment(text).patchSet !== undefined;
}

function readMessage(value: unknown): ChangeMessage | undefined {
  const message = fieldsOf(value);
  const text = textOf(message['message']);
  const seconds = readTimestamp(message['date']);
  if (text === undefined || seconds === undefined) return undefined;
  const author = accountOf(message['author']);
  return { author, text, seconds, patchSet: countOf(message['_revision_number']), tag: textOf(message['tag']) };
}

/** Seconds since 1970 of `2026-11-28 10:00:00.000000000`, which is UTC. */
function readTimestamp(value: unknown): number | undefined {
  const [, date = '', time = ''] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(textOf(value) ?? '') ?? [];
  const milliseconds = Date.parse(`${date}T${time}Z`);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
