#!/bin/sh
# Starts Placement.
set -eu
# shellcheck source=payloads/openstack/common.sh
. /usr/local/lib/cloud/common.sh

serve placement placement /usr/bin/uwsgi_python3 --master --http-socket "$controller:8778" --wsgi-file /usr/bin/placement-api --lazy-apps \
  --enable-threads --threads 4 --processes 1 --buffer-size 65535 --listen 100 --die-on-term --need-app --disable-logging \
  --add-header 'Connection: close'
answers placement 8778
