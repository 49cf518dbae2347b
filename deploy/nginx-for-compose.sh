#!/bin/sh
# Starts nginx with deploy/nginx.conf as it has to be in docker-compose.yml: our name, the units as
# Docker's own DNS knows them at each moment, and nothing written but in /tmp and to the log.
# CONFIGURATION and PLACE are for who tries it elsewhere.
set -eu

place=${PLACE:-/tmp}
sed \
    -e "s|startwijzer\.example\.nl|$PUBLIC_HOST|g" \
    -e "s|^\( *\)server 127\.0\.0\.1:8080;|\1zone startwijzer 64k;\n\1least_conn;\n\1resolver 127.0.0.11 valid=5s ipv6=off;\n\1server unit:8080 resolve;|" \
    -e "s|/var/log/nginx/startwijzer\.log|/dev/stdout|" \
    -e "s|/var/log/nginx/error\.log|/dev/stderr|" \
    -e "s|/run/nginx\.pid|$place/nginx.pid|" \
    "${CONFIGURATION:-/etc/nginx/startwijzer/nginx.conf}" >"$place/nginx.conf"
exec nginx -c "$place/nginx.conf" -g "daemon off;"
