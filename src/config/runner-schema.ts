import type * as z from 'zod';
import { readDuration } from '../text/read-duration.js';
import { distinct, integer, leaf, oneOrMany, text } from '../yaml/leaf.js';
import { knownMap } from '../yaml/map.js';
import { LAYER, TASK } from './names.js';
import {
  DEFAULT_FORGEJO,
  DEFAULT_GITEA,
  DEFAULT_GITHUB,
  DEFAULT_RUNNER,
  type ForgejoSettings,
  type GithubSettings,
  type RunnerSettings,
} from './runner-settings.js';
import { splitTopology } from './topology-words.js';

const word = text('text', (value) => value !== '' && !value.includes('\0'));

/** Milliseconds. */
const duration = leaf(
  'a duration, such as 90s, 5min or 1h',
  (value) => (typeof value === 'number' || typeof value === 'string' ? readDuration(String(value)) : undefined),
  { type: ['string', 'number'] },
);

const url = text('a URL, such as https://forge.example.org', (value) => {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return ['http:', 'https:'].includes(protocol) && username + password + search + hash === '';
});

/** GitHub's names have no other characters, and those of the others none that stands for something else in a path. */
const NAME = '[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*';
const SCOPE = new RegExp(`^${NAME}(?:/${NAME})?$`);
const REPOSITORY = new RegExp(`^${NAME}$`);

const label = text('a label without blanks and commas', (value) => /^[^\s,\p{Cc}]{1,256}$/u.test(value));
const task = text(`a task name (${TASK.allowed})`, (value) => TASK.pattern.test(value), TASK.pattern);

const forge = {
  url,
  scope: text('OWNER/REPOSITORY, or OWNER for an organization', (value) => SCOPE.test(value), SCOPE),
  labels: oneOrMany(label),
  token_file: word,
  program: text('a path or the name of a program in the guest', (value) => /^[^\p{Cc}]+$/u.test(value)),
};

/** Schema of what `virtbs runner` makes. */
export const runnerSchema = knownMap({
  workers: integer(1, 256),
  layers: text('layers with commas between them, such as roles,debian', (value) =>
    value.split(',').every((layer) => LAYER.pattern.test(layer.trim())),
  ),
  topology: leaf(
    'text such as plain:1',
    (value) => (typeof value === 'string' && splitTopology(value).length > 0 ? splitTopology(value) : undefined),
    { type: 'string' },
  ),
  on: word,
  deploy: distinct(task),
  ttl: duration,
  idle: duration,
  poll: duration,
  github: knownMap({
    ...forge,
    repositories: oneOrMany(text('the name of a repository', (value) => REPOSITORY.test(value), REPOSITORY)),
    group: integer(1, Number.MAX_SAFE_INTEGER),
  }),
  forgejo: knownMap(forge),
  gitea: knownMap(forge),
});

export type RunnerInput = z.output<typeof runnerSchema>;

/** The places of paths in section `runner`, for those that count from the folder of their file. */
export const RUNNER_PATHS: readonly (readonly string[])[] = [
  ['github', 'token_file'],
  ['forgejo', 'token_file'],
  ['gitea', 'token_file'],
];

/** Gives checked values the names that they have in the program, and the defaults. */
export function createRunner({ github, forgejo, gitea, ...input }: RunnerInput): RunnerSettings {
  return {
    workers: input.workers ?? DEFAULT_RUNNER.workers,
    layers: input.layers,
    topology: input.topology ?? DEFAULT_RUNNER.topology,
    on: input.on,
    deploy: input.deploy,
    ttl: input.ttl ?? DEFAULT_RUNNER.ttl,
    idle: input.idle ?? DEFAULT_RUNNER.idle,
    poll: input.poll ?? DEFAULT_RUNNER.poll,
    github: github && createGithub(github),
    forgejo: forgejo && createServer(forgejo, DEFAULT_FORGEJO),
    gitea: gitea && createServer(gitea, DEFAULT_GITEA),
  };
}

/** `checkRunner` has made sure of scope and labels. */
function createGithub(input: NonNullable<RunnerInput['github']>): GithubSettings {
  return {
    url: input.url ?? DEFAULT_GITHUB.url,
    scope: input.scope ?? '',
    labels: input.labels ?? [],
    tokenFile: input.token_file,
    program: input.program ?? DEFAULT_GITHUB.program,
    repositories: input.repositories ?? [],
    group: input.group ?? DEFAULT_GITHUB.group,
  };
}

function createServer(
  input: NonNullable<RunnerInput['forgejo']>,
  { program }: Pick<ForgejoSettings, 'program'>,
): ForgejoSettings {
  return {
    url: input.url ?? '',
    scope: input.scope ?? '',
    labels: input.labels ?? [],
    tokenFile: input.token_file,
    program: input.program ?? program,
  };
}
