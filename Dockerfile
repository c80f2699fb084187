# syntax=docker/dockerfile:1
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
# The caches outlive a build, so that dependencies are compiled once; the binary has to leave them within the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked -p derslik \
    && install -D target/release/derslik /out/derslik

FROM debian:bookworm-slim
# The roots by which the certificate of a PostgreSQL server is checked. Their version is that of the day of the build: a pinned one
# would go out of the archive.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
# The user id is fixed: a mounted folder keeps its owner over rebuilds, and an orchestrator can check that it is not root.
RUN groupadd --gid 10001 derslik \
    && useradd --no-log-init --uid 10001 --gid derslik --home-dir /var/lib/derslik --shell /usr/sbin/nologin derslik \
    && install -d --owner derslik --group derslik --mode 0700 /var/lib/derslik
COPY --from=build /out/derslik /usr/local/bin/derslik
USER 10001:10001
# The only folder that the program writes to; `serve` keeps its data in ./data.
WORKDIR /var/lib/derslik
EXPOSE 8080
ENTRYPOINT ["derslik"]
# As a variable, so that commands in the container know it too.
ENV DERSLIK_LISTEN=0.0.0.0:8080
CMD ["serve"]
