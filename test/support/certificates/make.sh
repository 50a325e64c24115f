#!/bin/sh
# Makes the certificates beside this file, anew each time. Tests only read the files; nobody needs openssl to run them.
# The private keys protect nothing: they are known to everybody who has this repository.
# The start lies in the past, so that a machine whose clock is late can use them; the end is a hundred years off.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
FROM=20200101000000Z
UNTIL=21200101000000Z

quietly() { # command: its chatter is shown only when it fails
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
}

# `openssl ca` is the one command of OpenSSL 3.0 that takes both dates.
authority() { # name
  mkdir "$work/$1"
  : >"$work/$1/index"
  cat >"$work/$1/config" <<END
[ca]
default_ca = this
[this]
database = $work/$1/index
new_certs_dir = $work/$1
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
  quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=hydrogen test $1" \
    -keyout "$work/$1/key" -out "$work/$1/request"
  quietly openssl ca -batch -notext -config "$work/$1/config" -selfsign -extensions authority -startdate $FROM \
    -enddate $UNTIL -keyfile "$work/$1/key" -in "$work/$1/request" -out "$1.pem"
}

certificate() { # authority, name, common name, extension, from, until
  quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" -addext "$4" \
    -keyout "$2.key" -out "$work/request"
  quietly openssl ca -batch -notext -config "$work/$1/config" -startdate "$5" -enddate "$6" \
    -cert "$1.pem" -keyfile "$work/$1/key" -in "$work/request" -out "$2.pem"
}

authority ca
authority unknown-ca
certificate ca server localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1' $FROM $UNTIL
certificate ca name-only localhost 'subjectAltName=DNS:localhost' $FROM $UNTIL
certificate ca wrong-name db.wrong.example 'subjectAltName=DNS:db.wrong.example' $FROM $UNTIL
certificate ca expired localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1' $FROM 20200102000000Z
# The common name is the role of the database that asks for a certificate.
certificate ca client tls_client 'extendedKeyUsage=clientAuth' $FROM $UNTIL
certificate unknown-ca stranger tls_client 'extendedKeyUsage=clientAuth' $FROM $UNTIL
