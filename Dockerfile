# Built and run the same way as a checkout: npm ci, npm run build, node dist/main.js.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
# The dev dependency "node" brings a Node of its own, which this image has already.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
EXPOSE 8080
# Without tenants it writes nothing: run it with --read-only. With them, mount a volume that the user node may write, and name it as `state: {dir: ...}`,
# or keep the state in Redis.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
# Refuses to start on a public address until you say how it is protected: add `--auth none` and publish the port to loopback or
# a private network only, or mount a config file.
CMD ["serve", "--host", "0.0.0.0"]
