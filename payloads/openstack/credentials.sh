#!/bin/sh
# Writes admin-openrc-bsN.sh and clouds-bsN.yaml to the folder of the slice's files.
# shellcheck disable=SC2154 # a secret, as the task says
set -eu

controller=$(awk '$2 == "controller" { print $3; exit }' "$VIRTBS_PEERS")
umask 077
cd "$VIRTBS_OUTPUT_DIR"
cat >".openrc-$$" <<END
export OS_AUTH_URL='http://$controller:5000/v3' OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=RegionOne
export OS_USERNAME=admin OS_PASSWORD='$admin_password' OS_PROJECT_NAME=admin OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default
END
mv ".openrc-$$" "admin-openrc-bs$VIRTBS_SLICE.sh"
cat >".clouds-$$" <<END
clouds:
  bs$VIRTBS_SLICE:
    region_name: RegionOne
    identity_api_version: 3
    auth:
      auth_url: 'http://$controller:5000/v3'
      username: admin
      password: '$admin_password'
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
END
mv ".clouds-$$" "clouds-bs$VIRTBS_SLICE.yaml"
