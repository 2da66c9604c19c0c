#!/bin/sh
# Boots a server, logs in on its floating address, gives it a volume, and deletes all of it.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
/usr/local/sbin/try-cloud "$work/key"
