/** Zuul reads the same lines, anywhere in a message and in any case. Source: https://zuul-ci.org/docs/zuul/latest/gating.html */
const FOOTER = /^depends-on:[ \t]*(\S+)[ \t]*$/gim;

/** Characters of a message that are read. */
const LONGEST = 64 * 1024;

/** Returns what the lines `Depends-On: …` of commit messages name, each once, in their order. */
export function readDependsOn(messages: readonly string[]): readonly string[] {
  const found = messages.flatMap((message) =>
    [...message.slice(0, LONGEST).matchAll(FOOTER)].map(([, reference = '']) => reference),
  );
  return [...new Set(found)];
}
