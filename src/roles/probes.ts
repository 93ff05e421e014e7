import { createProbeApp } from '../ingest/app.ts'
import { startHttp } from '../ingest/http-server.ts'
import type { Parts, Role } from './parts.ts'

/** `/livez`, `/readyz` and `/metrics` on one port, without the API: for a port of their own, and for a process that takes no claims. */
export async function startProbes(parts: Parts, port: number, watched: readonly Role[]): Promise<Role> {
  const { config, log, metrics, clock, randomBytes } = parts
  const reasons = async () => (await Promise.all(watched.map((role) => role.reasons()))).flat()
  const app = createProbeApp({ clock, log, metrics, randomBytes, readiness: reasons })
  const http = await startHttp(app, { host: config.host, port, clock, randomBytes })
  log.info('probes.listening', { host: config.host, port: http.port })
  return { reasons: async () => [], stop: (deadlineMs) => http.close(deadlineMs) }
}
