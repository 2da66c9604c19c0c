// The tests' Gerrit alone, on loopback, until it is ended: `test/ci/gerrit/run FOLDER`. FOLDER gets a clone of its project, and the
// server's own folder, which is gone at the end.
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { argv, exit, stderr, stdout } from 'node:process';
import { fieldsOf } from '../../../src/ci/gerrit/read-fields.js';
import { shellQuote } from '../../../src/text/shell-quote.js';
import { noGerrit, TestGerrit } from './test-gerrit.js';
import type { Json } from './gerrit-world.js';
import { git, makeProject } from './test-projects.js';

const USAGE = 'usage: test/ci/gerrit/run FOLDER [PROJECT…]\n';
/** As a Gerrit has it. */
const SSH_PORT = 29_418;
const HTTP_PORT = 8480;

/** Gives each commit a Change-Id, as Gerrit's own hook does. */
const HOOK = `#!/bin/sh
grep -q '^Change-Id: I' "$1" && exit
id=I$( (cat "$1" && date +%s%N && git var GIT_COMMITTER_IDENT) | git hash-object --stdin)
git interpret-trailers --in-place --trailer "Change-Id: $id" "$1"
`;

const FILES = {
  'greet.sh': 'echo "hello from $(hostname)"\n',
  'test.sh': 'sh greet.sh | grep -q "^hello" && echo "ok 1 - it greets" || echo "not ok 1 - it greets"\necho 1..1\n',
};

const [folder, ...named] = argv.slice(2);
if (folder === undefined || folder.startsWith('-')) {
  (folder === undefined ? stderr : stdout).write(USAGE);
  exit(folder === undefined ? 2 : 0);
}
if (noGerrit !== false) {
  stderr.write(`${noGerrit}\n`);
  exit(1);
}
const home = resolve(folder);
const ended = new Promise((end) => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, end);
});
await using gerrit = await TestGerrit.start({ folder: join(home, 'gerrit'), port: SSH_PORT, httpPort: HTTP_PORT });
const { settings } = gerrit;
const sshConfig = join(gerrit.folder, 'ssh_config');
await writeFile(
  sshConfig,
  [
    'Host gerrit',
    ...[`HostName ${settings.host}`, `Port ${settings.port}`, `User ${settings.user}`, 'IdentitiesOnly yes'],
    ...[`IdentityFile "${settings.key}"`, `UserKnownHostsFile "${settings.knownHosts}"`, 'LogLevel ERROR', ''],
  ].join('\n'),
);
const projects = named.length > 0 ? named : ['app'];
for (const project of projects) {
  const made = await makeProject(gerrit, project, FILES);
  const clone = join(home, project);
  await git(home, 'clone', '--quiet', made, clone);
  await git(clone, 'remote', 'set-url', 'origin', `ssh://gerrit/${project}`);
  await git(clone, 'config', 'core.sshCommand', `ssh -F ${shellQuote(sshConfig)}`);
  await git(clone, 'config', 'user.name', 'Alice');
  await git(clone, 'config', 'user.email', 'alice@example.org');
  await writeFile(join(clone, '.git/hooks/commit-msg'), HOOK, { mode: 0o755 });
}
gerrit.onEvent = (event) => stdout.write(describe(event));
stdout.write(`A Gerrit for trying things out, until Ctrl-C. Its settings for virtbs:

ci:
  gerrit:
    host: ${settings.host}
    port: ${settings.port}
    user: ${settings.user}
    key: ${settings.key}
    known_hosts: ${settings.knownHosts}
    url: ${settings.url}/
    password_file: ${settings.passwordFile}

Its projects: ${projects.map((project) => join(home, project)).join(', ')}
A change:     git commit, git push origin HEAD:refs/for/main
A comment:    ssh -F ${sshConfig} gerrit gerrit review --message recheck 101,1

`);
await ended;

/** What happened, in a few lines. */
function describe(event: Json): string {
  const change = fieldsOf(event['change']);
  const set = fieldsOf(event['patchSet']);
  const what = `${String(change['project'])} ${String(change['number'])},${String(set['number'])}`;
  if (event['type'] === 'patchset-created') return `${what}: ${String(change['subject'])}\n`;
  if (event['type'] !== 'comment-added') return `${what}: ${String(event['type'])}\n`;
  const author = String(fieldsOf(event['author'])['username']);
  return `${what}: ${author} writes:\n${String(event['comment']).replaceAll(/^(?=.)/gm, '    ')}\n`;
}
