import type { ChangeEvent } from '../change-event.js';
import { readComment } from './comment-text.js';
import { digestOfTexts, eventId } from './event-id.js';
import { makeChangeEvent, type ChangeFacts, type PatchSetFacts } from './make-change-event.js';
import { accountOf, countOf, fieldsOf, membersOf, projectOf, textOf } from './read-fields.js';

/**
 * The meaning of a line of `gerrit stream-events`, and of one of the events-log plugin. `lost`: events were thrown away, or this
 * one lacks what is needed, so Gerrit must be asked. `other`: nothing that a job can wait for.
 */
export type StreamEvent =
  | { readonly type: 'event'; readonly event: ChangeEvent }
  | { readonly type: 'lost'; readonly why: string }
  | { readonly type: 'other' };

export interface ReadingContext {
  /** The server's name, with which ids begin. */
  readonly server: string;
  /** Milliseconds since 1970: the time of an event that has none. */
  readonly now: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Events of changes: what happened, and the field with who did it. */
const CHANGE_EVENTS = new Map<unknown, { readonly what: ChangeFacts['what']; readonly actor: string }>([
  ['patchset-created', { what: 'patchset', actor: 'uploader' }],
  ['draft-published', { what: 'patchset', actor: 'uploader' }],
  ['change-restored', { what: 'restored', actor: 'restorer' }],
  ['comment-added', { what: 'comment', actor: 'author' }],
  ['change-merged', { what: 'merged', actor: 'submitter' }],
  ['change-abandoned', { what: 'abandoned', actor: 'abandoner' }],
]);

/** The `newRev` of a ref that was deleted. */
const NO_REVISION = /^0+$/;

/**
 * Reads an event as Gerrit's documentation promises it: any field may be missing, numbers may be strings, the project an object,
 * the change's key `{id}` or `{key}`.
 */
export function readStreamEvent(message: unknown, context: ReadingContext): StreamEvent {
  const fields = fieldsOf(message);
  const { type } = fields;
  if (type === 'dropped-output') return { type: 'lost', why: 'Gerrit dropped events' };
  if (type === 'ref-updated') return readRefEvent(fields, context);
  const kind = CHANGE_EVENTS.get(type);
  if (!kind) return { type: 'other' };
  const facts = readFacts(fields, { ...kind, ...context });
  if (!facts) return { type: 'lost', why: `an event ${String(type)} lacks its change or patch set` };
  return { type: 'event', event: makeChangeEvent(facts) };
}

function readFacts(
  fields: Fields,
  { what, actor, server, now }: ReadingContext & { readonly what: ChangeFacts['what']; readonly actor: string },
): ChangeFacts | undefined {
  const change = fieldsOf(fields['change']);
  const set = fieldsOf(fields['patchSet'] ?? fields['patchset']);
  // refs/changes/23/30623/1 has both numbers.
  const [, ofRef, setOfRef] = /^refs\/changes\/\d\d\/(\d+)\/(\d+)$/.exec(textOf(set['ref']) ?? '') ?? [];
  const project = projectOf(change['project']) ?? projectOf(fields['project']);
  const branch = textOf(change['branch']) ?? branchOf(textOf(fields['refName']));
  const number = countOf(change['number']) ?? countOf(ofRef);
  if (project === undefined || branch === undefined || number === undefined) return undefined;
  const comment = textOf(fields['comment']);
  const setNumber = countOf(set['number']) ?? countOf(setOfRef) ?? readComment(comment ?? '').patchSet;
  const revision = textOf(set['revision']);
  const uploader = accountOf(set['uploader']) ?? accountOf(fields['uploader']);
  const patchSet: PatchSetFacts | undefined =
    setNumber === undefined || revision === undefined
      ? undefined
      : { number: setNumber, revision, ref: textOf(set['ref']), uploader };
  if (!patchSet && what !== 'merged' && what !== 'abandoned') return undefined;
  const files = membersOf(set['files']).flatMap((file) => textOf(fieldsOf(file)['file']) ?? []);
  const created = what === 'patchset' ? countOf(set['createdOn']) : undefined;
  const seconds = countOf(fields['eventCreatedOn']) ?? created ?? countOf(change['lastUpdated']);
  return {
    server,
    what,
    project,
    branch,
    number,
    changeId: textOf(change['id']) ?? changeKey(fields['changeKey']),
    url: textOf(change['url']),
    subject: textOf(change['subject']),
    topic: textOf(change['topic']),
    patchSet,
    seconds: seconds ?? Math.floor(now / 1000),
    author: accountOf(fields[actor]),
    comment,
    files: files.length === 0 ? undefined : files,
  };
}

function readRefEvent(fields: Fields, { server, now }: ReadingContext): StreamEvent {
  const update = fieldsOf(fields['refUpdate']);
  const project = projectOf(update['project']) ?? projectOf(fields['project']);
  const ref = textOf(update['refName']) ?? textOf(fields['refName']);
  const revision = textOf(update['newRev']);
  if (project === undefined || ref === undefined || revision === undefined) {
    return { type: 'lost', why: 'an event ref-updated lacks its project, ref or revision' };
  }
  const branch = branchOf(ref);
  // Refs of changes and of Gerrit's own are updated all the time; a deleted branch has nothing to test.
  if (branch === undefined || NO_REVISION.test(revision)) return { type: 'other' };
  const seconds = countOf(fields['eventCreatedOn']) ?? Math.floor(now / 1000);
  const digest = digestOfTexts(project, ref, textOf(update['oldRev']) ?? '', revision);
  const author = accountOf(fields['submitter']);
  return {
    type: 'event',
    event: {
      id: eventId({ stem: `${server}:ref:${digest}`, seconds }),
      kind: 'ref',
      project,
      branch,
      revision,
      ...(author !== undefined && { author }),
      at: new Date(seconds * 1000).toISOString(),
    },
  };
}

/** The branch of `refs/heads/main`, or of `main`, as old servers write it; undefined for another kind of ref. */
function branchOf(ref: string | undefined): string | undefined {
  if (ref === undefined) return undefined;
  if (ref.startsWith('refs/heads/')) return ref.slice('refs/heads/'.length);
  return ref.startsWith('refs/') ? undefined : ref;
}

function changeKey(value: unknown): string | undefined {
  const { id, key } = fieldsOf(value);
  return textOf(id) ?? textOf(key);
}
