import { answerBytes } from '../domain/answer.ts'
import type { Ledger, StoredVersion } from '../ledger/ledger.ts'
import { decisionRecord } from '../stream/records.ts'
import type { OutgoingRecord, Stream } from '../stream/stream.ts'

export interface Publisher {
  /** Publishes what a committed batch noted; whatever fails stays noted and is swept later. Resolves when done or given up. */
  publish(
    publishId: number,
    versions: readonly StoredVersion[],
    republish: readonly { claimId: string; version: number }[],
  ): Promise<void>
  /** Publishes what was noted longer ago than `olderThanMs` and is still there (a process died between commit and append). */
  sweep(olderThanMs: number): Promise<number>
}

/** Batches read back in one sweep. */
const SWEEP_BATCHES_MAX = 20

export function createPublisher({
  stream,
  ledger,
  onTrouble,
}: {
  stream: Stream
  ledger: Ledger
  onTrouble: (cause: unknown) => void
}): Publisher {
  async function append(versions: readonly StoredVersion[]): Promise<void> {
    await stream.appendAll('claims.decided.v1', versions.map(answerRecord))
    const held = versions.filter(({ status }) => status === 'held')
    if (held.length > 0) await stream.appendAll('claims.dead-letter.v1', held.map(deadLetterRecord))
  }

  async function sweep(olderThanMs: number): Promise<number> {
    const pending = await ledger.pendingPublications(olderThanMs, SWEEP_BATCHES_MAX)
    const failures: unknown[] = []
    for (const { publishId, versions } of pending) {
      try {
        if (versions.length > 0) await append(versions)
        await ledger.published([publishId])
      } catch (cause) {
        // One that cannot be published does not keep the others back.
        failures.push(cause)
      }
    }
    if (failures.length > 0) throw failures[0]
    return pending.length
  }

  async function publish(
    publishId: number,
    versions: readonly StoredVersion[],
    republish: readonly { claimId: string; version: number }[],
  ) {
    try {
      // A duplicate's version is not at hand: the note is read back whole (rare, and by reference).
      const all = republish.length === 0 ? versions : ((await ledger.publication(publishId))?.versions ?? [])
      if (all.length > 0) await append(all)
      await ledger.published([publishId])
    } catch (cause) {
      onTrouble(cause)
    }
  }
  return { publish, sweep }
}

/** The decided record of a version: the answer of the contract, made once. */
function answerRecord(stored: StoredVersion): OutgoingRecord {
  return decisionRecord(stored, stored.streamKey, answerBytes({ ...stored, replayed: false }, stored.decision))
}

function deadLetterRecord(stored: StoredVersion): OutgoingRecord {
  return deadLetter(stored.streamKey, {
    reason: stored.heldReason ?? 'unreadable',
    facility: stored.facilityCode,
    'claim-id': stored.claimId,
    'content-sha256': stored.contentSha256,
    ce_time: stored.decidedAt,
  })
}

/** A dead letter says what and why; the bytes stay where they are (ledger and `claims.submitted.v1`). */
export function deadLetter(key: string, headers: Record<string, string>): OutgoingRecord {
  return {
    key,
    value: null,
    headers: { ce_specversion: '1.0', ce_type: 'vn.bhyt.claim.dead-letter.v1', ce_source: '/adjudication', ...headers },
  }
}
