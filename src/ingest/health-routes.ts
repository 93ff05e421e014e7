import type { Metrics } from '../platform/metrics.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { Router } from './route.ts'

/** Why the process should get no new work; empty when it may. */
export type ReadinessReasons = () => readonly string[] | Promise<readonly string[]>

/** `/livez`: the process runs. `/readyz`: it can do its work; reasons are for people. */
export function addHealthRoutes(router: Router, readiness: ReadinessReasons): void {
  router.open('GET', '/livez', () => jsonReply(200, { status: 'ok' }))
  router.open('GET', '/readyz', async () => {
    const reasons = await readiness()
    return reasons.length === 0 ? jsonReply(200, { status: 'ready' }) : jsonReply(503, { status: 'not-ready', reasons })
  })
}

export function addMetricsRoute(router: Router, metrics: Metrics): void {
  router.open('GET', '/metrics', async (): Promise<Reply> => {
    const { text, contentType } = await metrics.expose()
    return { status: 200, headers: { 'Content-Type': contentType }, body: text }
  })
}
