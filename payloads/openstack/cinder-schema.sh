#!/bin/sh
# Makes Cinder's tables.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

configure /etc/cinder/schema.conf cinder <<END
[DEFAULT]
use_stderr = true
[database]
connection = $(database cinder)
END
nice -n 10 cinder-manage --config-file /etc/cinder/schema.conf db sync
