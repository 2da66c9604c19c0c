import t from 'tap';
import { tryShort } from '../faults/try-short.js';
import { noLab } from './run-virtbs.js';

t.test('after a command was ended anywhere, cycle and wipe put all right', { skip: noLab }, async (t) => {
  t.ok((await tryShort(t, 'commands')) > 25);
});
