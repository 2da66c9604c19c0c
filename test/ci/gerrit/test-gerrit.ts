import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { GerritSettings } from '../../../src/ci/gerrit/gerrit-settings.js';
import { runProgram } from '../../../src/process/run-program.js';
import { freePort } from '../../free-port.js';
import {
  changeInfo,
  fileInfos,
  GerritWorld,
  queriedChange,
  WorldRefusal,
  type Json,
  type Review,
} from './gerrit-world.js';
import { receivePush } from './test-projects.js';

const SSHD = '/usr/sbin/sshd';
const PAGE = 100;

/**
 * What the ssh server runs for every command: it hands the command to us. bash is there at once, also on a busy machine. The answer is
 * the exit code, a line for stderr, and the rest for stdout; that of a stream is the stream.
 */
function forcedCommand(port: number, repositories: string): string {
  return `command=$SSH_ORIGINAL_COMMAND
if [[ $command =~ ^git-(upload|receive)-pack\\ \\'/?([A-Za-z0-9_/-]+)(\\.git)?\\'$ ]]; then
  project=\${BASH_REMATCH[2]}
  [ "\${BASH_REMATCH[1]}" = receive ] || exec git-upload-pack "${repositories}/$project.git"
  git-receive-pack "${repositories}/$project.git" || exit
  command="received $project"
fi
exec 3<>/dev/tcp/127.0.0.1/${port} || exit 1
printf '%s\\n' "$command" >&3
case $command in
  'gerrit stream-events') exec cat <&3 ;;
  'gerrit review --json '*) IFS= read -r input && printf '%s\\n' "$input" >&3 ;;
esac
IFS= read -r code <&3 || exit 1
IFS= read -r error <&3
[ -z "$error" ] || printf '%s\\n' "$error" >&2
cat <&3
exit "$code"
`;
}

/** Why a Gerrit cannot be started here, or false. */
export const noGerrit: string | false = await access(SSHD).then(
  () => false,
  () => 'needs sshd: bin/packages --install --for test',
);

/** What the next requests over HTTP meet, instead of an answer or before it. */
export interface HttpFault {
  readonly status?: number;
  /** Milliseconds before the answer. */
  readonly delay?: number;
  /** The answer is given, and then the connection is cut before it is sent. */
  readonly cut?: boolean;
}

/**
 * A Gerrit for tests: a real ssh server, HTTP, and faults on demand. Its account is the user who runs it, as a real ssh server wants
 * it.
 */
export class TestGerrit implements AsyncDisposable {
  readonly world: GerritWorld;
  readonly folder: string;
  readonly port: number;
  readonly httpPort: number;
  readonly password = 'correct horse battery';
  /** Whether it has the plugin events-log. */
  eventsLog = true;
  /** What becomes of the next events on the stream; `once` when there is none left. */
  readonly streamFaults: ('twice' | 'never')[] = [];
  readonly httpFaults: HttpFault[] = [];
  /** Requests and commands so far. */
  readonly requests: string[] = [];
  /** Told each event, also of those that no stream brings. */
  onEvent: (event: Json) => void = () => undefined;
  readonly #log: Json[] = [];
  readonly #sshdPort: number;
  readonly #streams = new Set<Socket>();
  readonly #ways = new Set<Socket>();
  #frozen = false;
  #sshd: ChildProcess | undefined;
  #proxy: NetServer | undefined;
  #http: Server | undefined;
  #commands: NetServer | undefined;

  /** @param options a folder that is made, and ports; a temporary one and free ports where not given */
  static async start(options: { folder?: string; port?: number; httpPort?: number } = {}): Promise<TestGerrit> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'virtbs-gerrit-')));
    await mkdir(folder, { recursive: true });
    const ports = [options.port ?? (await freePort()), options.httpPort ?? (await freePort()), await freePort()];
    const gerrit = new TestGerrit(folder, ports);
    try {
      await gerrit.#begin();
      return gerrit;
    } catch (error) {
      await gerrit[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(folder: string, [port = 0, httpPort = 0, sshdPort = 0]: readonly number[]) {
    this.folder = folder;
    this.port = port;
    this.httpPort = httpPort;
    this.#sshdPort = sshdPort;
    this.world = new GerritWorld(userInfo().username, (event) => this.#publish(event));
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get repositories(): string {
    return join(this.folder, 'git');
  }

  /** How one is its user. */
  get settings(): GerritSettings {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: this.world.user,
      key: join(this.folder, 'login'),
      knownHosts: join(this.folder, 'known_hosts'),
      sshConfig: '/dev/null',
      url: this.url,
      passwordFile: join(this.folder, 'password'),
      ignore: ['*-bot'],
    };
  }

  /** Streams of events that are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Resolves when something is so; it is looked at often. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    for (let look = 0; !isSo(); look++) {
      if (look > 3000) throw new Error(`not within a minute: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** A line on all streams that is in no log. */
  send(line: Json | string): void {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    for (const stream of this.#streams) stream.write(`${text}\n`);
  }

  /** The other ends of all connections are gone, and nobody says so: half-open TCP. */
  freeze(): void {
    this.#frozen = true;
    for (const way of this.#ways) way.pause();
  }

  /** Cuts all ssh connections. */
  cut(): void {
    for (const socket of [...this.#ways, ...this.#streams]) socket.destroy();
    this.#ways.clear();
    this.#streams.clear();
    this.#frozen = false;
  }

  /** Down: nobody listens. */
  async stop(): Promise<void> {
    this.cut();
    const proxy = this.#proxy;
    const http = this.#http;
    this.#proxy = undefined;
    this.#http = undefined;
    http?.closeAllConnections();
    for (const server of [proxy, http]) if (server) await new Promise((resolve) => server.close(resolve));
  }

  /** Up again, on the same ports. */
  async resume(): Promise<void> {
    this.#proxy = createServer((socket) => this.#forward(socket)).listen(this.port, '127.0.0.1');
    this.#http = createHttpServer((request, response) => void this.#serve(request, response)).listen(
      this.httpPort,
      '127.0.0.1',
    );
    await Promise.all([once(this.#proxy, 'listening'), once(this.#http, 'listening')]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    const commands = this.#commands;
    if (commands) await new Promise((resolve) => commands.close(resolve));
    const sshd = this.#sshd;
    if (sshd && sshd.exitCode === null) {
      const ended = once(sshd, 'exit');
      sshd.kill();
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const file = (name: string): string => join(this.folder, name);
    await mkdir(this.repositories);
    for (const name of ['host', 'login']) {
      await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file(name)]);
    }
    await writeFile(file('password'), `${this.password}\n`, { mode: 0o600 });
    const { stdout: hostKey } = await runProgram('ssh-keygen', ['-y', '-f', file('host')]);
    await writeFile(file('known_hosts'), `[127.0.0.1]:${this.port} ${hostKey}\n`);
    // Where it separates its privileges, as root does.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
    this.#commands = createServer((client) => this.#command(client)).listen(0, '127.0.0.1');
    await once(this.#commands, 'listening');
    const address = this.#commands.address();
    const commands = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await writeFile(file('command'), forcedCommand(commands, this.repositories));
    const config = [
      `Port ${this.#sshdPort}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('login.pub')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      // bash reads ~/.bashrc where it is called by sshd, and that may do anything.
      `SetEnv HOME=${this.folder}`,
      `ForceCommand exec bash ${file('command')}`,
      '',
    ];
    await writeFile(file('config'), config.join('\n'));
    const sshd = spawn(SSHD, ['-D', '-e', '-f', file('config')], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#sshd = sshd;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      sshd.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Server listening')) resolve();
      });
      sshd.once('exit', () => reject(new Error(`sshd does not start: ${said}`)));
      sshd.once('error', reject);
    });
    await this.resume();
  }

  #publish(event: Json): void {
    this.#log.push(event);
    this.onEvent(event);
    const fault = this.streamFaults.shift();
    if (fault === 'never') return;
    this.send(event);
    if (fault === 'twice') this.send(event);
  }

  /** Between ssh and its server, where a network fails. */
  #forward(socket: Socket): void {
    const server = connect(this.#sshdPort, '127.0.0.1');
    for (const [from, to] of [
      [socket, server],
      [server, socket],
    ] as const) {
      this.#ways.add(from);
      from.on('data', (bytes) => {
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => {
            if (!this.#frozen) from.resume();
          });
        }
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#ways.delete(from);
        to.end();
      });
    }
    if (this.#frozen) for (const way of [socket, server]) way.pause();
  }

  /** A command over ssh, from {@link forcedCommand}. */
  #command(client: Socket): void {
    client.on('error', () => undefined);
    let text = '';
    client.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const [command, input, ...more] = text.split('\n');
      if (command === undefined || input === undefined) return;
      if (command.startsWith('gerrit review --json ') && more.length === 0) return;
      text = '';
      this.requests.push(`ssh ${command}`);
      if (command === 'gerrit stream-events') {
        this.#streams.add(client);
        client.on('close', () => this.#streams.delete(client));
        return;
      }
      const [, project] = /^received (.+)$/.exec(command) ?? [];
      if (project !== undefined) return void this.#receive(project, client);
      const { out = '', error = '', exit = 0 } = this.#answer(command, input);
      client.end(`${exit}\n${error}\n${out}`);
    });
  }

  /** After a push over ssh: its client waits, and shows what became of it. */
  async #receive(project: string, client: Socket): Promise<void> {
    try {
      const changes = await receivePush(this, project);
      const lines = changes.map(({ number, patchSets, subject }) => `change ${number},${patchSets.length}: ${subject}`);
      client.end(`0\n${lines.join('; ') || 'no new changes'}\n`);
    } catch (error) {
      client.end(`1\n${String(error).replaceAll('\n', ' ')}\n`);
    }
  }

  #answer(command: string, input: string): { readonly out?: string; readonly error?: string; readonly exit?: number } {
    if (command.startsWith('gerrit query ')) {
      const start = Number(/--start (\d+)/.exec(command)?.[1] ?? 0);
      const found = this.world.query(command);
      const page = found.slice(start, start + PAGE);
      const stats = { type: 'stats', rowCount: page.length, moreChanges: found.length > start + PAGE };
      return { out: [...page.map(queriedChange), stats].map((line) => `${JSON.stringify(line)}\n`).join('') };
    }
    const [, words = '', to] = /^gerrit review --message (\S+) (\d+),\d+$/.exec(command) ?? [];
    if (this.world.changes.has(Number(to))) {
      this.world.comment(Number(to), words);
      return {};
    }
    const [, change, set] = /^gerrit review --json (\d+),(\d+)$/.exec(command) ?? [];
    if (change === undefined) return { error: `fatal: "${command}": not found`, exit: 1 };
    try {
      this.world.review(Number(change), Number(set), { review: JSON.parse(input) as Review, by: 'ssh' });
      return {};
    } catch (error) {
      if (!(error instanceof WorldRefusal)) throw error;
      return { error: `error: ${error.message}`, exit: 1 };
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request as AsyncIterable<string>) body += chunk;
    this.requests.push(`${method} ${url}`);
    const fault = this.httpFaults.shift();
    if (fault?.delay !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delay));
    response.setHeader('date', new Date(Date.now() + this.world.clockAhead).toUTCString());
    const answer = fault?.status === undefined ? this.#rest(request, body) : { status: fault.status, text: 'a fault' };
    if (fault?.cut === true) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json;charset=UTF-8' }).end(answer.text);
  }

  #rest(
    { method, url = '', headers }: IncomingMessage,
    body: string,
  ): { readonly status: number; readonly text: string } {
    const pair = Buffer.from(`${this.world.user}:${this.password}`).toString('base64');
    if (headers.authorization !== `Basic ${pair}`) return { status: 401, text: 'Unauthorized' };
    const { pathname, searchParams } = new URL(url, this.url);
    const json = (value: unknown) => ({ status: 200, text: `)]}'\n${JSON.stringify(value)}\n` });
    if (pathname === '/a/plugins/events-log/events/' && this.eventsLog) {
      const since = Date.parse(`${searchParams.get('t1')?.replace(' ', 'T')}Z`) / 1000;
      const events = this.#log.filter(({ eventCreatedOn }) => Number(eventCreatedOn) >= since);
      // In no order.
      return {
        status: 200,
        text: events
          .toReversed()
          .map((event) => `${JSON.stringify(event)}\n`)
          .join(''),
      };
    }
    if (pathname === '/a/config/server/version') return json('3.12.0');
    if (pathname === '/a/changes/') {
      const start = Number(searchParams.get('S') ?? 0);
      const found = this.world.query(searchParams.get('q') ?? '');
      const page = found.slice(start, start + PAGE).map(changeInfo);
      const last = page.at(-1);
      return json(
        last && found.length > start + PAGE ? [...page.slice(0, -1), { ...last, _more_changes: true }] : page,
      );
    }
    const [, number = '', revision, action] =
      /^\/a\/changes\/[^/]+~(\d+)(?:\/revisions\/([0-9a-f]+)\/(files\/|review))?$/.exec(pathname) ?? [];
    const change = this.world.changes.get(Number(number));
    if (!change) return { status: 404, text: 'Not found' };
    if (revision === undefined) return json(changeInfo(change));
    const set = change.patchSets.find((one) => one.revision === revision);
    if (!set) return { status: 404, text: 'Not found' };
    if (action === 'files/') return json(fileInfos(set));
    if (method !== 'POST') return { status: 405, text: 'Method not allowed' };
    try {
      const review = JSON.parse(body) as Review;
      this.world.review(change.number, set.number, { review, by: 'http' });
      return json({ labels: review.labels ?? {} });
    } catch (error) {
      if (!(error instanceof WorldRefusal)) throw error;
      return { status: error.status, text: error.message };
    }
  }
}
