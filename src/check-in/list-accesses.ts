import { readMembers } from '../eligibility/read-register.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { PostgresPool } from '../platform/postgres.ts'
import type { Staff } from './check-in.ts'
import { checkInSeal } from './check-in-store.ts'

/** One look at a member's data, as the member may be shown it. */
export interface Access {
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly facilityCode: string | null
  readonly purpose: string | null
  readonly fields: readonly string[] | null
  readonly staff: Staff | null
}
interface Row extends Omit<Access, 'staff'> {
  readonly ref: string | null
  readonly staffSealed: Buffer | null
}
const ACCESSES_MAX = 1_000
const ROWS = `SELECT at, actor, action, facility_code AS "facilityCode", purpose, fields, ref, staff_sealed AS "staffSealed"
  FROM access_audit WHERE subject = ANY ($1) ORDER BY at DESC, id DESC LIMIT ${ACCESSES_MAX}`
const NOTE = 'INSERT INTO access_audit (actor, action, subject) VALUES ($1, $2, $3)'

/**
 * Who looked at a member, newest first, at most 1,000, under whichever of the member's numbers. To ask is a look as well, and noted first.
 * @param identifier personal id, social insurance number or card number, as printed
 * @throws PostgresUnavailable · OtherSecret
 */
export async function listAccesses(
  { pool, keyedHash }: { readonly pool: PostgresPool; readonly keyedHash: KeyedHash },
  identifier: string,
  actor: string,
): Promise<readonly Access[]> {
  const normal = identifier.replaceAll(/\s/g, '').toUpperCase()
  const subjectOf = (number: string) => keyedHash.digest('audit-subject', number)
  await pool.query(NOTE, [actor, 'access.list', subjectOf(normal)])
  const keys = (['personal', 'insurance', 'card'] as const).map((kind) => keyedHash.member(kind, normal))
  const { rows: found } = await readMembers(pool, keyedHash)(keys)
  const numbers = [...found.values()].flatMap(({ value }) => [
    ...[value.personalId, value.socialInsuranceNumber].flatMap((number) => number ?? []),
    ...value.coverages.map(({ cardNumber }) => cardNumber),
  ])
  const { rows } = await pool.query<Row>(ROWS, [[...new Set([normal, ...numbers])].map(subjectOf)])
  const seal = checkInSeal(keyedHash)
  return rows.map(({ ref, staffSealed, ...access }) => {
    const staff = staffSealed === null ? undefined : seal.open(staffSealed, `look/${ref}`)
    return { ...access, staff: staff === undefined ? null : (JSON.parse(staff) as Staff) }
  })
}
