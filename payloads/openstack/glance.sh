#!/bin/sh
# Starts Glance.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

serve glance glance /usr/bin/glance-api --config-file /etc/glance/glance-api.conf
answers glance 9292
