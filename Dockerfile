# One image with everything that one instance needs. Rasa and the actions listen on loopback inside
# the container; only the web port leaves it. The model is trained while the image is built.
# Rasa is the last thing that needs Python 3.10, which gets no fixes any more. So it and the actions,
# which nothing outside the container can reach, have an environment of their own; what faces people,
# the command line and all else run on the Python of scripts/python-modern.
# The locks are for linux/amd64: on another machine, build with --platform=linux/amd64.

FROM python:3.10-slim-bookworm AS rasa

# The same place as in the final stage: an environment names its Python by its path.
RUN mkdir /opt/python3.10 && cp -a /usr/local/bin /usr/local/include /usr/local/lib /opt/python3.10/


FROM python:3.13-slim-bookworm AS base

# Python finds its own files from where it stands; only its library has to be told.
COPY --from=rasa /opt/python3.10 /opt/python3.10
RUN echo /opt/python3.10/lib > /etc/ld.so.conf.d/python3.10.conf \
    && ldconfig \
    && /opt/python3.10/bin/python3.10 -c "import ctypes, sqlite3, ssl, sys; assert sys.version_info[:2] == (3, 10)"


FROM base AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never

WORKDIR /app

COPY requirements-uv.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.txt

COPY requirements.txt requirements-modern.txt ./
RUN uv venv --python /opt/python3.10/bin/python3.10 /opt/rasa \
    && uv pip install --python /opt/rasa/bin/python --no-deps --require-hashes -r requirements.txt \
    && uv venv --python /usr/local/bin/python3.13 /opt/web \
    && uv pip install --python /opt/web/bin/python --no-deps --require-hashes -r requirements-modern.txt

# The program is no package here: both environments read it in /app, next to its data. The last three
# lines are for the user of the final stage, who may read everything here and write nothing.
COPY . .
ENV PYTHONPATH=/app
RUN printf '#!/opt/web/bin/python\nfrom bot.cli import main\n\nmain()\n' > /opt/web/bin/startwijzer \
    && chmod 0755 /opt/web/bin/startwijzer \
    && PYTHON_RASA=/opt/rasa/bin/python /opt/web/bin/startwijzer train \
    && rm -rf .rasa \
    && python -m compileall -q actions bot \
    && /opt/rasa/bin/python -m compileall -q actions bot \
    && chmod -R a+rX .


FROM base

LABEL org.opencontainers.image.title="Startwijzer" \
      org.opencontainers.image.description="Dutch municipal chatbot for people who are or may become entrepreneurs" \
      org.opencontainers.image.source="https://github.com/startwijzer/startwijzer" \
      org.opencontainers.image.licenses="EUPL-1.2"

# HOST_WEB is inside the container: what is reachable from outside is decided when it is started.
ENV ENVIRONMENT=production \
    HOST_WEB=0.0.0.0 \
    PATH=/opt/web/bin:$PATH \
    PYTHON_RASA=/opt/rasa/bin/python \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 10001 --user-group --create-home --shell /usr/sbin/nologin startwijzer

COPY --from=build /opt/rasa /opt/rasa
COPY --from=build /opt/web /opt/web
COPY --from=build /app /app
WORKDIR /app

# A new volume takes over the owner of this directory.
RUN install --directory --owner=startwijzer --group=startwijzer --mode=0700 var
VOLUME ["/app/var"]

USER 10001:10001
EXPOSE 8080

# 503 when the database, Rasa or the actions do not answer. No proxy is ever asked for this address.
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT_WEB') or 8080), timeout=8); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]

# setup brings the database and the catalogue up to date; the model is in the image already.
CMD ["sh", "-c", "startwijzer setup && exec startwijzer run"]
