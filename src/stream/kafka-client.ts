import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'

/**
 * The one way to a kafkajs client: pinned version, its idle timer off, its log on our hook, and a count of the produce requests that
 * were begun, which is what tells "nothing was stored" from "not known".
 */
const GUARDED_VERSION = '2.2.4'
const PRODUCE_API_KEY = 0
const KEEP_ALIVE_MS = 60_000
const SAME_LINE_MS = 10_000
const LINES_REMEMBERED_MAX = 200

export interface KafkaClientOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly connectionTimeoutMs: number
  readonly requestTimeoutMs: number
  /** Retries of connecting and of metadata inside kafkajs; sends have none. */
  readonly retries: number
  readonly onTrouble: (what: string, cause?: unknown) => void
}

export function createKafkaClient(options: KafkaClientOptions, onProduceBegun: () => void = () => {}): Kafka {
  turnOffIdleTimer()
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { retries: options.retries, initialRetryTime: 50, maxRetryTime: 500, factor: 0.5, multiplier: 2 },
    socketFactory: countingSockets(onProduceBegun),
    logLevel: logLevel.ERROR,
    logCreator: () => quietLog(options.onTrouble),
  })
}

const saidTo = new WeakMap<KafkaClientOptions['onTrouble'], Map<string, number>>()

/** kafkajs says the same at every try while a broker is down, on every connection: once in 10 s is enough. */
function quietLog(onTrouble: KafkaClientOptions['onTrouble']) {
  const saidAt = saidTo.get(onTrouble) ?? new Map<string, number>()
  saidTo.set(onTrouble, saidAt)
  return ({ namespace, log }: { namespace: string; log: { message: string } }) => {
    const text = `kafkajs ${namespace}: ${log.message}`
    const now = performance.now()
    if (now - (saidAt.get(text) ?? Number.NEGATIVE_INFINITY) < SAME_LINE_MS) return
    if (saidAt.size >= LINES_REMEMBERED_MAX) saidAt.clear()
    saidAt.set(text, now)
    onTrouble(text)
  }
}

type SocketFactory = NonNullable<KafkaConfig['socketFactory']>

/** Plain sockets that report each produce request (its api key stands behind the length) before its first byte leaves. */
function countingSockets(onProduceBegun: () => void): SocketFactory {
  return ({ host, port, onConnect }) => {
    const socket = connect({ host, port, noDelay: true }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    const write = socket.write.bind(socket) as (data: unknown, encoding?: unknown, done?: unknown) => boolean
    const counted = (data: unknown, encoding?: unknown, done?: unknown) => {
      if (Buffer.isBuffer(data) && data.length > 6 && data.readInt16BE(4) === PRODUCE_API_KEY) onProduceBegun()
      return write(data, encoding, done)
    }
    socket.write = counted as typeof socket.write
    return socket
  }
}

interface RequestQueue {
  readonly pending: readonly unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}
const PENDING_CHECK_MS = 10

/**
 * kafkajs re-arms a timer of about 1 ms on every connection for ever (its issue 1751), some 5 % of a core when idle. A check is needed
 * only while requests wait: with none pending there is nothing to send, and a new one is checked when it is pushed.
 */
function turnOffIdleTimer(): void {
  const require = createRequire(import.meta.url)
  const { version } = require('kafkajs/package.json') as { version: string }
  if (version !== GUARDED_VERSION) {
    throw new Error(
      `the guards around kafkajs are written for ${GUARDED_VERSION}, found ${version}: review src/stream/kafka-client.ts`,
    )
  }
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  prototype.scheduleCheckPendingRequests = scheduleOnlyWhenPending
}

function scheduleOnlyWhenPending(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId) return
  const throttledMs = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledMs > 0 ? throttledMs : PENDING_CHECK_MS,
  )
}
