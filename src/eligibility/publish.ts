import { type Clock, vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { OutgoingRecord, Stream } from '../stream/stream.ts'
import { createMemberRecords, MEMBERS_TOPIC } from './feed-record.ts'
import type { ImportFault } from './import.ts'
import { textOf } from './line-fault-texts.ts'
import { linesOf } from './register-lines.ts'
import { checkAsOf, type LineFault, readRecord } from './register-record.ts'

export interface PublishDeps {
  readonly stream: Pick<Stream, 'appendAll'>
  readonly keyedHash: KeyedHash
  readonly clock: Clock
}
export interface PublishReport {
  readonly asOf: string
  readonly lines: number
  readonly published: number
  /** The first 200. Their lines were not published; those before and after were. */
  readonly faults: readonly ImportFault[]
  readonly faultyLines: number
}

const RECORDS_PER_BATCH = 1_000
const FAULTS_LISTED_MAX = 200

/**
 * Says every member of a register file on the topic of members, in the order of the file; whoever consumes it keeps the newest version. Sent twice, it
 * changes nothing.
 * @throws StreamUnavailable · StreamUnconfirmed
 */
export async function publishMembers(
  chunks: AsyncIterable<Uint8Array | string>,
  { stream, keyedHash, clock }: PublishDeps,
  onProgress: (published: number) => void = () => {},
): Promise<PublishReport> {
  const records = createMemberRecords(keyedHash)
  const faults: ImportFault[] = []
  let [asOf, isFirst, lines, published, faultyLines] = [vietnamDate(clock.now()), true, 0, 0, 0]
  let batch: OutgoingRecord[] = []

  async function flush(): Promise<void> {
    if (batch.length > 0) await stream.appendAll(MEMBERS_TOPIC, batch)
    published += batch.length
    batch = []
    onProgress(published)
  }
  function note(line: number, found: readonly LineFault[]): void {
    faultyLines++
    const room = FAULTS_LISTED_MAX - faults.length
    faults.push(...found.slice(0, room).map((fault) => ({ line, pointer: fault.pointer, code: fault.code, text: textOf(fault) })))
  }

  for await (const { number, text } of linesOf(chunks)) {
    const value = text === undefined ? undefined : parse(text)
    const head = isFirst ? checkAsOf(value) : undefined
    isFirst = false
    if (head?.ok) {
      asOf = head.value.asOf
      continue
    }
    lines++
    const read = value === undefined ? undefined : readRecord.members(value)
    if (read?.ok) batch.push(records.encode(read.record, asOf))
    else note(number, read?.faults ?? [{ pointer: '', code: text === undefined ? 'line' : 'json' }])
    if (batch.length >= RECORDS_PER_BATCH) await flush()
  }
  await flush()
  return { asOf, lines, published, faults, faultyLines }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
