import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import type { Attempt } from './append-lane.ts'

/**
 * The one way to a kafkajs client: pinned version, its idle timer off, its log on our hook, and every produce request tied to the send
 * it is of, which is what tells "nothing was stored" from "not known", and keeps it true.
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

export function createKafkaClient(options: KafkaClientOptions): Kafka {
  guardRequestQueue()
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { retries: options.retries, initialRetryTime: 50, maxRetryTime: 500, factor: 0.5, multiplier: 2 },
    socketFactory: plainSocket,
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

const plainSocket: SocketFactory = ({ host, port, onConnect }) => {
  const socket = connect({ host, port, noDelay: true }, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

const attempts = new AsyncLocalStorage<Attempt>()

/**
 * Runs a send: it marks the attempt as begun before the first byte of a produce request is handed to a socket, and once the attempt is
 * called off it fails instead, however long kafkajs has been looking for the leader, connecting or waiting for a throttle to end.
 */
export function producingFor<Answer>(attempt: Attempt, send: () => Promise<Answer>): Promise<Answer> {
  return attempts.run(attempt, send)
}

interface PushedRequest {
  readonly entry: { readonly apiKey: number; readonly reject: (cause: Error) => void }
  sendRequest: () => void
}
interface RequestQueue {
  push(pushed: PushedRequest): void
  readonly pending: readonly unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}
const PENDING_CHECK_MS = 10

/** Patches the one class behind all connections; it is the same for all clients of this process. */
function guardRequestQueue(): void {
  const require = createRequire(import.meta.url)
  const { version } = require('kafkajs/package.json') as { version: string }
  if (version !== GUARDED_VERSION) {
    throw new Error(
      `the guards around kafkajs are written for ${GUARDED_VERSION}, found ${version}: review src/stream/kafka-client.ts`,
    )
  }
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  if (prototype.scheduleCheckPendingRequests === scheduleOnlyWhenPending) return
  prototype.scheduleCheckPendingRequests = scheduleOnlyWhenPending
  const { push } = prototype
  prototype.push = function pushTiedToItsAttempt(pushed) {
    const attempt = attempts.getStore()
    push.call(this, attempt && pushed.entry.apiKey === PRODUCE_API_KEY ? tied(pushed, attempt) : pushed)
  }
}

/** The queue may hand it over later and from elsewhere, so the attempt is kept with it. */
function tied(pushed: PushedRequest, attempt: Attempt): PushedRequest {
  const sendRequest = () => {
    if (attempt.calledOff) return pushed.entry.reject(new Error('the send was called off before it began'))
    attempt.begun = true
    pushed.sendRequest()
  }
  return { ...pushed, sendRequest }
}

/**
 * kafkajs re-arms a timer of about 1 ms on every connection for ever (its issue 1751), some 5 % of a core when idle. A check is needed
 * only while requests wait: with none pending there is nothing to send, and a new one is checked when it is pushed.
 */
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
