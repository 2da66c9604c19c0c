#!/usr/bin/python3
"""Runs after the VMs came back from a checkpoint: waits until all services and agents have reported again."""
import os
import sys

sys.path.insert(0, '/usr/local/lib/cloud')
from cloud import Cloud, controller, wait

cloud = Cloud(controller(), 'admin', os.environ['admin_password'], 'admin')
wait('services and agents', lambda: not cloud.down())
