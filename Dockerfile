# The shipped program: one static binary, the roots of trust for TLS to the database, and nothing else. It runs as
# nobody, needs no shell, and writes to no file when DATABASE_URL is set (time zones and pages lie in the binary).
#
#   docker build --build-arg VERSION=$(git rev-parse --short=12 HEAD) -t lobby .
#   docker run -p 8080:8080 -e DATABASE_URL=... -e LOBBY_KEY=... lobby
#
# Migrations are a step of their own: docker run --rm -e DATABASE_URL=... lobby /lobby migrate up

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X lobby/app/boot.version=${VERSION}" -o /out/lobby .
RUN printf 'nobody:x:65534:65534:nobody:/:/sbin/nologin\n' > /out/passwd

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/passwd /etc/passwd
COPY --from=build /out/lobby /lobby
USER 65534:65534
ENV LOBBY_ADDR=:8080 LOBBY_LOG=json
EXPOSE 8080
STOPSIGNAL SIGTERM
# No ENTRYPOINT, so that a release step can run another subcommand in its place.
CMD ["/lobby", "serve"]
