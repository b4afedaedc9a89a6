# One image for collector, transform, reporter and api; the command says which.
# The embedded engine (chdb, half a gigabyte) stays out: in production ClickHouse is a server.

FROM node:24-slim AS packages
WORKDIR /roebuck
COPY package.json package-lock.json ./
# chdb cannot be left out as an optional package: `--omit=optional` would take the binaries of esbuild and canvas too.
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/chdb node_modules/@chdb \
  && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production TZ=UTC
WORKDIR /roebuck
COPY --from=packages /roebuck/node_modules ./node_modules
COPY package.json ./
COPY schemas ./schemas
COPY ingest ./ingest
COPY transform ./transform
COPY reporting ./reporting
COPY api ./api
USER node
EXPOSE 8080
ENTRYPOINT ["node", "api/main.ts"]
CMD ["--help"]
