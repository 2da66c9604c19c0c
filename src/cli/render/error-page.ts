import { ERROR_KINDS, errorKind, type ErrorCode } from '../../error-kinds.js';

const HEAD = `# Errors

<!-- Made of src/error-kinds.ts by tools/write-errors.js: change that table, not this page. -->

A command that fails says on standard error what went wrong, what to do about it, and a code:

    $ virtbs -s 8 status
    error: slice 8 is empty
    hint: virtbs -s 8 cycle LAYERS TOPOLOGY… builds it
    code: slice-empty

Scripts go by the code and by the exit code: neither changes its meaning. The words may change. With \`--json\` the error is also one
object on standard output, in the place of the result, in the shape of [\`schemas/error.schema.json\`](../../schemas/error.schema.json):

    {"version": 1, "error": {"code", "message", "hint", "place", "problems", "vms"}}

- \`hint\` is null where the message says it all.
- \`problems\` has every mistake in the configuration, each with \`place\` and \`message\`; \`place\` beside it is that of the first. A
  place is \`{file, line, column, option}\`: an option such as \`-e path=value\` has no file, a file as a whole no line. Without mistakes
  in the configuration the list is empty and \`place\` is null.
- \`vms\` has the VMs that failed, each with \`hostname\`, \`message\`, \`code\` and \`hint\` of its own.
- A command that has printed its result before it fails, such as \`host check\`, prints no error there: the result is the answer.

With \`--progress json\` the error is the last line of standard error, an event of the type \`error\`
([\`schemas/event.schema.json\`](../../schemas/event.schema.json)).

| exit code | codes |
| --------- | ----- |
`;

/** The page about errors, made of the table of their kinds. */
export function errorPage(): string {
  const codes = Object.keys(ERROR_KINDS) as ErrorCode[];
  const exits = [...new Set(codes.map((code) => errorKind(code).exit))].sort((one, other) => one - other);
  const rows = exits.map((exit) => `| ${exit} | ${list(codes.filter((code) => errorKind(code).exit === exit))} |\n`);
  const sections = codes.map((code) => {
    const { meaning, cure } = errorKind(code);
    return `\n## ${code}\n\n${meaning}\n\n${cure}\n`;
  });
  return HEAD + rows.join('') + sections.join('');
}

/** Most codes end alike: those are not listed. */
function list(codes: readonly string[]): string {
  return codes.length > 5 ? 'all others' : codes.map((code) => `\`${code}\``).join(', ');
}
