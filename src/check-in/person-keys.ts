import type { Member } from '../domain/facts.ts'
import type { MemberQuery } from '../eligibility/eligibility.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import type { StatedPerson } from './check-in.ts'

const PERSONAL_ID_LENGTH = 12
const normal = (value: string | undefined) => value?.replace(/\s+/g, '').toUpperCase() || undefined
/** A card of 15 characters ends in the 10-digit insurance number; a bare 10-digit number is one. */
const insuranceIn = (card: string | undefined) => /^(?:[A-Z]{2}\d{3})?(\d{10})$/.exec(card ?? '')?.[1]

/** How to look for the person that evidence shows; undefined when it says nobody. */
export function memberQueryOf(person: StatedPerson | undefined): MemberQuery | undefined {
  if (person === undefined) return undefined
  const card = normal(person.cardNumber)
  const personalId = normal(person.personalId) ?? (/^\d{12}$/.test(card ?? '') ? card : undefined)
  const insurance = normal(person.socialInsuranceNumber) ?? insuranceIn(card)
  if (personalId === undefined && insurance === undefined && card === undefined) return undefined
  return {
    personalId,
    socialInsuranceNumbers: insurance === undefined ? [] : [insurance],
    cardNumbers: card === undefined ? [] : [card],
  }
}

/** Under which names the ledger may know the member, in the order in which claims choose them. The first keys the stream. */
export function memberRefsOf(
  member: Member | undefined,
  query: MemberQuery | undefined,
  otherwise: string,
  keyedHash: KeyedHash,
): readonly [string, ...string[]] {
  const personal = member?.personalId ?? (query?.personalId?.length === PERSONAL_ID_LENGTH ? query.personalId : undefined)
  const insurance = member ? [member.socialInsuranceNumber ?? []].flat() : (query?.socialInsuranceNumbers ?? [])
  const refs = [
    ...(personal ? [keyedHash.member('personal', personal)] : []),
    ...insurance.map((number) => keyedHash.member('insurance', number)),
  ]
  const [first, ...rest] = refs
  if (first !== undefined) return [first, ...rest]
  const card = query?.cardNumbers[0]
  return [card === undefined ? keyedHash.member('name', query?.personalId ?? otherwise) : keyedHash.member('card', card)]
}

/** The identifier that the access log knows the member by: personal id, else insurance number, else card. */
export function auditSubjectOf(
  member: Member | undefined,
  query: MemberQuery | undefined,
  otherwise: string,
  keyedHash: KeyedHash,
): string {
  const identifier =
    member?.personalId ??
    member?.socialInsuranceNumber ??
    query?.personalId ??
    query?.socialInsuranceNumbers[0] ??
    query?.cardNumbers[0] ??
    otherwise
  return keyedHash.digest('audit-subject', identifier)
}

/** `NGUYỄN V** A`: family and given name, of the middle the first letter alone. */
export function maskedName(name: string): string {
  const words = name.normalize('NFC').trim().toUpperCase().split(/\s+/)
  return words.map((word, index) => (index === 0 || index === words.length - 1 ? word : `${[...word][0]}**`)).join(' ')
}
