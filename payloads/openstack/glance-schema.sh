#!/bin/sh
# Configures Glance, and makes its tables.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

configure /etc/glance/glance-api.conf glance <<END
[DEFAULT]
bind_host = $controller
workers = 0
use_stderr = true
enabled_backends = store:file
node_staging_uri = file:///var/lib/glance/staging
[database]
connection = $(database glance)
$(check_tokens glance)
[paste_deploy]
flavor = keystone
[glance_store]
default_backend = store
[store]
filesystem_store_datadir = /var/lib/glance/images
[os_glance_staging_store]
filesystem_store_datadir = /var/lib/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = /var/lib/glance/tasks
END
install -d -o glance -g glance /var/lib/glance/images /var/lib/glance/staging /var/lib/glance/tasks
nice -n 10 glance-manage db_sync
