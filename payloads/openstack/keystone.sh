#!/bin/sh
# Starts Keystone.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

serve keystone keystone /usr/bin/uwsgi_python3 --master --http-socket "$controller:5000" --wsgi-file /usr/bin/keystone-wsgi-public --lazy-apps \
  --enable-threads --threads 6 --processes 1 --buffer-size 65535 --listen 100 --die-on-term --need-app --disable-logging \
  --add-header 'Connection: close'
answers keystone 5000
