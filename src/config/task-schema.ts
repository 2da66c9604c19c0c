import { isAbsolute } from 'node:path';
import type * as z from 'zod';
import { readDuration } from '../text/read-duration.js';
import { distinct, flag, integer, leaf, list, oneOf, orList, text, unless } from '../yaml/leaf.js';
import { knownMap, namedMap } from '../yaml/map.js';
import type { NamePattern } from '../yaml/name-pattern.js';
import { labels } from './labels.js';
import { TASK, VALUE } from './names.js';
import { PEER_VIEWS, TASK_CHECKPOINTS } from './task-settings.js';

const words = text('text without NUL', (value) => !value.includes('\0'));
const path = text('a path', (value) => value !== '' && !value.includes('\0'));
const line = text('a line for the shell', (value) => value.trim() !== '' && !value.includes('\0'));
const target = text('a role, a VM (worker-20, worker.1), "all" or "here"', (value) =>
  /^[A-Za-z][A-Za-z0-9._-]*$/.test(value),
);
const guestPath = text('an absolute path', isAbsolute);

/** Milliseconds. */
const duration = leaf(
  'a duration, such as 90s, 5min or 1h',
  (value) => (typeof value === 'number' || typeof value === 'string' ? readDuration(String(value)) : undefined),
  { type: ['string', 'number'] },
);

/** Milliseconds; 0 for never, null for no limit. */
const cache = leaf(
  '"auto", "never", or a duration, such as 1d or 12h',
  (value) => {
    if (value === 'auto') return null;
    if (value === 'never') return 0;
    return typeof value === 'string' ? readDuration(value) : undefined;
  },
  { type: 'string' },
);

const retries = unless(integer(0, 100), knownMap({ count: integer(0, 100), pause: duration }));

const targets = unless(orList(target, distinct(target)), labels);

/** @param files the words for files that a node is given */
export function taskSchema<Files extends z.ZodType, Packages extends z.ZodType>(files: Files, packages: Packages) {
  return namedMap(
    TASK,
    knownMap({
      on: targets,
      first: flag(),
      wants: distinct(name(TASK)),
      wants_here: distinct(name(TASK)),
      files,
      packages,
      run: line,
      script: path,
      ansible: path,
      program: path,
      arguments: list(words),
      reads: distinct(path),
      user: text('the name of a user', (value) => /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/.test(value)),
      sudo: flag(),
      env: namedMap(VALUE, words),
      chdir: guestPath,
      gives: distinct(name(VALUE)),
      takes: distinct(name(VALUE)),
      sees: distinct(name(VALUE)),
      peers: oneOf(PEER_VIEWS),
      timeout: duration,
      retries,
      repeatable: flag(),
      unless: line,
      reboots: flag(),
      checkpoint: oneOf(TASK_CHECKPOINTS),
      cache,
      on_restore: path,
    }),
  );
}

/** Secrets of a slice, by name. */
export const secretsSchema = namedMap(VALUE, knownMap({ length: integer(8, 4096) }));

export type TasksInput = z.output<ReturnType<typeof taskSchema>>;
export type SecretsInput = z.output<typeof secretsSchema>;

function name({ what, pattern, allowed }: NamePattern) {
  return text(`a ${what} name (${allowed})`, (value) => pattern.test(value), pattern);
}
