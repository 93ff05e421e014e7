import type { Clock } from '../platform/clock.ts'
import type { Stream } from '../stream/stream.ts'
import type { CheckInStore } from './check-in-store.ts'
import { CHECK_INS_TOPIC, type Look } from './record.ts'

export const LOOK_MEDIA_TYPE = 'application/vnd.bhyt.access+json'
const LOOK_EVENT = 'vn.bhyt.access.noted.v1'

export interface NoteLooksDeps {
  readonly store: Pick<CheckInStore, 'note'>
  readonly stream: Pick<Stream, 'append'>
  readonly clock: Clock
  readonly onTrouble: (what: string, cause: unknown) => void
}
/** Resolves when the line of the access log is durable. @throws LookNotNoted */
export type NoteLook = (look: Look) => Promise<void>

/** The look can be noted nowhere: what it would show must not be shown. */
export class LookNotNoted extends Error {
  override readonly name = 'LookNotNoted'
}

/** Lines written by one statement, and lines that may wait for the one under way. */
const BATCH_MAX = 500
const WAITING_MAX = 5_000
/** How long Postgres may take for a batch; after that it is left out for a while. What it writes after all is the same line, once. */
const WRITE_MS_MAX = 1_000
const AWAY_MS = 2_000

interface Waiting {
  readonly look: Look
  readonly done: () => void
  readonly failed: (cause: unknown) => void
}

/**
 * Lines of the access log, all that come while one statement is under way in the next. Where Postgres does not take them they go onto the stream
 * of check-ins, whose consumer writes them later.
 */
export function createNoteLooks({ store, stream, clock, onTrouble }: NoteLooksDeps): NoteLook {
  const waiting: Waiting[] = []
  let isWriting = false
  let awayUntil = Number.NEGATIVE_INFINITY

  async function intoLedger(looks: readonly Look[]): Promise<void> {
    if (clock.monotonic() < awayUntil) throw new LookNotNoted('the ledger did not answer a moment ago')
    const stop = new AbortController()
    const written = store.note(looks)
    // Told already when it is late.
    written.catch(() => {})
    const late = clock.sleep(WRITE_MS_MAX, stop.signal).then(() => {
      if (stop.signal.aborted) return
      awayUntil = clock.monotonic() + AWAY_MS
      throw new LookNotNoted(`the ledger did not take the lines within ${WRITE_MS_MAX} ms`)
    })
    await Promise.race([written, late]).finally(() => stop.abort('answered'))
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      await intoLedger(batch.map(({ look }) => look))
      for (const { done } of batch) done()
    } catch (cause) {
      onTrouble('access-log', cause)
      for (const { look, done, failed } of batch) stream.append(CHECK_INS_TOPIC, lookRecordOf(look)).then(done, failed)
    }
  }
  async function writeAll(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) await write(waiting.splice(0, BATCH_MAX))
    isWriting = false
  }

  return async function noteLook(look) {
    if (waiting.length >= WAITING_MAX) throw new LookNotNoted('too many lines of the access log wait')
    try {
      await new Promise<void>((done, failed) => {
        waiting.push({ look, done, failed })
        if (!isWriting) void writeAll()
      })
    } catch (cause) {
      throw new LookNotNoted('neither the ledger nor the stream took the line', { cause })
    }
  }
}

/** As it travels. */
export function lookRecordOf(look: Look) {
  return {
    key: look.subject.slice(0, 32),
    value: Buffer.from(JSON.stringify({ look })),
    headers: {
      ce_specversion: '1.0',
      ce_id: look.ref,
      ce_type: LOOK_EVENT,
      ce_source: `/facilities/${look.facilityCode}`,
      facility: look.facilityCode,
      'content-type': LOOK_MEDIA_TYPE,
    },
  }
}

/** The line that a record of the stream of check-ins holds in place of a check-in; `undefined` for all others. */
export function readLook(headers: Readonly<Record<string, string>>, value: Buffer | null): Look | undefined {
  if (headers['content-type'] !== LOOK_MEDIA_TYPE || value === null) return undefined
  try {
    return (JSON.parse(value.toString('utf8')) as { look: Look }).look
  } catch {
    return undefined
  }
}
