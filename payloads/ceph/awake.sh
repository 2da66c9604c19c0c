#!/bin/sh
# Runs after the VMs came back from a checkpoint. Waits until the cluster takes what is written, and is healthy.
set -eu

rados --pool rbd put awake /etc/hostname
wait-until-healthy
