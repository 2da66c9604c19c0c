/**
 * The script that serves one node: it reads orders on its standard input, starts tasks in sessions of their own, and keeps their
 * records in the folder that is its argument, one folder a task. Works in every POSIX shell. A task goes on when the connection ends.
 * A task that does little costs little more than the programs that are started for it, so builtins do all that they can.
 *
 * Orders, a line each: `put TASK FILE` for an empty file, `add TASK FILE BYTES` with that many bytes behind it; `start TASK BYTES` with the
 * script behind it, 0 where it was put; `wait TASK`; `stop TASK SIGNAL`; `get TASK FILE FROM MOST`; `make TASK…`; `forget TASK…`;
 * `mark TASK CODE TIME`; `list`; `sync`.
 *
 * Answers, a line each on standard output: `agent VERSION BOOT-ID` at first; `synced FAILURES` once all orders before are carried out, of
 * which so many could not be; `done TASK CODE TIME LOG GIVES`, the last two `1` where the file has content. `CODE` is `-` for a task that was
 * broken off, `unwritable` where its record could not begin, `unwritten` where it ended and that could not be recorded.
 * On standard error, for `get`: `data TASK FILE FROM BYTES SIZE`, then the bytes; for `list`: `TASK/FILE:TEXT` for each line of each record,
 * `TASK/runs:1` for each task that runs, and `listed`.
 *
 * Files of a task: `start`, which runs it and is removed at its end; `key` (the host's text); `began` (process and boot); `ended` (exit code,
 * time, and `stopped` where it was told to end), written last; `log`; `gives`. One without `began` and `ended` never began.
 */
export const AGENT_SCRIPT = String.raw`umask 077
export PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
base=$1
words=$(mkdir -p "$base" 2>&1) && cd "$base" || { echo "fatal cannot make $base: $words"; exit 1; }
read -r boot </proc/sys/kernel/random/boot_id
IFS=. read -r up rest </proc/uptime
zero=$(($(date +%s) - up))
exec 3>&2 2>/dev/null
waiters= partial= failures=0

runs() {
  pid= at= line=
  [ -e "$1/began" ] && read -r pid at <"$1/began"
  [ "$at" = "$boot" ] && [ -d "/proc/$pid" ] && read -r line <"/proc/$pid/cmdline"
  # The bytes NUL between its words are not read.
  case $line in *"$1/start$PWD/$1$boot"*) return 0 ;; esac
  return 1
}

# TASK, and the exit code of what ran it where that is known
tell_end() {
  code=- time=0 log=0 gives=0
  [ ! -s "$1/ended" ] || read -r code time rest <"$1/ended"
  case $2 in 97) code=unwritable ;; 98) code=unwritten ;; esac
  [ ! -s "$1/log" ] || log=1
  [ ! -s "$1/gives" ] || gives=1
  echo "done $1 $code $time $log $gives"
}

# An order of a caller who is gone may be under way: what has a script begins soon, unless that was left behind.
settle() {
  for file in */start; do
    tries=20
    while [ -e "$file" ] && [ ! -e "${'$'}{file%/start}/began" ] && [ $tries -gt 0 ]; do
      tries=$((tries - 1))
      sleep 0.1
    done
  done
}

# What a task that was broken off was given stays no longer than until the next look.
records() {
  settle
  for file in */began; do
    [ -e "$file" ] || continue
    task=${'$'}{file%/began}
    [ ! -e "$task/ended" ] || continue
    if runs "$task"; then echo "$task/runs:1" >&3
    elif [ -e "$task/start" ]; then rm -rf "$task/start" "$task/takes" "$task/input" "$task/variables.json" "$task/action"
    fi
  done
  grep '' /dev/null */key */ended */began >&3
  [ $? -lt 120 ] || { echo "fatal there are too many records in $base"; exit 1; }
  echo listed >&3
}

# Bytes behind an order, for a file: TASK FILE BYTES. They are read whatever becomes of the file.
take() {
  if true >>"$1/$2"; then dd "bs=$3" count=1 iflag=fullblock >>"$1/$2" || partial="$partial $1 "
  else
    dd "bs=$3" count=1 iflag=fullblock >/dev/null
    partial="$partial $1 "
  fi
}

# Bytes from number FROM on, at most MOST: data TASK FILE FROM MOST
data() {
  size=0
  [ ! -s "$1/$2" ] || size=$(wc -c <"$1/$2")
  left=$((size - $3))
  [ "$left" -le "$4" ] || left=$4
  [ "$left" -ge 0 ] || left=0
  echo "data $1 $2 $3 $left $((size))" >&3
  if [ "$left" = 0 ]; then return
  elif [ "$3" = 0 ]; then head -c "$left" "$1/$2" >&3
  else tail -c "+$(($3 + 1))" "$1/$2" | head -c "$left" >&3
  fi
}

# Until its script runs, a task is as it was: first what says that it began is removed, last what says that it ended.
start() {
  [ -d "$1" ] || mkdir "$1"
  if [ -e "$1/began" ] || [ -e "$1/ended" ] || [ -e "$1/log" ] || [ -e "$1/gives" ]; then
    rm -f "$1/began" "$1/log" "$1/gives" "$1/ended"
  fi
  [ "$2" = 0 ] || { true >"$1/start"; take "$1" start "$2"; }
  case $partial in
    *" $1 "*)
      rm -f "$1/start"
      echo "done $1 unwritable 0 0 0"
      partial=
      return
      ;;
  esac
  {
    setsid sh "$1/start" "$PWD/$1" "$boot" "$zero" </dev/null >/dev/null 3>&-
    tell_end "$1" "$?"
  } &
  waiters="$waiters $!"
}

echo "agent 2 $boot"
while read -r order task one two three; do
  case $order in
    put)
      [ -d "$task" ] || mkdir "$task"
      true >"$task/$one" || partial="$partial $task "
      ;;
    add) take "$task" "$one" "$two" ;;
    start) start "$task" "$one" ;;
    wait)
      {
        while runs "$task"; do sleep 0.3; done
        tell_end "$task"
      } &
      waiters="$waiters $!"
      ;;
    stop)
      if runs "$task"; then kill -s "$one" -- "-$pid"; fi
      ;;
    get) data "$task" "$one" "$two" "$three" ;;
    mark)
      code=
      case $partial in *" $task "*) ;; *) true >"$task/ended" && echo "$one $two" >"$task/ended" && read -r code rest <"$task/ended" ;; esac
      if [ "$code" != "$one" ]; then
        rm -f "$task/ended"
        failures=$((failures + 1))
      fi
      ;;
    make) mkdir -p $task $one $two $three ;;
    forget) rm -rf $task $one $two $three || failures=$((failures + 1)) ;;
    list) records ;;
    sync)
      echo "synced $failures"
      failures=0
      ;;
  esac
done
# Who waited for a task is gone; the task is not. A number may be another process's by now.
for waiter in $waiters; do
  line=
  read -r line <"/proc/$waiter/stat" && case $line in *") "?" $$ "*) kill "$waiter" ;; esac
done
`;
