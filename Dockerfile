# One image for every role: web pod, worker, scheduler, provision job. The role is the command.
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /tmp/requirements.lock
# Pages load scripts from npm. Its lock decides; npm itself comes as a wheel and is left behind.
COPY package.json package-lock.json /opt/venv/npm/
COPY requirements-npm.lock /tmp/requirements-npm.lock
RUN python -m venv /opt/node \
    && /opt/node/bin/pip install --require-hashes --only-binary :all: -r /tmp/requirements-npm.lock \
    && PATH=/opt/node/bin:$PATH npm ci --prefix /opt/venv/npm --omit=dev --ignore-scripts --no-audit --no-fund
COPY manage.py /app/
COPY config /app/config
COPY sharding /app/sharding
COPY accounts /app/accounts
COPY photos /app/photos
COPY ops /app/ops
WORKDIR /app
# Collecting needs settings that parse, not servers that answer.
RUN /opt/venv/bin/python -m ops.translations \
    && SECRET_KEY=build DATABASE_URL=postgresql:/// SHARD_URLS=shard0=postgresql:/// CACHE_URL=redis:// QUEUE_URL=redis:// \
    S3_ENDPOINT_URL=http://s3.invalid CDN_URL=http://cdn.invalid CDN_SIGNING_KEY=build STATIC_ROOT=/app/static \
    /opt/venv/bin/python manage.py collectstatic --no-input \
    && /opt/venv/bin/python -m compileall -q /app

FROM python:${PYTHON}
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings STATIC_ROOT=/app/static
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Other roles:
#   dramatiq config.worker --processes 1 --threads 2 --queues interactive media bulk --worker-shutdown-timeout 25000 --skip-logging
#   python manage.py scheduler
#   python manage.py provision
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "1", "--blocking-threads", "4", "--no-ws", "config.wsgi:application"]
