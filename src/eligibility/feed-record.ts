import type { CalendarDate } from '../domain/claim.ts'
import type { Member } from '../domain/facts.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { OutgoingRecord } from '../stream/stream.ts'
import { checkAsOf, readRecord } from './register-record.ts'
import { createSeal, type Seal } from './seal.ts'

export const MEMBERS_TOPIC = 'registry.members.v1'
const MEDIA_TYPE = 'application/vnd.bhyt.sealed-member'
const EVENT = 'vn.bhyt.registry.member.v1'

/**
 * A member on the topic. The value is sealed with the member secret and bound to the key: the topic is compacted, so it holds the newest record of
 * every member for ever, in files of a broker that many may read; whoever may produce it has the secret already, to make the key.
 */
export interface MemberRecords {
  encode(member: Member, asOf: CalendarDate): OutgoingRecord
  /** `undefined` for what is not one of ours: another secret, a changed value, a record that the register's schema refuses. */
  decode(record: OutgoingRecord): { readonly member: Member; readonly asOf: CalendarDate } | undefined
}

export function createMemberRecords(keyedHash: KeyedHash): MemberRecords {
  const seal = createSeal(keyedHash, 'register-feed')
  return {
    encode(member, asOf) {
      const key = keyOf(member, keyedHash)
      return {
        key,
        value: seal.seal(JSON.stringify(member), `${key} ${asOf}`),
        headers: {
          ce_specversion: '1.0',
          ce_id: `${key}.${member.version}`,
          ce_type: EVENT,
          ce_source: '/register',
          'content-type': MEDIA_TYPE,
          'as-of': asOf,
        },
      }
    },
    decode: (record) => decode(record, seal, keyedHash),
  }
}

/** The name that the register keeps the member under. */
function keyOf({ personalId, socialInsuranceNumber }: Member, keyedHash: KeyedHash): string {
  return personalId === null
    ? keyedHash.member('insurance', socialInsuranceNumber ?? '')
    : keyedHash.member('personal', personalId)
}

function decode({ key, value, headers }: OutgoingRecord, seal: Seal, keyedHash: KeyedHash) {
  const given = checkAsOf({ asOf: headers['as-of'] })
  if (value === null || !given.ok || headers['content-type'] !== MEDIA_TYPE) return undefined
  const { asOf } = given.value
  const text = seal.open(value, `${key} ${asOf}`)
  const read = text === undefined ? undefined : readRecord.members(JSON.parse(text))
  return read?.ok && keyOf(read.record, keyedHash) === key ? { member: read.record, asOf } : undefined
}
