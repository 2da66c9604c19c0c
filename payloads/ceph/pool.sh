#!/bin/sh
# Makes the pool "rbd" for block devices, and waits until the cluster is healthy.
set -eu

ceph osd pool create rbd
rbd pool init rbd
wait-until-healthy
ceph -s
