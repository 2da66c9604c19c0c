#!/bin/sh
# Writes through the primary, kills it, and reads what was written from the one that takes its place. Then the old one comes back.
set -eu

hosts=$(awk '$2 == "postgres" { print $1 }' "$VIRTBS_PEERS")

at() {
  host=$1
  shift
  ssh -n -F "$VIRTBS_SSH_CONFIG" "$host" "$@"
}

# Tells whether Patroni on a VM says yes to a question: primary, synchronous, replica.
is() { at "$1" "busybox wget -q -O /dev/null http://127.0.0.1:8008/$2" 2>/dev/null; }

# Prints the VM that says yes, as soon as one does. The limit of time is that of the task.
wait_for() {
  while :; do
    for each in $hosts; do
      if [ "$each" != "${2:-}" ] && is "$each" "$1"; then echo "$each" && return; fi
    done
    sleep 1
  done
}

sql() { at "$1" "sudo -u postgres psql -h /run/postgresql -qtA -v ON_ERROR_STOP=1 -c \"$2\""; }

# Where it was broken off before, the old primary is still down.
for each in $hosts; do at "$each" 'sudo /usr/local/sbin/start-patroni'; done
primary=$(wait_for primary)
echo "primary: $primary, standby: $(wait_for synchronous "$primary")"
word=$(date +%s)-$$
sql "$primary" "create table if not exists verify (word text); insert into verify values ('$word')"

echo "killing $primary"
# shellcheck disable=SC2016 # for the shell there
at "$primary" 'sudo sh -c "kill -s KILL \$(cat /run/patroni.pid) \$(head -n 1 /var/lib/postgresql/patroni/postmaster.pid)"'
successor=$(wait_for primary "$primary")
echo "primary: $successor"
[ "$(sql "$successor" "select count(*) from verify where word = '$word'")" = 1 ] || { echo "$successor has lost what was written" && exit 1; }
sql "$successor" "insert into verify values ('again')"

at "$primary" 'sudo /usr/local/sbin/start-patroni'
until is "$primary" synchronous; do sleep 1; done
echo "$primary is back"
[ "$(sql "$primary" "select count(*) from verify where word = '$word'")" = 1 ] || { echo "$primary has lost what was written" && exit 1; }
