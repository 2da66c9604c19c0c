import t from 'tap';
import { readDependsOn } from '../../../src/ci/depends/read-depends-on.js';
import { changeNumber } from '../../../src/ci/gerrit/gerrit-finder.js';

const ID = `I${'0a'.repeat(20)}`;

t.test('all lines Depends-On of all messages are read, each once', (t) => {
  const messages = [
    `Add a thing\n\nDepends-On: https://review.example.org/4711\nDepends-On: ${ID}\r\nChange-Id: ${ID}\n`,
    `Before\n\ndepends-on:   https://review.example.org/4712  \nDepends-On: ${ID}\n`,
    'Depends-On:\nDepends-On: two words\nWhat it says: Depends-On: nothing\n Depends-On: indented\n',
  ];
  t.strictSame(readDependsOn(messages), ['https://review.example.org/4711', ID, 'https://review.example.org/4712']);
  t.end();
});

t.test('the URL of a change in any of its forms, and only of our Gerrit', (t) => {
  const hosts = ['review.example.org', undefined, '127.0.0.1'];
  for (const url of [
    'https://review.example.org/4711',
    'https://review.example.org/4711/',
    'https://review.example.org/4711/3',
    'https://review.example.org/c/4711',
    'https://review.example.org/c/team/lib/+/4711',
    'https://review.example.org/c/team/lib/+/4711/3/src/12.c#34',
    'https://review.example.org/c/team/12/+/4711',
    'https://review.example.org/gerrit/c/team%2Flib/+/4711/',
    'https://review.example.org/gerrit/4711',
    'https://review.example.org/#/c/4711/',
    'http://127.0.0.1:8080/c/team/lib/+/4711',
  ]) {
    t.equal(changeNumber(url, hosts), '4711', url);
  }
  for (const text of [
    'https://github.com/team/lib/pull/4711',
    'https://review.example.org/q/topic:12',
    'https://review.example.org/',
    'ssh://review.example.org/4711',
    '4711',
    '',
  ]) {
    t.equal(changeNumber(text, hosts), undefined, text);
  }
  t.end();
});
