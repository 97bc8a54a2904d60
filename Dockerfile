# `docker build --target predict -t posters:predict .` predicts and serves; the target `full` also trains, and is what the
# machines of a Ray cluster run. docs/scale.md and docs/deployment.md tell how.
FROM python:3.11-slim AS base
# Nothing is written outside /tmp, so the file system may be read-only.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp POSTERS_CACHE=/tmp/posters RAY_USAGE_STATS_ENABLED=0
COPY pyproject.toml constraints.txt README.md LICENSE /src/
COPY posters /src/posters

FROM base AS predict
RUN pip install --no-cache-dir --constraint /src/constraints.txt '/src[parquet,serve]'
USER 10001:10001
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["posters"]
CMD ["serve", "--host", "0.0.0.0"]

FROM predict AS full
USER root
# KubeRay asks a pod's health by wget, of what ray[default] answers.
RUN apt-get update && apt-get install --yes --no-install-recommends wget && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --constraint /src/constraints.txt '/src[train,parquet,similar,serve,ray,s3]' 'ray[default]==2.60.0'
USER 10001:10001
