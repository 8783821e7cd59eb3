# Worker: takes jobs from Redis, stores conversations in Postgres; also the operators' command line.
# Build from the top of the repository:
#   docker build --file docker/worker.Dockerfile --tag quoteline-worker .
ARG BUILDER=swift:6.3-bookworm
ARG RUNTIME=debian:bookworm-slim

FROM ${BUILDER} AS build
# Versions are those of the Debian release; hadolint would have each pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libhiredis-dev libpq-dev libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Dependencies are fetched again only when the manifest changes.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
COPY Tests Tests
RUN swift build --configuration release --static-swift-stdlib --product worker \
    && install -D .build/release/worker /out/worker

FROM ${RUNTIME}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libhiredis0.14 libpq5 libssl3 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin quoteline \
    && install -d -m 700 -o 10001 -g 10001 /var/lib/quoteline /var/lib/quoteline/media
COPY --from=build /out/worker /usr/local/bin/worker
COPY docker/healthcheck /usr/local/bin/healthcheck
USER 10001:10001
ENV WORKER_OPS_PORT=9102
EXPOSE 8081 9102
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/usr/local/bin/healthcheck", "9102"]
ENTRYPOINT ["/usr/local/bin/worker"]
CMD ["run"]
