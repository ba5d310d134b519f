# The services, and the contracts' job: `docker build --target NAME .`, or `docker compose build`.
#
# The legacy builder and BuildKit both take this file: it asks for no frontend image and mounts nothing.
# BASE_IMAGE is the one thing that is pulled: any Debian-like image with Python 3.11 or newer on PATH as python3,
# and its venv module. Renew the digest with `docker buildx imagetools inspect python:3.13-slim-bookworm`.
ARG BASE_IMAGE=docker.io/library/python:3.13-slim-bookworm@sha256:01f42367a0a94ad4bc17111776fd66e3500c1d87c15bbd6055b7371d39c124fb

FROM ${BASE_IMAGE} AS build
# The package index; a private one may need its own certificate authority: put it beside this file as build-ca.crt.
ARG PIP_INDEX_URL=https://pypi.org/simple
ENV PIP_INDEX_URL=${PIP_INDEX_URL} \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# The pattern matches nothing where there is no such file, which COPY allows beside files that are there.
COPY requirements/services.txt requirements/build.txt build-ca.cr[t] ./
RUN if [ -f build-ca.crt ]; then export PIP_CERT=/src/build-ca.crt; fi \
 && python3 -m venv /opt/eccs \
 && /opt/eccs/bin/pip install --quiet --only-binary :all: --require-hashes -r services.txt \
 && python3 -m venv /opt/build \
 && /opt/build/bin/pip install --quiet --only-binary :all: --require-hashes -r build.txt
# Below what changes seldom, so that a change of code downloads nothing.
COPY pyproject.toml README.md LICENSE ./
COPY eccs_contracts eccs_contracts
COPY compat_checks compat_checks
RUN /opt/build/bin/python -m hatchling build --target wheel --directory /tmp/wheel \
 && /opt/eccs/bin/pip install --quiet --no-index --no-deps /tmp/wheel/*.whl \
 && /opt/eccs/bin/pip uninstall --quiet --yes pip setuptools \
 && rm -f /opt/eccs/bin/[Aa]ctivate* \
 && /opt/eccs/bin/python -m compileall -q -j 0 /opt/eccs/lib

FROM ${BASE_IMAGE} AS runtime
# What installs or builds has no place where nothing may be written; the base's own user database is left as it is,
# as a number needs no entry in it.
RUN rm -rf /usr/local/lib/python3*/site-packages/* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip* \
           /usr/lib/python3*/ensurepip /usr/lib/python3/dist-packages/pip* /usr/share/python-wheels /usr/bin/pip*
COPY --from=build /opt/eccs /opt/eccs
COPY services/__init__.py services/logs.py services/startup.py /app/services/
COPY deploy/probe.py /app/probe.py
WORKDIR /app
ENV PATH=/opt/eccs/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HTTP_HOST=0.0.0.0
STOPSIGNAL SIGTERM
USER 10001:10001

FROM runtime AS email-service
COPY services/web /app/services/web
COPY services/email_service /app/services/email_service
COPY services/notification_service/templates /app/services/notification_service/templates
ENV HTTP_PORT=3002
EXPOSE 3002
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-I", "-S", "/app/probe.py", "/health"]
ENTRYPOINT ["python", "-m", "services.email_service"]

FROM runtime AS notification-service
COPY services/web /app/services/web
COPY services/notification_service /app/services/notification_service
ENV HTTP_PORT=3003
EXPOSE 3003
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-I", "-S", "/app/probe.py", "/livez"]
ENTRYPOINT ["python", "-m", "services.notification_service"]

# Dead letters in a browser.
FROM runtime AS dlq-console
COPY services/web /app/services/web
COPY services/dlq_console /app/services/dlq_console
ENV HTTP_PORT=3004
EXPOSE 3004
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["python", "-I", "-S", "/app/probe.py", "/health"]
ENTRYPOINT ["python", "-m", "services.dlq_console"]

# Schemas and topics: `compat-checks`, `eccs-contracts`, and what they apply. Also the embedded registry.
FROM runtime AS compat-checks
COPY schemas /app/schemas
ENTRYPOINT ["compat-checks"]
CMD ["check"]
