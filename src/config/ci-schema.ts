import type * as z from 'zod';
import { VirtbsError } from '../errors.js';
import { readDuration } from '../text/read-duration.js';
import { showValue } from '../yaml/show-value.js';
import { distinct, integer, leaf, list, oneOf, oneOrMany, text } from '../yaml/leaf.js';
import { knownMap, namedMap } from '../yaml/map.js';
import {
  CI_EVENTS,
  DEFAULT_CI,
  RESULT_FORMATS,
  type CiBranch,
  type CiCheckout,
  type CiJob,
  type CiSettings,
  type CiTrigger,
} from './ci-settings.js';
import { isDatabaseUrl, readDatabaseUrl } from './database-url.js';
import { JOB, LAYER, PROJECT_GLOB, TASK } from './names.js';
import { mailAddress } from './notify-schema.js';
import { splitTopology } from './topology-words.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

const word = text('text', (value) => value !== '' && !value.includes('\0'));
const path = text('a path', (value) => value !== '' && !value.includes('\0'));
const port = integer(1, 65_535);

/** The configuration is read by many, and shown: it has no passwords. */
const database = leaf(
  'a path, or a URL such as postgresql://USER@HOST/DATABASE',
  (value) => {
    if (typeof value !== 'string' || value === '' || value.includes('\0')) return undefined;
    if (!isDatabaseUrl(value) || readDatabaseUrl(value).password === undefined) return value;
    throw new VirtbsError(
      'config-invalid',
      `${showValue(value)} has a password in it: write the URL into a file that only you can read, and name that with database_file`,
    );
  },
  { type: 'string' },
);

/** Milliseconds. */
const duration = leaf(
  'a duration, such as 90s, 5min or 1h',
  (value) => (typeof value === 'number' || typeof value === 'string' ? readDuration(String(value)) : undefined),
  { type: ['string', 'number'] },
);

const webAddress = text('an address that begins with https:// or http://, without a query', (value) => {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return false;
  return [url.search, url.hash, url.username, url.password].every((part) => part === '');
});

const expression = leaf(
  'a regular expression',
  (value) => {
    if (typeof value !== 'string' || value === '') return undefined;
    try {
      return new RegExp(value, 'i').source === '' ? undefined : value;
    } catch (error) {
      throw new VirtbsError('config-invalid', `${showValue(value)}: ${error instanceof Error ? error.message : ''}`);
    }
  },
  { type: 'string' },
);

/** `on-failure 4h`, or `no`. Milliseconds. */
const keep = leaf(
  '"no", or "on-failure" and a duration, such as on-failure 4h',
  (value) => {
    if (value === 'no' || value === false) return 0;
    const [, time] = typeof value === 'string' ? (/^on-failure\s+(\S+)$/.exec(value) ?? []) : [];
    return time === undefined ? undefined : readDuration(time);
  },
  { type: ['string', 'boolean'] },
);

const task = text(`a task name (${TASK.allowed})`, (value) => TASK.pattern.test(value), TASK.pattern);

const trigger = knownMap({
  event: oneOrMany(oneOf(CI_EVENTS)),
  project: oneOrMany(word),
  branch: oneOrMany(word),
  files: oneOrMany(word),
  comment: oneOrMany(expression),
  uploader: oneOrMany(word),
});

const vote = integer(-10, 10);

const job = knownMap({
  when: list(trigger),
  payload: word,
  layers: text('layers with commas between them, such as roles,debian', (value) =>
    value.split(',').every((layer) => LAYER.pattern.test(layer.trim())),
  ),
  topology: leaf(
    'text such as controller:1 worker:2',
    (value) => (typeof value === 'string' && splitTopology(value).length > 0 ? splitTopology(value) : undefined),
    { type: 'string' },
  ),
  deploy: distinct(task),
  checkout: knownMap({ to: path, on: oneOrMany(word), url: word, projects: namedMap(PROJECT_GLOB, path) }),
  tasks: distinct(task),
  run: leaf('a program, or a list of a program and its arguments', readWords, { type: ['string', 'array'] }),
  results: knownMap({ format: oneOf(RESULT_FORMATS), files: oneOrMany(word) }),
  logs: namedMap({ ...LAYER, what: 'VM or role' }, oneOrMany(word)),
  timeout: duration,
  retries: integer(0, 100),
  keep,
  vote: knownMap({ label: word, pass: vote, fail: vote }),
  mail: oneOrMany(mailAddress),
  notify: list(word),
});

/** Schema of what `virtbs ci` watches and runs. */
export const ciSchema = knownMap({
  database,
  database_file: path,
  logs: path,
  url: webAddress,
  workers: integer(1, 256),
  metrics: port,
  gerrit: knownMap({
    host: word,
    port,
    user: word,
    key: path,
    known_hosts: path,
    url: word,
    http_user: word,
    password_file: path,
    ignore: oneOrMany(word),
  }),
  branches: list(knownMap({ project: word, url: word, branch: oneOrMany(word), every: duration })),
  jobs: namedMap(JOB, job),
});

export type CiInput = z.output<typeof ciSchema>;
type JobInput = NonNullable<CiInput['jobs']>[string];
type TriggerInput = NonNullable<JobInput['when']>[number];
type BranchInput = NonNullable<CiInput['branches']>[number];

/** The places of what git fetches from, which may be a folder: `./app`. */
export const CI_REPOSITORIES: readonly (readonly string[])[] = [
  ['jobs', '*', 'checkout', 'url'],
  ['branches', '*', 'url'],
];

/** The places of paths in section `ci`, for those that count from the folder of their file. */
export const CI_PATHS: readonly (readonly string[])[] = [
  ['database'],
  ['database_file'],
  ['logs'],
  ['gerrit', 'key'],
  ['gerrit', 'known_hosts'],
  ['gerrit', 'password_file'],
];

/** Gives checked values the names that they have in the program, and the defaults. */
export function createCi({
  database: where,
  database_file: databaseFile,
  logs,
  url,
  workers,
  metrics,
  gerrit,
  branches,
  jobs,
}: CiInput): CiSettings {
  return {
    database: where,
    databaseFile,
    logs,
    url,
    workers: workers ?? DEFAULT_CI.workers,
    metrics,
    gerrit: gerrit && {
      host: gerrit.host,
      port: gerrit.port,
      user: gerrit.user,
      key: gerrit.key,
      knownHosts: gerrit.known_hosts,
      url: gerrit.url,
      httpUser: gerrit.http_user,
      passwordFile: gerrit.password_file,
      ignore: gerrit.ignore ?? [],
    },
    branches: (branches ?? []).map(createBranch),
    jobs: Object.fromEntries(Object.entries(jobs ?? {}).map(([name, each]) => [name, createJob(each, name)])),
  };
}

function createBranch({ project, url, branch, every }: BranchInput): CiBranch {
  // `checkCi` has made sure of both.
  return { project: project ?? '', url: url ?? '', branch: branch ?? ['main'], every: every ?? MINUTE };
}

function createJob(input: JobInput, name: string): CiJob {
  const { when, topology, tasks, results, logs, timeout, retries, keep: kept, vote: said, mail, notify, run } = input;
  return {
    name,
    when: (when ?? []).map(createTrigger),
    payload: input.payload,
    layers: input.layers,
    topology: topology ?? [],
    deploy: input.deploy,
    checkout: input.checkout && createCheckout(input.checkout),
    tasks: tasks ?? [],
    run: run ?? [],
    results: { format: results?.format ?? 'exit', files: results?.files ?? [] },
    logs: logs ?? {},
    timeout: timeout ?? HOUR,
    retries: retries ?? 2,
    keep: kept ?? 0,
    vote: said && { label: said.label ?? 'Verified', pass: said.pass ?? 1, fail: said.fail ?? -1 },
    mail: mail ?? [],
    notify: notify ?? [],
  };
}

function createTrigger({ event, project, branch, files, comment, uploader }: TriggerInput): CiTrigger {
  return {
    ...(event && { event }),
    ...(project && { project }),
    ...(branch && { branch }),
    ...(files && { files }),
    ...(comment && { comment }),
    ...(uploader && { uploader }),
  };
}

function createCheckout({ to, on, url, projects }: NonNullable<JobInput['checkout']>): CiCheckout {
  return { to, on: on ?? [], url, projects: projects ?? {} };
}

/** A program with its arguments; without arguments one word. */
function readWords(value: unknown): readonly string[] | undefined {
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isWord = (each: unknown): each is string => typeof each === 'string' && !each.includes('\0');
  return words.every(isWord) && (words[0] ?? '') !== '' ? words : undefined;
}
