#!/usr/bin/python3
"""Makes an OSD of each disk of this VM whose serial number begins with "osd", and starts it."""
import base64
import glob
import json
import os
import subprocess
import sys
import uuid

# One connection for all questions: on an emulated VM a call of "ceph" takes many seconds.
import rados

STORES = "/var/lib/ceph/osd"
START = """\
#!/bin/sh
# Which disk has which name can change with each boot. Its serial number stays.
set -eu
install -d -o ceph -g ceph -m 770 /run/ceph
for store in /var/lib/ceph/osd/ceph-*; do
  id=${store##*-}
  device=$(grep -l -x -F "$(cat "$store/serial")" /sys/block/*/serial)
  device=${device#/sys/block/} device=/dev/${device%/serial}
  ln -sfn "$device" "$store/block"
  if [ ! -e "$store/done" ]; then
    ceph-osd --mkfs --id "$id" --osd-uuid "$(cat "$store/uuid")"
    touch "$store/done"
  fi
  chown -R ceph:ceph "$store" "$device"
  /sbin/start-stop-daemon --start --oknodo --pidfile "/run/ceph/osd-$id.pid" --exec /usr/bin/ceph-osd -- \\
    --id "$id" --pid-file "/run/ceph/osd-$id.pid" --setuser ceph --setgroup ceph
done
"""


def ask(monitors, prefix, data=b"", **arguments):
    code, answer, said = monitors.mon_command(json.dumps({"prefix": prefix, "format": "json", **arguments}), data)
    if code != 0:
        raise SystemExit(f"{prefix}: {said}")
    return json.loads(answer) if answer.strip() else None


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def write(path, text, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="ascii") as file:
        file.write(text)


def forget(monitors, host):
    """A VM that was replaced comes back empty, into a cluster that remembers its disks."""
    nodes = {node["id"]: node for node in ask(monitors, "osd tree")["nodes"]}
    for node in nodes.values():
        if node["type"] == "host" and node["name"] == host:
            for osd in node["children"]:
                ask(monitors, "osd down", ids=[str(osd)])
                ask(monitors, "osd purge-actual", id=osd, yes_i_really_mean_it=True)


serials = sorted(serial for serial in map(read, glob.glob("/sys/block/*/serial")) if serial.startswith("osd"))
if not serials:
    sys.exit('no disk here has a serial number that begins with "osd"')
known = {read(path) for path in glob.glob(f"{STORES}/ceph-*/serial")}
with rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin") as monitors:
    if not known:
        forget(monitors, os.environ["VIRTBS_HOSTNAME"])
    for serial in serials:
        if serial in known:
            continue
        name = str(uuid.uuid4())
        key = base64.b64encode(b"\1\0" + bytes(8) + b"\20\0" + os.urandom(16)).decode()
        osd = ask(monitors, "osd new", json.dumps({"cephx_secret": key}).encode(), uuid=name)["osdid"]
        store = f"{STORES}/ceph-{osd}"
        os.makedirs(store, exist_ok=True)
        write(f"{store}/keyring", f"[osd.{osd}]\n\tkey = {key}\n", 0o600)
        write(f"{store}/uuid", name)
        write(f"{store}/serial", serial)
        print(f"{serial} is osd.{osd}", flush=True)
write("/usr/local/sbin/start-osds", START, 0o755)
subprocess.run(["/usr/local/sbin/start-osds"], check=True)
