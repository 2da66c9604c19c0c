import type { ChangeEvent } from '../change-event.js';
import { readComment } from './comment-text.js';
import { digestOfTexts, eventId } from './event-id.js';

/** What happened to a change, whichever way Gerrit told it; undefined is what it did not tell. */
export interface ChangeFacts {
  /** The server's name, with which ids begin. */
  readonly server: string;
  readonly what: 'patchset' | 'restored' | 'comment' | 'merged' | 'abandoned';
  readonly project: string;
  readonly branch: string;
  readonly number: number;
  readonly changeId?: string | undefined;
  readonly url?: string | undefined;
  readonly subject?: string | undefined;
  readonly topic?: string | undefined;
  readonly patchSet?: PatchSetFacts | undefined;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** Who did it. */
  readonly author?: string | undefined;
  /** As Gerrit has it, with its first line. */
  readonly comment?: string | undefined;
  readonly files?: readonly string[] | undefined;
}

export interface PatchSetFacts {
  readonly number: number;
  readonly revision: string;
  readonly ref?: string | undefined;
  readonly uploader?: string | undefined;
}

/** Makes the event; the same from all that Gerrit tells of it, but for a few seconds of its time: see `isSameEvent`. */
export function makeChangeEvent(facts: ChangeFacts): ChangeEvent {
  const { what, project, branch, number, patchSet, seconds, author, files } = facts;
  const comment = what === 'comment' ? readComment(facts.comment ?? '').text : undefined;
  return {
    id: idOf(facts, comment),
    kind: what === 'restored' ? 'patchset' : what,
    project,
    branch,
    change: {
      number,
      ...optional('id', facts.changeId),
      ...optional('url', facts.url),
      ...optional('subject', facts.subject),
      ...optional('topic', facts.topic),
    },
    ...(patchSet && {
      patchSet: {
        number: patchSet.number,
        revision: patchSet.revision,
        ref: patchSet.ref ?? changeRef(number, patchSet.number),
        ...optional('uploader', patchSet.uploader),
      },
    }),
    ...optional('revision', patchSet?.revision),
    ...optional('author', author),
    ...optional('comment', comment),
    ...optional('files', files),
    at: new Date(seconds * 1000).toISOString(),
  };
}

/** The ref of a patch set: `refs/changes/23/30623/1`; the folder is the last two digits of the change. */
export function changeRef(change: number, patchSet: number): string {
  return `refs/changes/${String(change % 100).padStart(2, '0')}/${change}/${patchSet}`;
}

function idOf({ server, what, number, patchSet, seconds, author }: ChangeFacts, comment: string | undefined): string {
  const of = `${server}:${what}:${number}`;
  switch (what) {
    case 'patchset':
      return eventId({ stem: `${of},${patchSet?.number ?? 0}`, seconds: undefined });
    case 'merged':
      return eventId({ stem: of, seconds: undefined });
    case 'comment':
      return eventId({ stem: `${of},${patchSet?.number ?? 0}:${digestOfTexts(author ?? '', comment ?? '')}`, seconds });
    case 'restored':
    case 'abandoned':
      return eventId({ stem: of, seconds });
  }
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: Value };
}
