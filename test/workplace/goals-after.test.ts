import t from 'tap';
import type { Configuration } from '../../src/config/configuration.js';
import { goalsAfter } from '../../src/workplace/goals-after.js';

const TASKS = { hello: {} } as unknown as Configuration['tasks'];
const NONE = {} as Configuration['tasks'];
const asked = undefined;

t.test('a project does its tasks; the command line and key "do" come first', async (t) => {
  const plain = { asked, waits: true, inProject: true };
  t.strictSame(goalsAfter({ do: undefined, tasks: TASKS }, plain), []);
  t.equal(goalsAfter({ do: undefined, tasks: NONE }, plain), undefined);
  t.equal(goalsAfter({ do: undefined, tasks: TASKS }, { ...plain, inProject: false }), undefined);
  t.equal(goalsAfter({ do: undefined, tasks: TASKS }, { ...plain, waits: false }), undefined);
  t.equal(goalsAfter({ do: undefined, tasks: TASKS }, { ...plain, asked: false }), undefined);
  t.strictSame(goalsAfter({ do: undefined, tasks: TASKS }, { ...plain, asked: ['hello'] }), ['hello']);
  t.equal(goalsAfter({ do: false, tasks: TASKS }, plain), undefined);
  t.strictSame(goalsAfter({ do: ['hello'], tasks: TASKS }, { ...plain, inProject: false }), ['hello']);
  t.strictSame(goalsAfter({ do: true, tasks: TASKS }, { ...plain, inProject: false }), []);
  t.strictSame(goalsAfter({ do: false, tasks: TASKS }, { ...plain, asked: [] }), []);
});
