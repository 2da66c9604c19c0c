#!/usr/bin/python3
"""Waits until the cluster is healthy, and prints what is not. One connection: a call of "ceph" takes many seconds on an emulated VM."""
import json
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


with rados.Rados(conffile="/etc/ceph/ceph.conf", name="client.admin") as monitors:
    said = []
    while said != ["HEALTH_OK"]:
        now = state(monitors)
        if now != said:
            print("; ".join(now), flush=True)
            said = now
        time.sleep(0 if said == ["HEALTH_OK"] else 2)
