/** The folder, below the home of who logs in, in which a guest keeps what it knows of its runner. */
export const GUEST_FOLDER = '.virtbs-runner';

/** The file of a guest with the lines of shell that run its runner. Only root can read it, and it is gone once they run. */
export const START_FILE = '/etc/virtbs/runner';

/** The last line that a guest prints: `virtbs-runner: 0`; without a number where the runner has ended without one. */
export const END_LINE = /^virtbs-runner:(?: (\d{1,3}))?$/;

/** Lines of the runner's log that are told where it fails. */
const LAST_LINES = 20;

/**
 * Returns what a guest is asked: to start its runner unless it was started before, and to say how it ended. The runner goes on where
 * the connection breaks, and can be asked for again.
 */
export function guestScript(): string {
  return [
    'umask 077',
    `dir="$HOME"/${GUEST_FOLDER}`,
    'root() { if [ -w /etc ]; then "$@"; else sudo -n "$@"; fi; }',
    'if mkdir "$dir" 2>/dev/null; then',
    '  (',
    "    trap '' HUP",
    '    cd "$HOME" || exit',
    `    root cat ${START_FILE} >"$dir"/start && root rm -f ${START_FILE} || exit`,
    // The shell holds the file open.
    '    { echo \'rm -f "$0"; umask 022\'; cat "$dir"/start; } >"$dir"/run && rm -f "$dir"/start || exit',
    '    sh "$dir"/run',
    '    echo "$?" >"$dir"/code.part && mv "$dir"/code.part "$dir"/code',
    '  ) </dev/null >"$dir"/log 2>&1 &',
    '  echo "$!" >"$dir"/pid',
    'fi',
    // Another connection may be about to write it.
    'tries=0; until [ -s "$dir"/pid ] || [ "$tries" -ge 10 ]; do sleep 1; tries=$((tries + 1)); done',
    'while [ ! -s "$dir"/code ] && kill -0 "$(cat "$dir"/pid)" 2>/dev/null; do sleep 1; done',
    'code=$(cat "$dir"/code 2>/dev/null)',
    `[ "$code" = 0 ] || tail -n ${LAST_LINES} "$dir"/log`,
    'echo "virtbs-runner: $code"',
    '',
  ].join('\n');
}
