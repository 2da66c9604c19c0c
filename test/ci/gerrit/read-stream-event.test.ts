import t from 'tap';
import { isSameEvent } from '../../../src/ci/gerrit/event-id.js';
import { eventsOfChange, readChangeAttribute, readChangeInfo } from '../../../src/ci/gerrit/read-change-info.js';
import { readStreamEvent } from '../../../src/ci/gerrit/read-stream-event.js';
import { changeInfo, GerritWorld, queriedChange, type Json } from './gerrit-world.js';

const CONTEXT = { server: 'gerrit:g', now: Date.UTC(2026, 10, 28, 10) };

/** As a server of 2025 sends it. */
const CREATED = {
  type: 'patchset-created',
  eventCreatedOn: 1_753_736_174,
  project: 'snix',
  refName: 'refs/heads/canon',
  changeKey: { id: 'If9e2' },
  uploader: { name: 'F', email: 'f@example.org', username: 'flokli' },
  patchSet: {
    number: 1,
    revision: 'e135bd7',
    parents: ['be68d89'],
    ref: 'refs/changes/23/30623/1',
    uploader: { name: 'F', email: 'f@example.org', username: 'flokli' },
    createdOn: 1_753_736_174,
    kind: 'REWORK',
  },
  change: {
    project: 'snix',
    branch: 'canon',
    id: 'If9e2',
    number: 30623,
    subject: 'fix it',
    owner: { username: 'flokli' },
    url: 'https://cl.example.org/c/snix/+/30623',
    status: 'NEW',
  },
};

const EVENT = {
  id: 'gerrit:g:patchset:30623,1',
  kind: 'patchset',
  project: 'snix',
  branch: 'canon',
  change: { number: 30623, id: 'If9e2', url: 'https://cl.example.org/c/snix/+/30623', subject: 'fix it' },
  patchSet: { number: 1, revision: 'e135bd7', ref: 'refs/changes/23/30623/1', uploader: 'flokli' },
  revision: 'e135bd7',
  author: 'flokli',
  at: '2025-07-28T20:56:14.000Z',
};

function eventOf(message: unknown): unknown {
  const read = readStreamEvent(message, CONTEXT);
  return read.type === 'event' ? read.event : read.type;
}

t.test('an event of a server of today', (t) => {
  t.strictSame(eventOf(CREATED), EVENT);
  t.end();
});

t.test('the same event of old servers, with strings for numbers, and with fields missing', (t) => {
  const { change, patchSet } = CREATED;
  const old = { ...CREATED, change: { ...change, number: '30623' }, patchSet: { ...patchSet, number: '1' } };
  t.strictSame(eventOf(old), EVENT);
  t.strictSame(eventOf({ ...CREATED, eventCreatedOn: undefined }), EVENT, 'the time of the patch set');
  t.strictSame(eventOf({ ...CREATED, project: { name: 'snix' }, change: { ...change, project: undefined } }), EVENT);
  t.strictSame(eventOf({ ...CREATED, changeKey: { key: 'If9e2' }, change: { ...change, id: undefined } }), EVENT);
  t.strictSame(
    eventOf({ ...CREATED, change: { ...change, number: undefined, branch: undefined } }),
    EVENT,
    'of the ref',
  );
  t.strictSame(eventOf({ ...CREATED, patchSet: { ...patchSet, ref: undefined } }), EVENT, 'the ref of the numbers');
  t.strictSame(eventOf({ ...CREATED, type: 'draft-published' }), EVENT);
  t.match(eventOf({ ...CREATED, uploader: undefined, patchSet: { ...patchSet, uploader: { name: 'F' } } }), {
    patchSet: { uploader: 'F' },
  });
  t.end();
});

t.test('what lacks too much, and what was dropped, must be asked for', (t) => {
  t.equal(eventOf({ type: 'dropped-output' }), 'lost');
  t.equal(eventOf({ type: 'patchset-created' }), 'lost');
  t.equal(eventOf({ ...CREATED, patchSet: undefined }), 'lost');
  t.equal(eventOf({ type: 'ref-updated', refUpdate: { project: 'p' } }), 'lost');
  for (const noise of [null, 7, 'text', [], {}, { type: 'ref-replicated' }, { type: 'reviewer-added' }, { type: {} }]) {
    t.equal(eventOf(noise), 'other');
  }
  t.end();
});

t.test('a comment is what was written, without the line of Gerrit', (t) => {
  const says = (comment: string) =>
    eventOf({ ...CREATED, type: 'comment-added', author: { email: 'b@example.org' }, comment });
  t.match(says('Patch Set 1:\n\nrecheck'), { kind: 'comment', comment: 'recheck', author: 'b@example.org' });
  t.match(says('Patch Set 1: Verified+1\r\n\r\n(1 comment)\r\n\r\nrecheck\r\n'), {
    comment: 'Verified+1\n\n(1 comment)\n\nrecheck',
  });
  t.match(says('recheck'), { comment: 'recheck' }, 'of an old server');
  t.match(says(''), { comment: '' });
  t.match(says(`Patch Set 1:\n\n${'x'.repeat(100_000)}`), { comment: 'x'.repeat(16_384) });
  t.end();
});

t.test('an updated branch is an event, and the refs of changes and a deleted branch are none', (t) => {
  const refUpdate = { oldRev: 'a1', newRev: 'b2', refName: 'refs/heads/main', project: 'p' };
  const update = { type: 'ref-updated', submitter: { username: 's' }, refUpdate, eventCreatedOn: 1_753_736_174 };
  t.match(eventOf(update), { kind: 'ref', project: 'p', branch: 'main', revision: 'b2', author: 's' });
  t.match(eventOf({ ...update, refUpdate: { ...refUpdate, refName: 'main' } }), { branch: 'main' }, 'of an old server');
  t.equal(eventOf({ ...update, refUpdate: { ...refUpdate, refName: 'refs/changes/01/1/meta' } }), 'other');
  t.equal(eventOf({ ...update, refUpdate: { ...refUpdate, newRev: '0'.repeat(40) } }), 'other');
  t.end();
});

t.test('events of the stream are known again in what a query finds', (t) => {
  const told: Json[] = [];
  const world = new GerritWorld('ci', (event) => told.push(event));
  const { number } = world.upload({ files: ['a', 'b'] });
  world.comment(number, 'recheck', { votes: 'Code-Review+1', late: 3 });
  world.comment(number, 'mine', { author: 'ci', tag: 'autogenerated:ours' });
  const streamed = told.map((message) => readStreamEvent(message, CONTEXT));
  const ids = streamed.flatMap((one) => (one.type === 'event' ? [one.event] : [])).map(({ id }) => id);
  const options = { server: CONTEXT.server, from: 0, tag: 'autogenerated:ours' };
  const info = readChangeInfo(changeInfo(world.change(number)));
  const attribute = readChangeAttribute(queriedChange(world.change(number)));
  if (!info || !attribute) throw new Error('no change');
  const byRest = eventsOfChange(info, options);
  t.strictSame(
    byRest.map(({ kind }) => kind),
    ['patchset', 'comment'],
    'without Gerrit’s own words and ours',
  );
  t.strictSame(
    byRest.map(({ files }) => files),
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  );
  t.equal(byRest[0]?.id, ids[0]);
  t.ok(isSameEvent(byRest[1]?.id ?? '', ids[1] ?? ''), 'although its time differs');
  const bySsh = eventsOfChange(attribute, options);
  t.strictSame(
    bySsh.slice(0, 2).map(({ id }) => id),
    byRest.map(({ id }) => id),
  );
  t.strictSame(bySsh[0]?.patchSet, byRest[0]?.patchSet);
  world.end(number, 'MERGED');
  const merged = readChangeInfo(changeInfo(world.change(number)));
  const last = told.at(-1);
  t.strictSame(merged && eventsOfChange(merged, options).map(({ id }) => id), ['gerrit:g:merged:101']);
  t.match(eventOf(last), { id: 'gerrit:g:merged:101', kind: 'merged', project: 'sandbox' });
  t.end();
});

t.test('the same words an hour later are another comment', (t) => {
  t.ok(isSameEvent('g:comment:1,1:aa@1000', 'g:comment:1,1:aa@1030'));
  t.notOk(isSameEvent('g:comment:1,1:aa@1000', 'g:comment:1,1:aa@4600'));
  t.notOk(isSameEvent('g:comment:1,1:aa@1000', 'g:comment:1,1:ab@1000'));
  t.ok(isSameEvent('g:merged:1', 'g:merged:1'));
  t.end();
});
