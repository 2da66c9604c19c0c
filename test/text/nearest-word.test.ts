import t from 'tap';
import { nearestWord } from '../../src/text/nearest-word.js';
import { unknownWord } from '../../src/text/unknown-word.js';

const KEYS = ['memory', 'vcpu', 'nets', 'disks', 'first_offset'];

t.test('a slip of any kind finds the word', (t) => {
  t.equal(nearestWord('memroy', KEYS), 'memory', 'two neighbours swapped');
  t.equal(nearestWord('nest', KEYS), 'nets', 'in a short word, too');
  t.equal(nearestWord('memoryy', KEYS), 'memory', 'one added');
  t.equal(nearestWord('memor', KEYS), 'memory', 'one left out');
  t.equal(nearestWord('nots', KEYS), 'nets', 'one replaced');
  t.equal(nearestWord('Memory', KEYS), 'memory', 'case does not count');
  t.equal(nearestWord('first-ofset', KEYS), 'first_offset', 'two slips in a long word');
  t.end();
});

t.test('a word that is far from all finds none', (t) => {
  t.equal(nearestWord('colour', KEYS), undefined);
  t.equal(nearestWord('nxyz', KEYS), undefined, 'three of four letters');
  t.equal(nearestWord('', KEYS), undefined);
  t.equal(nearestWord('memory', []), undefined);
  t.end();
});

t.test('the nearest of several is taken, the first of equals', (t) => {
  t.equal(nearestWord('debian-1', ['debian-12', 'debian', 'debian-1']), 'debian-1');
  t.equal(nearestWord('debian-1', ['debian-12', 'debian-13']), 'debian-12');
  t.end();
});

t.test('an unknown word is answered with the nearest, else with all that are known', (t) => {
  t.equal(unknownWord('unknown slot', 'minni', ['mini', 'debian']), 'unknown slot "minni", did you mean "mini"?');
  t.equal(unknownWord('unknown slot', 'windows', ['mini', 'debian']), 'unknown slot "windows": known are mini, debian');
  t.equal(unknownWord('unknown slot', 'mini', []), 'unknown slot "mini": there are none');
  t.end();
});
