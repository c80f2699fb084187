# The image that BASE_BUILD names compiles the program: another one may be a mirror, as long as it has Rust, gcc, glibc and the root
# certificates.
ARG BASE_BUILD=rust:1.95-slim-bookworm
# hadolint ignore=DL3006
FROM ${BASE_BUILD} AS build
WORKDIR /src
COPY . .
# The caches outlive a build, so that dependencies are compiled once; the binary has to leave them within the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked -p derslik \
    && install -D target/release/derslik /out/root/usr/local/bin/derslik
# The shared libraries that the program is linked with, and the loader.
# hadolint ignore=DL3059
RUN ldd /out/root/usr/local/bin/derslik >/tmp/linked \
    && sed -En 's#^[^/]*(/[^ ]+) \(0x[0-9a-f]+\)$#\1#p' /tmp/linked >/tmp/libraries \
    && test -s /tmp/libraries \
    && xargs --arg-file=/tmp/libraries cp --dereference --parents --target-directory=/out/root
# The roots by which the certificate of a PostgreSQL server is checked, a user, how names of hosts are found, and the only folder that
# the program writes to. The user id is fixed: a mounted folder keeps its owner over rebuilds, and an orchestrator can check that it is
# not root.
# hadolint ignore=DL3059
RUN install -D --mode=644 /etc/ssl/certs/ca-certificates.crt /out/root/etc/ssl/certs/ca-certificates.crt \
    && printf 'root:x:0:0::/:/sbin/nologin\nderslik:x:10001:10001::/var/lib/derslik:/sbin/nologin\n' >/out/root/etc/passwd \
    && printf 'root:x:0:\nderslik:x:10001:\n' >/out/root/etc/group \
    && printf 'hosts: files dns\n' >/out/root/etc/nsswitch.conf \
    && install --directory --mode=1777 /out/root/tmp \
    && install --directory /out/root/var/lib \
    && install --directory --mode=700 /out/data/derslik

# Without a shell or a package manager, nothing in the image is there for an intruder to use, and nothing but these files to update.
FROM scratch
COPY --from=build /out/root/ /
COPY --from=build --chown=10001:10001 /out/data/ /var/lib/
ENV PATH=/usr/local/bin
USER 10001:10001
# `serve` on SQLite keeps its data in ./data. On PostgreSQL nothing is written here.
WORKDIR /var/lib/derslik
# The APIs, and the operations listener. That one is on the loopback address of the container unless ops.listen says otherwise.
EXPOSE 8080 8081
# Asks the operations listener, with the settings of the container.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["derslik", "health"]
ENTRYPOINT ["derslik"]
# As a variable, so that commands in the container know it too.
ENV DERSLIK_LISTEN=0.0.0.0:8080
CMD ["serve"]
