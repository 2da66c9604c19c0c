import t from 'tap';
import type { ChangeEvent } from '../../src/ci/change-event.js';
import { matchTrigger, namedProjects, needsFiles, type TriggerRule } from '../../src/ci/match-trigger.js';

const patchSet: ChangeEvent = {
  id: 'g:patchset:7,2',
  kind: 'patchset',
  project: 'openstack/cinder',
  branch: 'stable/2026.2',
  change: { number: 7 },
  patchSet: { number: 2, revision: 'abc', ref: 'refs/changes/07/7/2', uploader: 'alice' },
  author: 'alice',
  files: ['cinder/volume/api.py', '.zuul.yaml', 'doc/source/index.rst'],
  at: '2026-11-28T10:00:00.000Z',
};

function fits(rule: TriggerRule, change: Partial<ChangeEvent> = {}): boolean {
  return matchTrigger([rule], { ...patchSet, ...change });
}

t.test('all that a rule names must fit, and one rule is enough', (t) => {
  t.ok(fits({}));
  t.ok(fits({ project: ['openstack/*'], branch: ['main', 'stable/*'], uploader: ['alice'] }));
  t.notOk(fits({ project: ['openstack/*'], branch: ['main'] }));
  t.notOk(fits({ project: ['openstack'] }), 'no part of a name');
  t.notOk(fits({ project: ['*'] }), 'one level');
  t.ok(fits({ project: ['**'] }));
  t.ok(matchTrigger([{ branch: ['main'] }, { branch: ['stable/**'] }], patchSet));
  t.notOk(matchTrigger([], patchSet), 'a job without rules is run by hand');
  t.end();
});

t.test('entries that begin with ! take away', (t) => {
  t.ok(fits({ branch: ['!main'] }));
  t.notOk(fits({ branch: ['**', '!stable/**'] }));
  t.notOk(fits({ uploader: ['!ali*'] }));
  t.notOk(
    fits({ uploader: ['!bob'] }, { patchSet: { number: 2, revision: 'abc', ref: 'r' } }),
    'nobody knows who it was',
  );
  t.end();
});

t.test('one changed file must fit, and files that nobody knows do', (t) => {
  t.ok(fits({ files: ['cinder/**'] }));
  t.ok(fits({ files: ['*.yaml'] }), 'a hidden one as well');
  t.notOk(fits({ files: ['cinder/*'] }));
  t.ok(fits({ files: ['!doc/**'] }), 'there is another one');
  t.notOk(fits({ files: ['!doc/**'] }, { files: ['doc/a.rst', 'doc/b/c.rst'] }));
  const { files: _, ...unknown } = patchSet;
  t.ok(matchTrigger([{ files: ['src/**'] }], unknown));
  t.strictSame([needsFiles([{}, { files: ['a'] }]), needsFiles([{}])], [true, false]);
  t.end();
});

t.test('a comment is a command where a whole line of it fits', (t) => {
  const says = (comment: string, rule: TriggerRule = {}) => fits(rule, { kind: 'comment', comment, author: 'bob' });
  t.ok(says('recheck'));
  t.ok(says('Looks good\n\n  Recheck  \n'));
  t.notOk(says('please do not recheck'));
  t.notOk(says(''));
  t.ok(says('recheck my-ci', { comment: ['recheck( my-ci)?'] }));
  t.notOk(says('recheck other-ci', { comment: ['recheck( my-ci)?'] }));
  t.ok(says('Verified+1', { comment: ['(.* )?Verified\\+1.*'] }), 'the vote of another CI');
  t.notOk(says('recheck', { event: ['patchset'] }));
  t.notOk(fits({ event: ['comment'] }));
  const slow = `${'a'.repeat(5000)}!`;
  t.notOk(says(slow, { comment: ['(a+)+'] }), 'and no expression is tried on an endless line');
  t.end();
});

t.test('a merge and an updated branch start a job only where its rule says so', (t) => {
  t.notOk(fits({}, { kind: 'merged' }));
  t.ok(fits({ event: ['merged'] }, { kind: 'merged' }));
  t.ok(fits({ event: ['ref'], uploader: ['carol'] }, { kind: 'ref', author: 'carol' }));
  t.end();
});

t.test('projects are asked for by name where all rules name them', (t) => {
  t.strictSame(namedProjects([{ project: ['a', 'b/c'] }, { project: ['a'] }]), ['a', 'b/c']);
  t.strictSame(namedProjects([{ project: ['a'] }, { project: ['b/*'] }]), []);
  t.strictSame(namedProjects([{ project: ['a'] }, {}]), []);
  t.end();
});
