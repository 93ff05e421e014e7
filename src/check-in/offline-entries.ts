import { hash } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { Sql } from '../platform/postgres.ts'
import type { CheckInCaller } from './check-in.ts'
import type { OfflineEntry } from './offline.ts'

export interface EntryOutcome {
  readonly madeAtMs: number | undefined
  readonly checkInId: string | undefined
  /** Why it was refused. */
  readonly refused: string | undefined
}
/** What became of each entry of a kiosk's queue; for those who reconcile. */
export interface OfflineEntries {
  /** The first outcome stays, but what was refused at first may be taken later. Never throws: what the ledger does not hold is in the answer and, of a check-in, on the stream. */
  note(entry: OfflineEntry, from: CheckInCaller & { readonly facilityCode: string }, outcome: EntryOutcome): Promise<void>
}

export function createOfflineEntries(sql: Sql, clock: Clock, onTrouble: (what: string, cause: unknown) => void): OfflineEntries {
  return {
    async note({ payload }, { facilityCode, clientId, kioskId = null }, { madeAtMs, checkInId = null, refused = null }) {
      const at = madeAtMs === undefined ? null : new Date(madeAtMs).toISOString()
      const values = [
        hash('sha256', payload),
        facilityCode,
        clientId,
        kioskId,
        at,
        new Date(clock.now()).toISOString(),
        checkInId,
        refused,
      ]
      await sql.query(INSERT, values, 'offline-entry').catch((cause: unknown) => onTrouble('offline-entry', cause))
    },
  }
}

const INSERT = `INSERT INTO offline_entry (entry_sha256, facility_code, client_id, kiosk_id, at, uploaded_at, check_in_id, refused_code)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (entry_sha256) DO UPDATE SET facility_code = excluded.facility_code,
    client_id = excluded.client_id, kiosk_id = excluded.kiosk_id, at = excluded.at, check_in_id = excluded.check_in_id, refused_code = NULL
  WHERE offline_entry.check_in_id IS NULL AND excluded.check_in_id IS NOT NULL`
