#!/bin/sh
# Configures Keystone, and makes its tables, keys and first user.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

configure /etc/keystone/keystone.conf keystone <<END
[DEFAULT]
use_stderr = true
[database]
connection = $(database keystone)
[token]
provider = fernet
expiration = 86400
[identity]
# The least that there is: an emulated processor needs seconds for the usual 12.
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = 127.0.0.1:11211
END
# shellcheck disable=SC2154 # a secret, as the task says
export OS_BOOTSTRAP_PASSWORD="$admin_password"
in-turn keystone.cmd.manage <<END
db_sync
fernet_setup --keystone-user keystone --keystone-group keystone
credential_setup --keystone-user keystone --keystone-group keystone
bootstrap --bootstrap-region-id RegionOne --bootstrap-admin-url $auth_url --bootstrap-internal-url $auth_url --bootstrap-public-url $auth_url
END
