import t from 'tap';
import type { RunContext } from '../../src/cli/command.js';
import { defineCommand } from '../../src/cli/define-command.js';
import { dryRunOption } from '../../src/cli/dry-run-option.js';

const seen: unknown[] = [];

/** The type checker is half of this test: an error that is expected and does not come is one. */
const copyCommand = defineCommand({
  command: 'copy <from> [to] [rest..]',
  describe: 'copies',
  positionals: {
    from: { type: 'string', describe: 'source', choices: ['here', 'there'] },
    to: { type: 'string', describe: 'target' },
    rest: { type: 'string', array: true, describe: 'more' },
  },
  options: {
    'dry-run': dryRunOption('copied'),
    mode: { type: 'string', choices: ['fast', 'safe'], default: 'safe', describe: 'how' },
    limit: { type: 'string', describe: 'how much' },
    tag: { type: 'string', array: true, nargs: 1, describe: 'labels' },
    only: { type: 'string', array: true, describe: 'some, or all where none is named' },
  },
  async run(args) {
    const dryRun: boolean = args.dryRun;
    const mode: 'fast' | 'safe' = args.mode;
    const limit: string | undefined = args.limit;
    const tag: readonly string[] = args.tag;
    const only: readonly string[] | undefined = args.only;
    const from: 'here' | 'there' = args.from;
    const to: string | undefined = args.to;
    const rest: readonly string[] = args.rest;
    const root: string | undefined = args.root;
    seen.push({ dryRun, mode, limit, tag, only, from, to, rest, root });
    // @ts-expect-error -- a misspelt option
    void args.dryrun;
    // @ts-expect-error -- the same, as an index
    void args['dryrun'];
    // @ts-expect-error -- code knows the name in camel case alone
    void args['dry-run'];
    // @ts-expect-error -- a misspelt positional argument
    void args.form;
    // @ts-expect-error -- a choice that there is not
    void (args.mode === 'slow');
    // @ts-expect-error -- it may not be there
    void (() => args.limit.length);
  },
});

defineCommand({
  command: 'plain <name>',
  describe: 'has no options',
  // @ts-expect-error -- the line names another argument
  positionals: { nmae: { type: 'string', describe: 'a name' } },
  // @ts-expect-error -- there is no such option
  sliceless: (args) => args.all,
  async run(args) {
    const name: string = args.name;
    void name;
    // @ts-expect-error -- nor such
    void args.anything;
  },
});

defineCommand({
  command: 'number',
  describe: 'has an option of a kind that is not read',
  // @ts-expect-error -- texts and flags only
  options: { count: { type: 'number' } },
  run: async () => undefined,
});

async function given(parsed: Readonly<Record<string, unknown>>): Promise<unknown> {
  await copyCommand.read?.({ parsed, overrides: [], passed: [] }).run(undefined, {} as RunContext);
  return seen.pop();
}

t.test('what run is given is what the definition declares', async (t) => {
  const nothing = {
    dryRun: false,
    limit: undefined,
    tag: [],
    only: undefined,
    to: undefined,
    rest: [],
    root: undefined,
  };
  t.strictSame(await given({ from: 'here', mode: 'safe' }), { ...nothing, from: 'here', mode: 'safe' });
  const all = { 'dry-run': true, dryRun: true, mode: 'fast', limit: '3', tag: ['a', 'b'], to: 'x', rest: ['y'] };
  t.match(await given({ from: 'here', only: [] }), { only: [] }, 'a list that is given without a word is there');
  t.strictSame(await given({ ...all, from: 'there', root: '/r', other: 1 }), {
    only: undefined,
    dryRun: true,
    mode: 'fast',
    limit: '3',
    tag: ['a', 'b'],
    from: 'there',
    to: 'x',
    rest: ['y'],
    root: '/r',
  });
});

t.test('an option with one value that is given twice, or negated, is refused', async (t) => {
  await t.rejects(given({ from: 'here', limit: ['1', '2'] }), {
    code: 'usage',
    message: '--limit is given 2 times',
    hint: 'give it once',
  });
  await t.rejects(given({ from: 'here', limit: false }), { code: 'usage', message: 'unknown option "--no-limit"' });
  await t.rejects(given({ from: 'here', tag: false }), { code: 'usage', message: 'unknown option "--no-tag"' });
});
