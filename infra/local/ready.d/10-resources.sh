#!/bin/sh
# LocalStack keeps nothing over a restart, so everything is made whenever it is ready.
set -eu
awslocal cloudformation deploy \
  --template-file /etc/ctgo/resources.yaml \
  --stack-name ctgo-local \
  --parameter-overrides Stage=local \
  --capabilities CAPABILITY_NAMED_IAM \
  --no-fail-on-empty-changeset
awslocal ses verify-email-identity --email-address ctgo@catchthegoodones.com
