import { IMPORTED_CHANNEL } from '../eligibility/create-eligibility.ts'
import { REFERRAL_SEAL } from '../eligibility/read-lists.ts'
import { OtherSecret, secretMark } from '../eligibility/read-register.ts'
import type { Referral as ReferralRecord } from '../eligibility/register-record.ts'
import { createSeal } from '../eligibility/seal.ts'
import type { Clock } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Sql } from '../platform/postgres.ts'
import type { ReferralActor, StoredReferral } from './referral-record.ts'
import { noteLooks } from './write-records.ts'

export interface ReferralIssued extends ReferralActor {
  readonly encounterId: string | null
  readonly disasterId: string | null
}

/** Slips in Postgres: the record, sealed, where an import puts it too; who issued it and what used it beside it. */
export interface ReferralStore {
  /** @param encounterId a slip of a year is used once for each visit: the use by this one is found */
  find(sql: Sql, id: string, encounterId?: string): Promise<StoredReferral | undefined>
  /** All of a person, used ones too. */
  ofPerson(sql: Sql, personalId: string): Promise<readonly StoredReferral[]>
  /** False: it is there already, and stays as it is. */
  insert(sql: Sql, record: ReferralRecord, issued: ReferralIssued): Promise<boolean>
  /** False: there is a use already. Of two at once the second waits for the first to commit. */
  insertUse(sql: Sql, id: string, slot: string, use: { facilityCode: string; encounterId: string }): Promise<boolean>
  /** Last in its transaction, because all who issue and use meet at one row. Running processes drop their copies. */
  changed(sql: Sql): Promise<void>
  /** Who looked at whose slips: a line of the access log. */
  look(sql: Sql, action: string, personalId: string, actor: ReferralActor): Promise<void>
}

export function createReferralStore({ keyedHash, clock }: { keyedHash: KeyedHash; clock: Clock }): ReferralStore {
  const seal = createSeal(keyedHash, REFERRAL_SEAL)
  const mark = secretMark(keyedHash)
  const now = () => new Date(clock.now()).toISOString()

  function opened(row: Row): StoredReferral {
    const text = seal.open(row.sealed, row.id)
    if (text === undefined) throw new OtherSecret()
    const { useFacility: facilityCode, useEncounter: encounterId, usedAt } = row
    const isUsed = facilityCode !== null && encounterId !== null && usedAt !== null
    return {
      record: JSON.parse(text) as ReferralRecord,
      disasterId: row.disasterId,
      use: isUsed ? { facilityCode, encounterId, usedAt } : undefined,
    }
  }
  return {
    async find(sql, id, encounterId = '') {
      const { rows } = await sql.query<Row>(FIND, [id, encounterId], 'referral-find')
      return rows[0] && opened(rows[0])
    },
    async ofPerson(sql, personalId) {
      const { rows } = await sql.query<Row>(OF_PERSON, [keyedHash.member('personal', personalId)], 'referral-of-person')
      return rows.map(opened)
    },
    async insert(sql, record, { facilityCode, clientId, encounterId, disasterId }) {
      const { id, personalId, signedAt } = record
      const { rows } = await sql.query<{ mark: string | null }>(MARK, [], 'referral-mark')
      if (rows[0]?.mark != null && rows[0].mark !== mark) throw new OtherSecret()
      const values = [id, keyedHash.member('personal', personalId), signedAt, seal.seal(JSON.stringify(record), id)]
      const { rowCount } = await sql.query(INSERT, values, 'referral-insert')
      if (rowCount === 0) return false
      await sql.query(INSERT_ISSUE, [id, facilityCode, clientId, now(), encounterId, disasterId], 'referral-insert-issue')
      return true
    },
    async insertUse(sql, id, slot, { facilityCode, encounterId }) {
      const { rowCount } = await sql.query(INSERT_USE, [id, slot, facilityCode, encounterId, now()], 'referral-insert-use')
      return rowCount === 1
    },
    async changed(sql) {
      await sql.query(CHANGED, [mark, IMPORTED_CHANNEL], 'referral-changed')
    },
    async look(sql, action, personalId, { facilityCode, clientId }) {
      const subject = keyedHash.digest('audit-subject', personalId)
      const ref = keyedHash.digest(
        'audit-ref',
        [action, subject, facilityCode, clientId, now(), String(clock.random())].join('\u0000'),
      )
      const staff = { staffRef: null, staffSealed: null }
      await noteLooks(sql, [
        { ref, actor: `client ${clientId}`, action, subject, facilityCode, purpose: 'referral', fields: ['referrals'], ...staff },
      ])
    },
  }
}

interface Row {
  readonly id: string
  readonly sealed: Buffer
  readonly disasterId: string | null
  readonly useFacility: string | null
  readonly useEncounter: string | null
  readonly usedAt: string | null
}

const COLUMNS = `r.id, r.sealed, i.disaster_id AS "disasterId",
  u.facility_code AS "useFacility", u.encounter_id AS "useEncounter", u.used_at AS "usedAt"`
const FIND = `SELECT ${COLUMNS} FROM register_referral r
  LEFT JOIN referral_issue i ON i.referral_id = r.id
  LEFT JOIN LATERAL (SELECT * FROM referral_use WHERE referral_id = r.id AND slot IN ('', $2) ORDER BY slot DESC LIMIT 1) u ON true
  WHERE r.id = $1`
const OF_PERSON = `SELECT ${COLUMNS} FROM register_referral r
  LEFT JOIN referral_issue i ON i.referral_id = r.id
  LEFT JOIN referral_use u ON u.referral_id = r.id AND u.slot = ''
  WHERE r.member_key = $1`
const MARK = "SELECT secret_mark AS mark FROM register_state WHERE kind = 'referrals'"
const INSERT = 'INSERT INTO register_referral (id, member_key, as_of, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING'
const INSERT_ISSUE = `INSERT INTO referral_issue (referral_id, facility_code, client_id, issued_at, encounter_id, disaster_id)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (referral_id) DO NOTHING`
const INSERT_USE = `INSERT INTO referral_use (referral_id, slot, facility_code, encounter_id, used_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (referral_id, slot) DO NOTHING`
const CHANGED = `WITH next AS (
    UPDATE register_state SET revision = revision + 1, whole_revision = revision + 1, secret_mark = $1 WHERE kind = 'referrals' RETURNING revision)
  SELECT pg_notify($2, 'referrals ' || revision) FROM next`
