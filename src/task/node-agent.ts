import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { VirtbsError } from '../errors.js';
import { environmentWithoutSecrets } from '../process/secret-variables.js';
import { AGENT_SCRIPT } from './agent-script.js';
import { NodeAnswers } from './node-answers.js';
import type { NodeRecord, TaskEnd } from './node-record.js';

/** Returns the program, and its arguments, that runs a script of the shell on a node with one argument. */
export type AgentCommand = (script: string, folder: string) => readonly [program: string, ...words: readonly string[]];

/** One node's connection. Everything on it fails with `vm-failed` once it is lost; what runs on the node goes on. */
export interface NodeAgent extends AsyncDisposable {
  /** The id of the node's boot. */
  readonly boot: string;
  records(): Promise<readonly NodeRecord[]>;
  /** Makes the folders of tasks, which is quicker than when each starts. */
  make(tasks: readonly string[]): void;
  /** Writes a file of a task's folder. */
  put(task: string, file: string, content: Uint8Array): void;
  /** Starts a task, and waits for its end. @param script what runs it; undefined where it was put as `start` */
  start(task: string, script?: Uint8Array): Promise<TaskEnd>;
  /** Waits for the end of a task that runs. */
  wait(task: string): Promise<TaskEnd>;
  /** Sends a signal to all processes of a task that runs. */
  stop(task: string, signal: 'TERM' | 'KILL'): void;
  /** Reads a file of a task's folder from a byte on, at most so many bytes. */
  read(task: string, file: string, part: { readonly from: number; readonly most: number }): Promise<Buffer>;
  /** The size of a file of a task's folder, in bytes. */
  size(task: string, file: string): Promise<number>;
  /** Says that a task is done without running it. @param seconds since 1970 */
  mark(task: string, seconds: number): void;
  /** Removes all that is known of tasks. */
  forget(tasks: readonly string[]): void;
  /** Resolves when all orders before are carried out, with the number of those that could not be. */
  settle(): Promise<number>;
  /** Resolves with the reason once the connection is lost. */
  readonly lost: Promise<VirtbsError>;
}

/** Milliseconds in which a node ends by itself once nothing more is asked. */
const FAREWELL = 500;

/** The most bytes of a file that are sent behind one order. */
const PIECE = 1024 * 1024;

/** Tasks that one order names. */
const NAMED = 50;

export interface AgentOptions {
  readonly node: string;
  /** The folder of the node's records; it is made where it does not exist. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Opens a node: one connection for all of its tasks.
 *
 * @throws VirtbsError `vm-failed` with the last words of ssh or sudo; `cancelled`
 */
export async function openNodeAgent(command: AgentCommand, { node, folder, signal }: AgentOptions): Promise<NodeAgent> {
  signal.throwIfAborted();
  const [program, ...words] = command(AGENT_SCRIPT, folder);
  // In a session of its own: a Ctrl-C is for us, and what runs on the node is then ended over this connection.
  const child = spawn(program, words, { stdio: 'pipe', detached: true, env: environmentWithoutSecrets() });
  const answers = new NodeAnswers(node, child);
  const onAbort = (): void => void child.kill();
  try {
    signal.addEventListener('abort', onAbort, { once: true });
    const boot = await answers.boot();
    return agentOf(child, answers, boot);
  } catch (error) {
    child.kill();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function agentOf(child: ChildProcessWithoutNullStreams, answers: NodeAnswers, boot: string): NodeAgent {
  const order = (...words: readonly (string | number)[]): void => answers.send(`${words.join(' ')}\n`);
  const orderAll = (word: string, tasks: readonly string[]): void => {
    for (let from = 0; from < tasks.length; from += NAMED) order(word, ...tasks.slice(from, from + NAMED));
  };
  const add = (task: string, file: string, content: Uint8Array): void => {
    for (let from = 0; from < content.byteLength; from += PIECE) {
      const piece = content.subarray(from, from + PIECE);
      order('add', task, file, piece.byteLength);
      answers.send(piece);
    }
  };
  return {
    boot,
    lost: answers.lost,
    async records() {
      const all = answers.records();
      order('list');
      return await all;
    },
    put(task, file, content) {
      order('put', task, file);
      add(task, file, content);
    },
    make: (tasks) => orderAll('make', tasks),
    async start(task, script) {
      const end = answers.end(task);
      if (script !== undefined && script.byteLength <= PIECE) {
        order('start', task, script.byteLength);
        answers.send(script);
      } else {
        if (script) {
          order('put', task, 'start');
          add(task, 'start', script);
        }
        order('start', task, 0);
      }
      return await end;
    },
    async wait(task) {
      const end = answers.end(task);
      order('wait', task);
      return await end;
    },
    stop: (task, name) => order('stop', task, name),
    async read(task, file, { from, most }) {
      const data = answers.data(most);
      order('get', task, file, from, most);
      return (await data).bytes;
    },
    async size(task, file) {
      const data = answers.data(0);
      order('get', task, file, 0, 0);
      return (await data).size;
    },
    mark: (task, seconds) => order('mark', task, 0, seconds),
    forget: (tasks) => orderAll('forget', tasks),
    async settle() {
      const settled = answers.settled();
      order('sync');
      return await settled;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      // What waits for a task that still runs holds the connection open.
      const limit = setTimeout(() => child.kill(), FAREWELL);
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await once(child, 'exit');
      clearTimeout(limit);
      child.stdout.destroy();
      child.stderr.destroy();
      await answers.lost;
    },
  };
}
