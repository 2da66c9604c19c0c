#!/bin/sh
# Runs after this VM came back from a checkpoint. Waits until Patroni here has asked etcd since then, and the cluster has a primary: what it
# says of itself before is from the time before the pause.
set -eu

ask() { busybox wget -q -O - "http://127.0.0.1:8008/$1" 2>/dev/null; }

began=$(date +%s)
until seen=$(ask patroni | sed -n 's/.*"dcs_last_seen": *\([0-9]*\).*/\1/p') && [ "${seen:-0}" -gt "$began" ]; do sleep 1; done
until ask cluster | grep -q '"role": *"leader"'; do sleep 1; done
ask health >/dev/null
