# Ingress: takes signed webhooks and pushes them into Redis. Build from the top of the repository:
#   docker build --file docker/ingress.Dockerfile --tag quoteline-ingress .
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
RUN swift build --configuration release --static-swift-stdlib --product ingress \
    && install -D .build/release/ingress /out/ingress

FROM ${RUNTIME}
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libhiredis0.14 libssl3 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin quoteline
COPY --from=build /out/ingress /usr/local/bin/ingress
COPY docker/healthcheck /usr/local/bin/healthcheck
USER 10001:10001
ENV INGRESS_OPS_PORT=9101
EXPOSE 8080 9101
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/usr/local/bin/healthcheck", "9101"]
ENTRYPOINT ["/usr/local/bin/ingress"]
