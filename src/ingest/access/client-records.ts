import type { KeyedHash } from '../../platform/keyed-hash.ts'
import type { Sql } from '../../platform/postgres.ts'
import type { RandomBytes } from '../request-ids.ts'
import type { Role } from './access.ts'

/** A client as it is stored: of the secret only a keyed digest (it has 256 random bits, so a fast digest is the right one). */
export interface ClientRecord {
  readonly clientId: string
  readonly facilityCode: string
  readonly role: Role
  readonly secretDigest: string
  readonly createdAt: string
  readonly revokedAt: string | null
}
export interface NewClient {
  readonly clientId: string
  /** Shown once, never stored. */
  readonly clientSecret: string
  readonly facilityCode: string
  readonly role: Role
}

const CLIENT_ID_BYTES = 10
const SECRET_BYTES = 32
const DIGEST_PURPOSE = 'client-secret'
/** Far longer than the time between two looks, so that a slow commit is not missed. */
const LATELY = "interval '2 minutes'"

interface Row {
  readonly client_id: string
  readonly facility_code: string
  readonly role: Role
  readonly secret_digest: string
  readonly created_at: string
  readonly revoked_at: string | null
}
const COLUMNS = 'client_id, facility_code, role, secret_digest, created_at, revoked_at'

export const secretDigest = (keyedHash: KeyedHash, clientId: string, secret: string): string =>
  keyedHash.digest(DIGEST_PURPOSE, `${clientId}:${secret}`)

/** Registers a client and makes its secret. The facility need not be in the register yet. */
export async function addClient(
  sql: Sql,
  keyedHash: KeyedHash,
  randomBytes: RandomBytes,
  { facilityCode, role }: { facilityCode: string; role: Role },
): Promise<NewClient> {
  const clientId = `client_${randomBytes(CLIENT_ID_BYTES).toString('hex')}`
  const clientSecret = randomBytes(SECRET_BYTES).toString('base64url')
  await sql.query('INSERT INTO clients (client_id, facility_code, role, secret_digest) VALUES ($1, $2, $3, $4)', [
    clientId,
    facilityCode,
    role,
    secretDigest(keyedHash, clientId, clientSecret),
  ])
  return { clientId, clientSecret, facilityCode, role }
}

/** All clients, oldest first, revoked ones too. */
export async function listClients(sql: Sql): Promise<readonly ClientRecord[]> {
  const { rows } = await sql.query<Row>(`SELECT ${COLUMNS} FROM clients ORDER BY created_at, client_id`, [])
  return rows.map(recordOf)
}

/** @returns false when there is no such client. Revoking again changes nothing. */
export async function revokeClient(sql: Sql, clientId: string): Promise<boolean> {
  const { rows } = await sql.query(
    'UPDATE clients SET revoked_at = coalesce(revoked_at, now()), changed_at = now() WHERE client_id = $1 RETURNING client_id',
    [clientId],
  )
  return rows.length > 0
}

/** Where a running process reads its clients from. */
export interface ClientSource {
  all(): Promise<readonly ClientRecord[]>
  /** Those that changed in the last two minutes; cheap enough to ask every few seconds. */
  changed(): Promise<readonly ClientRecord[]>
}

export function createClientSource(sql: Sql): ClientSource {
  return {
    all: () => listClients(sql),
    async changed() {
      const { rows } = await sql.query<Row>(
        `SELECT ${COLUMNS} FROM clients WHERE changed_at > now() - ${LATELY} ORDER BY changed_at LIMIT 10000`,
        [],
      )
      return rows.map(recordOf)
    },
  }
}

function recordOf(row: Row): ClientRecord {
  return {
    clientId: row.client_id,
    facilityCode: row.facility_code,
    role: row.role,
    secretDigest: row.secret_digest,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }
}
