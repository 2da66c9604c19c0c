#!/usr/bin/python3
"""Waits until the cluster is healthy, and prints what is not; with --without HOST until no OSD of HOST is up.

One connection: a call of "ceph" takes many seconds on an emulated VM.
"""
import json
import sys
import time

import rados


def ask(monitors, prefix):
    code, answer, error = monitors.mon_command(json.dumps({"prefix": prefix, "format": "json"}), b"")
    if code != 0:
        raise SystemExit(f"{prefix}: {error}")
    return json.loads(answer)


def state(monitors):
    health = ask(monitors, "health")
    words = [health["status"], *(check["summary"]["message"] for check in health["checks"].values())]
    groups = ask(monitors, "pg stat")["pg_summary"]["num_pg_by_state"]
    return words + [f'{group["num"]} placement groups are {group["name"]}' for group in groups if group["name"] != "active+clean"]


def is_without(monitors, host):
    nodes = ask(monitors, "osd tree")["nodes"]
    osds = {osd for node in nodes if node["type"] == "host" and node["name"] == host for osd in node["children"]}
    return all(node["status"] == "down" for node in nodes if node["id"] in osds)


def wait_until_healthy(monitors):
    said = []
    while said != ["HEALTH_OK"]:
        now = state(monitors)
        if now != said:
            print("; ".join(now), flush=True)
            said = now
        time.sleep(0 if said == ["HEALTH_OK"] else 2)


with rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin") as monitors:
    if sys.argv[1:2] == ["--without"]:
        while not is_without(monitors, sys.argv[2]):
            time.sleep(2)
    else:
        wait_until_healthy(monitors)
