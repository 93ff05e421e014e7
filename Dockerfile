# Production image: dependencies in one stage, the runtime in the other. No compiler, no package manager's cache, no embedded parts.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:24-bookworm-slim
ENV NODE_ENV=production GATEWAY_PROFILE=production GATEWAY_HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY schemas ./schemas
COPY rulebook ./rulebook
COPY web ./web
COPY src ./src
USER node
EXPOSE 8080 9464
# The process needs no writable folder: keys and trust are mounted, everything else is in the back ends.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.GATEWAY_PORT ?? 8080) + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
