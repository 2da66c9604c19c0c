import type { TaskSettings } from '../config/task-settings.js';
import { shellQuote } from '../text/shell-quote.js';

export interface StartRequest {
  readonly task: TaskSettings;
  /** The lines that are run last; `put` where they are the file `action` beside the script; null where files and packages are all. */
  readonly action: string | null;
  readonly arguments: readonly string[];
  /** Values and secrets by name, and what virtbs tells each task. */
  readonly environment: Readonly<Record<string, string>>;
  /** Contents of files beside the script, by the variable that has the path. */
  readonly files: Readonly<Record<string, string>>;
  /** Values and secrets by name. */
  readonly takes: Readonly<Record<string, string>>;
  /** Lines of shell that give the node files and packages; they stand before the action. */
  readonly provision: string;
  /** The text that is kept with the task on its node, on one line; undefined where it is there already. */
  readonly key?: string;
  /** True if the action is a program, or says which program reads it; otherwise the shell does. Known for lines. */
  readonly direct?: boolean;
}

/** The longest text that a program can be given in its environment, with room to spare: Linux's MAX_ARG_STRLEN is 128 KiB. */
const LONGEST_VARIABLE = 120 * 1024;

/**
 * Returns the script that runs a task on its node: `start FOLDER BOOT-ID ZERO`, the last being the time when the node's clock of uptime was
 * 0. It notes the key and its process before anything else, and leaves the exit code in `ended`; what cannot be noted is told by its own exit
 * code, 97 before it did anything and 98 after. A signal to its group ends what runs, and is noted. It starts no program that it
 * can do without: under emulation each costs milliseconds. Its variables have names that no value and nothing in `env` can have.
 */
export function startScript(request: StartRequest): string {
  const { task, environment, files, takes, provision, key } = request;
  const short = Object.entries(takes).filter(([, value]) => Buffer.byteLength(value) <= LONGEST_VARIABLE);
  const variables = [...Object.entries(environment), ...Object.entries(task.env), ...short];
  return [
    'VIRTBS_DIR=$1 VIRTBS_ZERO=$3 VIRTBS_STOPPED= noted=',
    'trap \'VIRTBS_STOPPED=" stopped"\' TERM INT HUP',
    // It may be secret, and stays no longer than it runs.
    'clear() { rm -rf "$VIRTBS_DIR/start" "$VIRTBS_DIR/takes" "$VIRTBS_DIR/input" "$VIRTBS_DIR/variables.json" "$VIRTBS_DIR/action"; }',
    ...(key === undefined ? [] : [`printf '%s\\n' ${shellQuote(key)} >"$VIRTBS_DIR/key" || { clear; exit 97; }`]),
    'echo "$$ $2" >"$VIRTBS_DIR/began" && read -r noted rest <"$VIRTBS_DIR/began"',
    '[ "$noted" = "$$" ] || { rm -f "$VIRTBS_DIR/began"; clear; exit 97; }',
    'exec >>"$VIRTBS_DIR/log" 2>&1 </dev/null',
    END,
    'export HOME="${HOME:-/root}" VIRTBS_GIVES="$VIRTBS_DIR/gives" VIRTBS_TAKES="$VIRTBS_DIR/takes"',
    ...variables.map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    ...writeValues(takes),
    ...Object.entries(files).map(
      ([name, text]) => `export ${name}="$VIRTBS_DIR/${name}"; printf %s ${shellQuote(text)} >"$VIRTBS_DIR/${name}"`,
    ),
    'umask 022',
    ...unlessLines(task),
    provision,
    ...actionLines(request),
    'end "$VIRTBS_CODE"',
    '',
  ].join('\n');
}

const END = `end() {
  clear
  IFS=. read -r up rest </proc/uptime
  noted=
  echo "$1 $((VIRTBS_ZERO + up))$VIRTBS_STOPPED" >"$VIRTBS_DIR/ended" && read -r noted rest <"$VIRTBS_DIR/ended"
  [ "$noted" = "$1" ] && exit 0
  rm -f "$VIRTBS_DIR/ended"
  exit 98
}`;

/** Each value is a file, too: one can be too long for a variable. */
function writeValues(takes: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(takes);
  if (names.length === 0) return [];
  return [
    '[ ! -e "$VIRTBS_DIR/takes" ] || rm -rf "$VIRTBS_DIR/takes"; mkdir "$VIRTBS_DIR/takes"',
    ...Object.entries(takes).map(([name, value]) => `printf %s ${shellQuote(value)} >"$VIRTBS_DIR/takes/${name}"`),
  ];
}

function unlessLines({ unless }: TaskSettings): string[] {
  if (unless === undefined) return [];
  return [
    `printf '%s\\n' ${shellQuote(unless)} >"$VIRTBS_DIR/unless"`,
    'if sh "$VIRTBS_DIR/unless" >/dev/null 2>&1; then echo "nothing to do: \\"unless\\" succeeds"; end 0; fi',
  ];
}

function actionLines(request: StartRequest): string[] {
  const { task, action, arguments: args } = request;
  if (action === null) return ['VIRTBS_CODE=0'];
  const { user, chdir } = task;
  const lines: string[] = [];
  const direct = action === 'put' ? (request.direct ?? false) : isDirect(Buffer.from(action));
  const by = direct ? '' : 'sh ';
  const words = args.map(shellQuote).join(' ');
  if (action !== 'put') lines.push(`printf '%s\\n' ${shellQuote(action)} >"$VIRTBS_DIR/action"`);
  if (direct) lines.push('chmod 700 "$VIRTBS_DIR/action"');
  lines.push(
    `cd ${shellQuote(chdir ?? '/')} || { echo ${shellQuote(`there is no folder ${chdir ?? '/'}`)}; end 1; }`,
    '[ -z "$VIRTBS_STOPPED" ] || end 143',
    user === undefined ? `${by}"$VIRTBS_DIR/action" ${words} &` : asUser(user, by, words),
    'VIRTBS_CHILD=$!',
    // A signal that came between the two was for it, too.
    '[ -z "$VIRTBS_STOPPED" ] || kill "$VIRTBS_CHILD"',
    'while :; do wait "$VIRTBS_CHILD"; VIRTBS_CODE=$?; kill -0 "$VIRTBS_CHILD" 2>/dev/null || break; done',
  );
  if (user !== undefined) lines.push('cat "$VIRTBS_PLACE/gives" >"$VIRTBS_DIR/gives"; rm -rf "$VIRTBS_PLACE"');
  return lines;
}

/** Returns whether the system can run this file by itself: it says by what it is run, or is a program of Linux. */
export function isDirect(content: Buffer): boolean {
  return ['#!', '\x7fE'].includes(content.toString('latin1', 0, 2));
}

/** Another user can read neither our folder nor what is in it: all it needs is copied to a folder of its own. */
function asUser(user: string, by: string, words: string): string {
  return [
    `id ${shellQuote(user)} >/dev/null 2>&1 || { echo ${shellQuote(`there is no user ${user}`)}; end 1; }`,
    'VIRTBS_PLACE=$(mktemp -d /var/tmp/virtbs-XXXXXX) || end 1',
    'cp -p "$VIRTBS_DIR/action" "$VIRTBS_PLACE/action"; : >"$VIRTBS_PLACE/gives"; [ ! -d "$VIRTBS_DIR/takes" ] || cp -r "$VIRTBS_DIR/takes" "$VIRTBS_PLACE/takes"',
    'for VIRTBS_NAME in VIRTBS_PEERS VIRTBS_PLAN; do [ ! -e "$VIRTBS_DIR/$VIRTBS_NAME" ] || { cp "$VIRTBS_DIR/$VIRTBS_NAME" "$VIRTBS_PLACE/"; export "$VIRTBS_NAME=$VIRTBS_PLACE/$VIRTBS_NAME"; }; done',
    `chown -R ${shellQuote(user)} "$VIRTBS_PLACE"`,
    'export VIRTBS_GIVES="$VIRTBS_PLACE/gives" VIRTBS_TAKES="$VIRTBS_PLACE/takes"',
    'export VIRTBS_PLACE',
    `su -s /bin/sh ${shellQuote(user)} -c ${shellQuote(`${by}"$VIRTBS_PLACE/action" ${words}`)} &`,
  ].join('\n');
}
