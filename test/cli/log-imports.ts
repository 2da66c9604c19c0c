import { writeSync } from 'node:fs';
import { register, type ResolveHook } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** Loaded with `--import`: writes the address of every module that is imported to stderr, a line each. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  writeSync(2, `import ${resolved.url}\n`);
  return resolved;
};

if (isMainThread) register(import.meta.url);
