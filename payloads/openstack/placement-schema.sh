#!/bin/sh
# Configures Placement, and makes its tables.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

configure /etc/placement/placement.conf placement <<END
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[placement_database]
connection = $(database placement)
$(check_tokens placement)
END
nice -n 10 placement-manage db sync
