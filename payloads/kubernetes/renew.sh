#!/bin/sh
# Runs on the first controller after the VMs came back from a checkpoint: time has passed, and VMs may join from now on.
set -eu
# shellcheck source=common.sh
. /usr/local/lib/kubernetes.sh

renew
