#!/bin/sh
# Makes Neutron's tables.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

configure /etc/neutron/schema.conf neutron <<END
[DEFAULT]
use_stderr = true
core_plugin = ml2
[database]
connection = $(database neutron)
END
nice -n 10 neutron-db-manage --config-file /etc/neutron/schema.conf upgrade heads
