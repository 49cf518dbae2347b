# One image with everything that one instance needs. Rasa and the actions listen on loopback inside
# the container; only the web port leaves it. The model is trained while the image is built.
# requirements.txt is locked for linux/amd64: on another machine, build with --platform=linux/amd64.

FROM python:3.10-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/venv \
    PATH=/opt/venv/bin:$PATH

WORKDIR /app

COPY requirements-uv.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.txt

COPY requirements.txt ./
RUN uv venv --python /usr/local/bin/python3.10 "$VIRTUAL_ENV" \
    && uv pip install --no-deps --require-hashes -r requirements.txt

# Editable, because the program finds its data next to its code. The last two lines are for the user
# of the final stage, who may read everything here and write nothing.
COPY . .
RUN uv pip install --no-deps --no-build-isolation --editable . \
    && startwijzer train \
    && rm -rf .rasa ./*.egg-info \
    && python -m compileall -q actions bot \
    && chmod -R a+rX .


FROM python:3.10-slim-bookworm

LABEL org.opencontainers.image.title="Startwijzer" \
      org.opencontainers.image.description="Dutch municipal chatbot for people who are or may become entrepreneurs" \
      org.opencontainers.image.source="https://github.com/startwijzer/startwijzer" \
      org.opencontainers.image.licenses="EUPL-1.2"

# HOST_WEB is inside the container: what is reachable from outside is decided when it is started.
ENV ENVIRONMENT=production \
    HOST_WEB=0.0.0.0 \
    PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 10001 --user-group --create-home --shell /usr/sbin/nologin startwijzer

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app

# A new volume takes over the owner of this directory.
RUN install --directory --owner=startwijzer --group=startwijzer --mode=0700 var
VOLUME ["/app/var"]

USER 10001:10001
EXPOSE 8080

# 503 when the database, Rasa or the actions do not answer. No proxy is ever asked for this address.
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT_WEB') or 8080), timeout=8); c.request('GET', '/health'); raise SystemExit(c.getresponse().status != 200)"]

# setup brings the database and the catalogue up to date; the model is in the image already.
CMD ["sh", "-c", "startwijzer setup && exec startwijzer run"]
