import { request } from 'node:http'
import { expect, test } from 'vitest'
import { createLoopDelay, createMetrics } from '../../src/platform/metrics.ts'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway } from '../support/ingest.ts'

test('a process that ends answers those who wait with 202 and takes no more', async () => {
  const gateway = await startGateway()
  const bearer = await gateway.token()
  gateway.decider.mode.paused = true
  const waiting = Array.from({ length: 20 }, () => gateway.post('/v1/claims', bearer, makeClaim()))
  while (gateway.ingest.replies.count() < 20) await new Promise((resolve) => setTimeout(resolve, 10))
  const began = performance.now()
  const closing = gateway.http.close(5_000)
  gateway.ingest.replies.drain()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(20).fill(202))
  await closing
  expect(performance.now() - began).toBeLessThan(4_000)
  await expect(fetch(`${gateway.base}/livez`)).rejects.toThrow()
  await gateway.stop()
})

test('a connection that will not end does not hold the process beyond the deadline', async () => {
  const gateway = await startGateway()
  const open = request({ port: gateway.port, host: '127.0.0.1', method: 'POST', path: '/v1/oauth/token' })
  open.on('error', () => {})
  open.setHeader('content-type', 'application/x-www-form-urlencoded')
  open.write('grant')
  await new Promise((resolve) => setTimeout(resolve, 50))
  const began = performance.now()
  await gateway.http.close(300)
  expect(performance.now() - began).toBeLessThan(3_000)
  await gateway.stop()
})

test('a claim whose client has gone before the append is not filed', async () => {
  const gateway = await startGateway()
  const bearer = await gateway.token()
  gateway.ledger.mode.slow = true
  const aborted = new AbortController()
  const body = JSON.stringify(makeClaim())
  const sent = fetch(`${gateway.base}/v1/claims`, {
    method: 'POST',
    signal: aborted.signal,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body,
  })
  while (gateway.ingest.replies.count() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  aborted.abort()
  await expect(sent).rejects.toThrow()
  while (gateway.ingest.replies.count() > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(gateway.stream.records('claims.submitted.v1')).toHaveLength(0)
  await gateway.stop()
})

test('metrics say what the worker did, how deep the queues are and which part is in trouble', async () => {
  const metrics = createMetrics({ processMetrics: false })
  let lag: number | undefined = 7
  metrics.watch({
    waiters: () => 3,
    inflightBytes: () => 5,
    lag: () => lag,
    clients: () => 2,
    trouble: { cache: () => true, stream: () => false },
  })
  metrics.batch({ decided: 10, duplicates: 2, held: 1, ms: 40 })
  const { text } = await metrics.expose()
  for (const line of [
    'bhyt_waiters 3',
    'bhyt_inflight_bytes 5',
    'bhyt_lag_records 7',
    'bhyt_clients 2',
    'bhyt_part_in_trouble{part="cache"} 1',
    'bhyt_part_in_trouble{part="stream"} 0',
    'bhyt_adjudicated_total{kind="duplicate"} 2',
    'bhyt_batch_claims_sum 13',
  ]) {
    expect(text).toContain(line)
  }
  lag = undefined
  expect((await metrics.expose()).text).not.toMatch(/^bhyt_lag_records \d/m)
})

test('the delay of the event loop is seen', async () => {
  const delay = createLoopDelay()
  await new Promise((resolve) => setTimeout(resolve, 100))
  const until = performance.now() + 600
  while (performance.now() < until);
  let seen = 0
  for (let count = 0; count < 40 && seen < 5; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    seen = Math.max(seen, delay.ms())
  }
  delay.stop()
  expect(seen).toBeGreaterThan(5)
})
