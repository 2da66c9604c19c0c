#!/usr/bin/python3
"""Writes ceph.conf, the keys, and the map of monitors. The labels CEPH_LAYOUT in the plan say who is what."""
import base64
import hashlib
import ipaddress
import json
import os
import subprocess
import uuid

with open(os.environ["VIRTBS_PLAN"], encoding="utf-8") as file:
    plan = json.load(file)
secret = os.environ["ceph_secret"]
me = os.environ["VIRTBS_HOSTNAME"]


def having(layout):
    def values(vm):
        value = vm["labels"].get("CEPH_LAYOUT", [])
        return value if isinstance(value, list) else [value]

    return [vm for vm in plan["vms"] if layout in values(vm)]


def address(vm):
    """Of the cluster's network: the second, or the only one."""
    return vm["interfaces"][-1]["ipv4"]


def key(entity):
    """A key as ceph-authtool makes it: type AES, no time, 16 bytes. Each VM computes the same one."""
    digest = hashlib.sha256(f"{secret} {entity}".encode()).digest()[:16]
    return base64.b64encode(b"\1\0" + bytes(8) + b"\20\0" + digest).decode()


def entry(entity, **caps):
    lines = [f"[{entity}]", f"\tkey = {key(entity)}", *(f'\tcaps {of} = "{what}"' for of, what in caps.items())]
    return "\n".join(lines) + "\n"


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)


mons, osds = having("MON"), having("OSD")
if not mons or not osds:
    raise SystemExit("no VM has MON, or none has OSD, in its label CEPH_LAYOUT")
fsid = str(uuid.uuid5(uuid.NAMESPACE_DNS, hashlib.sha256(f"{secret} fsid".encode()).hexdigest()))
copies = min(len(osds), 3)
network = next(each["ipv4"]["cidr"] for each in plan["networks"]
               if ipaddress.ip_address(address(mons[0])) in ipaddress.ip_network(each["ipv4"]["cidr"]))


def endpoints(vm):
    return f"[v2:{address(vm)}:3300/0,v1:{address(vm)}:6789/0]"


write("/etc/ceph/ceph.conf", f"""\
[global]
fsid = {fsid}
mon_host = {" ".join(map(endpoints, mons))}
public_network = {network}
auth_allow_insecure_global_id_reclaim = false
osd_pool_default_size = {copies}
osd_pool_default_min_size = {max(1, copies - 1)}
osd_pool_default_pg_num = 16
osd_pool_default_pg_autoscale_mode = off
# A single VM can only keep its copies on its own disks.
osd_crush_chooseleaf_type = {0 if len(osds) == 1 else 1}
mon_warn_on_pool_no_redundancy = false
# Small VMs.
ms_async_op_threads = 1
log_max_recent = 500
# The limits of time suit VMs that are emulated on a busy machine, and clocks that are set to the second after a restore.
auth_mon_ticket_ttl = 2592000
auth_service_ticket_ttl = 2592000
osd_heartbeat_grace = 40
# A jump of the clock counts as a slow answer, so there is no warning of slow ones.
mon_warn_on_slow_ping_time = 1000000000000

[mon]
mon_lease = 20
mon_clock_drift_allowed = 10
mon_op_complaint_time = 300
# The monitor takes each manager for lost as long as its VM has been up for less than this: its time since the boot is unsigned there.
mon_mgr_beacon_grace = 60
mon_data_avail_warn = 10
mon_osd_min_down_reporters = {1 if len(osds) < 3 else 2}
rocksdb_cache_size = 16777216

[mgr]
mgr_initial_modules =
# Without those that nobody uses here: see mgr.sh.
mgr_module_path = /usr/local/lib/ceph-mgr

[osd]
osd_op_complaint_time = 300
osd_op_num_shards = 1
osd_op_num_threads_per_shard = 2
osd_max_backfills = 1
bluestore_cache_autotune = false
bluestore_cache_size = 33554432
bluestore_fsck_on_mkfs = false
bluestore_rocksdb_options = compression=kNoCompression,max_write_buffer_number=4,min_write_buffer_number_to_merge=1,recycle_log_file_num=4,write_buffer_size=8388608,writable_file_max_buffer_size=0,max_background_compactions=1,max_total_wal_size=67108864
""")
everything = {"mon": "allow *", "osd": "allow *", "mds": "allow *", "mgr": "allow *"}
admin = entry("client.admin", **everything)
write("/etc/ceph/ceph.client.admin.keyring", admin, 0o600)
if any(vm["hostname"] == me for vm in mons):
    mgr = {vm["hostname"]: entry(f'mgr.{vm["hostname"]}', mon="allow profile mgr", osd="allow *", mds="allow *") for vm in mons}
    write("/etc/ceph/mon.keyring", entry("mon.", mon="allow *") + admin + "".join(mgr.values()), 0o600)
    write(f"/var/lib/ceph/mgr/ceph-{me}/keyring", mgr[me], 0o600)
    subprocess.run(
        ["monmaptool", "--create", "--clobber", "--fsid", fsid]
        + [word for vm in mons for word in ("--addv", vm["hostname"], endpoints(vm))]
        + ["/etc/ceph/monmap"],
        check=True,
    )
