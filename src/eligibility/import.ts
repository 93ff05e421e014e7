import type { Cache } from '../cache/cache.ts'
import type { CalendarDate } from '../domain/claim.ts'
import { type Clock, vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool, Sql } from '../platform/postgres.ts'
import { FACILITY_PREFIX, IMPORTED_CHANNEL, MEMBER_PREFIX } from './create-eligibility.ts'
import { writers } from './import-entries.ts'
import type { Numbered, Writer } from './import-kinds.ts'
import { textOf } from './line-fault-texts.ts'
import { OtherSecret, secretMark } from './read-register.ts'
import { linesOf, type RegisterLine } from './register-lines.ts'
import { checkAsOf, type LineFault, type RegisterKind, type RegisterRecords, readRecord } from './register-record.ts'

export interface ImportDeps {
  readonly pool: PostgresPool
  readonly cache: Cache
  readonly keyedHash: KeyedHash
  readonly clock: Clock
}
export interface ImportOptions {
  /** Applies the good lines of a file that has bad ones. The register then does not count as being as new as the file. */
  readonly partial?: boolean
  readonly onProgress?: (progress: { readonly lines: number; readonly faulty: number }) => void
}
export interface ImportFault extends Pick<LineFault, 'pointer' | 'code'> {
  readonly line: number
  readonly text: { readonly vi: string; readonly en: string }
}
export interface ImportReport {
  readonly kind: RegisterKind
  readonly asOf: CalendarDate
  /** Records of the file, good and bad. */
  readonly lines: number
  /** New or changed. */
  readonly applied: number
  readonly unchanged: number
  /** Older than what is stored. */
  readonly ignored: number
  /** Lines with faults, all of them. */
  readonly faultyLines: number
  /** The first 200 faults. */
  readonly faults: readonly ImportFault[]
  /** `false`: nothing of the file was applied. */
  readonly committed: boolean
  /** Of the register after it; `undefined` when nothing was applied. */
  readonly revision: number | undefined
  /** `false`: other processes learn of it by themselves, at the latest when their copies grow old. */
  readonly cacheDropped: boolean
}

/** Another import of the same kind is running. */
export class ImportRunning extends Error {
  override readonly name = 'ImportRunning'
}

const RECORDS_PER_BATCH = 2_000
const FAULTS_LISTED_MAX = 200
/** First half of the advisory lock's name; the second is the kind. */
export const LOCK_CLASS = 4_751
const LOCK_TRIES_MAX = 10
const LOCK_RETRY_MS = 100

class Abandoned extends Error {}

interface Tally {
  asOf: CalendarDate
  lines: number
  applied: number
  unchanged: number
  ignored: number
  faultyLines: Set<number>
  faults: ImportFault[]
}

/**
 * Imports a register file (NDJSON as the contract says) in one transaction: without `partial`, one bad line and nothing is applied.
 * Every line is checked and written in any case, so that one report has all faults. Afterwards running processes drop what they have cached.
 * @throws PostgresUnavailable · ImportRunning · OtherSecret
 */
export async function importRegister(
  kind: RegisterKind,
  chunks: AsyncIterable<Uint8Array | string>,
  deps: ImportDeps,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const tally: Tally = {
    asOf: vietnamDate(deps.clock.now()),
    lines: 0,
    applied: 0,
    unchanged: 0,
    ignored: 0,
    faultyLines: new Set(),
    faults: [],
  }
  let revision: number | undefined
  try {
    revision = await deps.pool.transaction(async (sql) => {
      await begin(sql, kind, deps)
      await writeAll(kind, sql, linesOf(chunks), tally, deps, options)
      return finish(sql, kind, tally, deps.keyedHash)
    })
  } catch (cause) {
    if (!(cause instanceof Abandoned)) throw cause
  }
  const cacheDropped = revision !== undefined && (await dropCached(kind, deps.cache))
  const { faultyLines, ...counts } = tally
  const nothing = revision === undefined ? { applied: 0, unchanged: 0, ignored: 0 } : {}
  return { kind, ...counts, ...nothing, faultyLines: faultyLines.size, committed: revision !== undefined, revision, cacheDropped }
}

async function begin(sql: Sql, kind: RegisterKind, { keyedHash, clock }: ImportDeps): Promise<void> {
  if (!(await lockKind(sql, kind, clock))) throw new ImportRunning(`another import of ${kind} is running`)
  const { rows } = await sql.query<{ secret_mark: string | null }>('SELECT secret_mark FROM register_state WHERE kind = $1', [
    kind,
  ])
  const mark = rows[0]?.secret_mark
  if (mark != null && mark !== secretMark(keyedHash)) throw new OtherSecret()
}

/** The feed holds the lock for moments only; another import holds it to its end. */
async function lockKind(sql: Sql, kind: RegisterKind, clock: Clock): Promise<boolean> {
  for (let tries = 0; tries < LOCK_TRIES_MAX; tries++) {
    if (tries > 0) await clock.sleep(LOCK_RETRY_MS)
    const { rows } = await sql.query<{ held: boolean }>('SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS held', [
      LOCK_CLASS,
      kind,
    ])
    if (rows[0]?.held) return true
  }
  return false
}

async function writeAll<K extends RegisterKind>(
  kind: K,
  sql: Sql,
  lines: AsyncIterable<RegisterLine>,
  tally: Tally,
  { keyedHash }: ImportDeps,
  { onProgress, partial = false }: ImportOptions,
): Promise<void> {
  const writer: Writer<RegisterRecords[K]> = writers[kind](keyedHash)
  let batch: Numbered<RegisterRecords[K]>[] = []
  let isFirst = true

  async function flush(): Promise<void> {
    if (batch.length > 0) {
      const { applied, unchanged, ignored, faults } = await writer.write(sql, batch, tally.asOf)
      tally.applied += applied
      tally.unchanged += unchanged
      tally.ignored += ignored
      for (const { line, ...fault } of faults) note(tally, line, [fault])
    }
    batch = []
    onProgress?.({ lines: tally.lines, faulty: tally.faultyLines.size })
  }

  for await (const { number, text } of lines) {
    const value = text === undefined ? undefined : parse(text)
    const head = isFirst ? checkAsOf(value) : undefined
    isFirst = false
    if (head?.ok) {
      tally.asOf = head.value.asOf
      continue
    }
    tally.lines++
    if (text === undefined) note(tally, number, [{ pointer: '', code: 'line' }])
    else if (value === undefined) note(tally, number, [{ pointer: '', code: 'json' }])
    else {
      const read = readRecord[kind](value)
      if (read.ok) batch.push({ line: number, record: read.record })
      else note(tally, number, read.faults)
    }
    if (batch.length >= RECORDS_PER_BATCH) await flush()
  }
  await flush()
  const isWhole = tally.faultyLines.size === 0
  if (!isWhole && !partial) throw new Abandoned()
  await writer.finish?.(sql, isWhole ? tally.asOf : undefined)
}

function note(tally: Tally, line: number, faults: readonly LineFault[]): void {
  tally.faultyLines.add(line)
  for (const fault of faults) {
    const { pointer, code } = fault
    if (tally.faults.length < FAULTS_LISTED_MAX) tally.faults.push({ line, pointer, code, text: textOf(fault) })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function finish(sql: Sql, kind: RegisterKind, tally: Tally, keyedHash: KeyedHash): Promise<number> {
  const { rows } = await sql.query<{ revision: number }>(
    `UPDATE register_state
        SET revision = revision + 1, whole_revision = revision + 1, secret_mark = $3,
            as_of = CASE WHEN $4 THEN GREATEST(as_of, $2::date) ELSE as_of END
      WHERE kind = $1 RETURNING revision`,
    [kind, tally.asOf, secretMark(keyedHash), tally.faultyLines.size === 0],
  )
  const revision = rows[0]!.revision
  await sql.query('SELECT pg_notify($1, $2)', [IMPORTED_CHANNEL, `${kind} ${revision}`])
  return revision
}

async function dropCached(kind: RegisterKind, cache: Cache): Promise<boolean> {
  const prefix = kind === 'members' ? MEMBER_PREFIX : kind === 'facilities' ? FACILITY_PREFIX : undefined
  if (prefix === undefined) return true
  return cache.invalidate(prefix).then(
    () => true,
    () => false,
  )
}
