import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { Staff } from './check-in.ts'
import { checkInSeal } from './check-in-store.ts'
import type { Look } from './record.ts'

/** Who looks, from the credential and from what the desk says of itself. */
export interface Looker {
  readonly clientId: string
  readonly staff: Staff | undefined
}

/** The staff part of a line of the access log: a keyed hash to find all of one person's, and the name sealed. */
export function staffOfLook(staff: Staff | undefined, ref: string, keyedHash: KeyedHash): Pick<Look, 'staffRef' | 'staffSealed'> {
  if (staff === undefined) return { staffRef: null, staffSealed: null }
  return {
    staffRef: keyedHash.digest('audit-staff', staffKeyOf(staff)),
    staffSealed: checkInSeal(keyedHash).seal(JSON.stringify(staff), `look/${ref}`).toString('base64'),
  }
}

const staffKeyOf = ({ name, personalId }: Staff) => personalId ?? name.normalize('NFC').toUpperCase()

const HOUR_MS = 3_600_000

/** What a list shows of each person. */
export interface SeenInList {
  readonly action: string
  readonly fields: readonly string[]
}
const MASKED: SeenInList = { action: 'check-in.list', fields: ['name-masked', 'birth-year', 'alerts'] }

/** A list shows many people; each is noted once an hour and looker (client and named clerk), since a reception page asks every few seconds. */
export function listLooks(
  listed: readonly { readonly auditSubject: string }[],
  facilityCode: string,
  { clientId, staff }: Looker,
  keyedHash: KeyedHash,
  nowMs: number,
  { action, fields }: SeenInList = MASKED,
): Look[] {
  const hour = Math.floor(nowMs / HOUR_MS)
  const subjects = [...new Set(listed.map(({ auditSubject }) => auditSubject))]
  return subjects.map((subject) => {
    const ref = keyedHash.digest(
      'audit-ref',
      [
        clientId,
        staff === undefined ? '' : staffKeyOf(staff),
        subject,
        String(hour),
        ...(action === MASKED.action ? [] : [action]),
      ].join('\u0000'),
    )
    return {
      ...{ ref, actor: `client ${clientId}`, action, subject, facilityCode },
      ...{ purpose: 'reception', fields },
      ...staffOfLook(staff, ref, keyedHash),
    }
  })
}
