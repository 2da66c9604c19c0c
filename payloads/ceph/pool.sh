#!/bin/sh
# Makes the pool "rbd" for block devices, and waits until the cluster is healthy. It asks by one connection: a call of "ceph" takes many
# seconds on an emulated VM.
set -eu

python3 - <<'X'
import json
import rados

with rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin") as monitors:
    code, _, said = monitors.mon_command(json.dumps({"prefix": "osd pool create", "pool": "rbd"}), b"")
    if code != 0:
        raise SystemExit(said)
X
rbd pool init rbd
wait-until-healthy
