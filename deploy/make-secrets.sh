#!/bin/sh
# Makes the secrets for docker-compose.yml in deploy/secrets/, each once: what is there stays.
# SECRET_KEY is what contact details are encrypted under: keep a copy of that file elsewhere.
# The certificate is one that no browser trusts: replace fullchain.pem and privkey.pem by real ones.
set -eu
cd "$(dirname "$0")"

command -v openssl >/dev/null 2>&1 || {
    echo "FOUT: openssl ontbreekt. Installeer het, bijvoorbeeld met: apt-get install openssl" >&2
    exit 1
}
# The folder is for its owner alone. The files in it can be read by all, because in a container the
# programs that need them have another number than you.
mkdir -p secrets
chmod 0700 secrets
for name in secret_key rasa_token metrics_token postgres_password redis_password; do
    [ -s "secrets/$name" ] || openssl rand -hex 32 >"secrets/$name"
done
if [ ! -s secrets/privkey.pem ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
        -subj "/CN=${PUBLIC_HOST:-startwijzer.example.nl}" \
        -addext "subjectAltName=DNS:${PUBLIC_HOST:-startwijzer.example.nl}" \
        -keyout secrets/privkey.pem -out secrets/fullchain.pem 2>/dev/null
    echo "Let op: het certificaat is een tijdelijke. Zet je eigen fullchain.pem en privkey.pem neer."
fi
chmod 0444 secrets/*
echo "De geheimen staan in $(pwd)/secrets. Bewaar een kopie van secret_key op een andere plek."
