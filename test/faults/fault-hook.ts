// Loaded into virtbs before anything else (`node --import`): counts what it does to the world, one line for each in the file
// FAULT_LOG, and lets one thing happen at one of these, as FAULT says. virtbs itself knows nothing of it, and all it does is real.
import childProcess from 'node:child_process';
import { appendFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { env, pid } from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { parseFault } from './fault.js';

type Call = (...args: unknown[]) => unknown;

const FILE_CALLS = ['mkdir', 'mkdtemp', 'open', 'writeFile', 'copyFile', 'rename', 'link', 'symlink', 'chmod'];
const REMOVE_CALLS = ['rm', 'rmdir', 'unlink'];
const LIBVIRT_CALLS =
  /vir(?:ConnectOpen|ConnectListAll|(?:Domain|Network)(?:Define|Create|Suspend|Resume|Save|Restore|Shutdown|Reboot|Reset|Destroy|Undefine|Update|SetAutostart))\w*/;
/** Milliseconds that a call is given to get on its way: a worker thread makes it while this one waits. */
const UNDER_WAY = 5;

const { spawnSync } = childProcess;
const fault = parseFault(env['FAULT'] ?? '');
const log = env['FAULT_LOG'];
let count = 0;
let struck = false;

if (isMainThread && log !== undefined) {
  for (const name of ['FAULT', 'FAULT_LOG', 'NODE_OPTIONS']) delete env[name];
  for (const name of [...FILE_CALLS, ...REMOVE_CALLS]) {
    const [call, described] = [member(files, name), (args: unknown[]) => `${name} ${String(args[0])}`];
    set(files, name, watch(call, described, name === 'open' ? isWriting : undefined));
  }
  set(
    childProcess,
    'spawn',
    watch(member(childProcess, 'spawn'), ([program, args]) => `run ${String(program)} ${String(args)}`),
  );
  syncBuiltinESMExports();
  await watchLibvirt();
}

function member(object: object, name: string): Call {
  return Reflect.get(object, name) as Call;
}

function set(object: object, name: string, call: Call): void {
  Reflect.set(object, name, call);
}

function isWriting([, flags]: unknown[]): boolean {
  return flags !== undefined && flags !== 'r' && flags !== 0;
}

/** The same call, counted. */
function watch(call: Call, describe: (args: unknown[]) => string, counts: (args: unknown[]) => boolean = () => true) {
  return function watched(this: unknown, ...args: unknown[]): unknown {
    const begin = (): unknown => call.apply(this, args);
    return counts(args) ? pass(describe(args), begin) : begin();
  };
}

function pass(what: string, begin: () => unknown): unknown {
  count++;
  appendFileSync(String(log), `${what.replaceAll('\n', ' ')}\n`);
  if (!fault || struck || !(typeof fault.at === 'number' ? fault.at === count : new RegExp(fault.at).test(what)))
    return begin();
  struck = true;
  if (fault.when === 'before') strike();
  const result = begin();
  if (fault.when === 'during') {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNDER_WAY);
    strike();
  }
  return result;
}

function strike(): void {
  if (fault?.signal !== undefined) process.kill(pid, fault.signal);
  else if (fault?.jump !== undefined) jumpClock(fault.jump * 1000);
  else if (fault?.command !== undefined) spawnSync('sh', ['-c', fault.command], { stdio: 'ignore' });
}

/** The time of day, and not how long something takes, is another from now on. */
function jumpClock(milliseconds: number): void {
  const now = Date.now.bind(Date);
  globalThis.Date = class extends Date {
    constructor(...args: [] | [number]) {
      if (args.length === 0) super(now() + milliseconds);
      else super(...args);
    }

    static override now(): number {
      return now() + milliseconds;
    }
  } as DateConstructor;
}

/** Calls of libvirt.so.0 go through koffi, on its worker threads. */
async function watchLibvirt(): Promise<void> {
  const { default: koffi } = await import('koffi');
  const load = koffi.load.bind(koffi);
  Object.assign(koffi, {
    load: (...options: Parameters<typeof load>) => {
      const library = load(...options);
      const declare = library.func.bind(library) as (prototype: string) => Call & { async: Call };
      // koffi's own objects take no other members.
      return {
        symbol: library.symbol.bind(library),
        func(prototype: string) {
          const call = declare(prototype);
          const [name] = LIBVIRT_CALLS.exec(prototype) ?? [];
          const begin: Call = (...args) => call.async(...args);
          const async = name === undefined ? begin : watch(begin, () => `call ${name}`);
          return Object.assign((...args: unknown[]) => call(...args), { async });
        },
      };
    },
  });
}
