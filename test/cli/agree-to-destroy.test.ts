import { PassThrough } from 'node:stream';
import t from 'tap';
import { agreeToDestroy } from '../../src/cli/agree-to-destroy.js';
import type { CommandContext } from '../../src/cli/command.js';

const OLD = { slice: 1, vms: ['controller-02', 'worker-20'], project: null };

/** A context whose terminal types the answer; without one there is no terminal. */
function contextWith(answer: string | null): { readonly context: CommandContext; readonly said: string[] } {
  const said: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: answer !== null });
  stdin.end(`${answer ?? ''}\n`);
  const stderr = { isTTY: answer !== null, write: (text: string | Uint8Array) => void said.push(String(text)) };
  const { signal } = new AbortController();
  return { context: { stdin, stderr, signal } as unknown as CommandContext, said };
}

t.test('a slice that another project built is destroyed after a yes only', async (t) => {
  const pause = (): void => undefined;
  const yes = contextWith('y');
  await agreeToDestroy(OLD, { project: '/p/virtbs.yaml', pause }, yes.context);
  t.match(yes.said.join(''), /^this project did not build slice 1\. This destroys controller-02, worker-20\.\nDo it\?/);
  const no = contextWith('n');
  const other = { ...OLD, project: '/other/virtbs.yaml' };
  await t.rejects(agreeToDestroy(other, { project: '/p/virtbs.yaml', pause }, no.context), { code: 'cancelled' });
  t.match(no.said.join(''), /^\/other\/virtbs\.yaml built slice 1\./);
  await t.rejects(agreeToDestroy(other, { project: null, pause }, contextWith('').context), { code: 'cancelled' });
});

t.test('nobody is asked about a slice of the same project, or about an empty one', async (t) => {
  const pause = (): void => void t.fail('asked');
  const { context, said } = contextWith('n');
  await agreeToDestroy({ ...OLD, project: '/p' }, { project: '/p', pause }, context);
  await agreeToDestroy(OLD, { project: null, pause }, context);
  await agreeToDestroy({ ...OLD, vms: [] }, { project: '/p', pause }, context);
  t.strictSame(said, []);
});

t.test('without a terminal a project refuses, and all else goes on as it always did', async (t) => {
  const pause = (): void => void t.fail('asked');
  const { context } = contextWith(null);
  await t.rejects(agreeToDestroy(OLD, { project: '/p', pause }, context), {
    code: 'foreign-slice',
    hint: /--slice 1/,
  });
  await agreeToDestroy({ ...OLD, project: '/other' }, { project: null, pause }, context);
});
