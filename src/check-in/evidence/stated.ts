import type { Member } from '../../domain/facts.ts'
import { compareNames, plainName } from '../../domain/names.ts'
import type { AttestedIdentity, CardIdentity, CheckInReason, StatedPerson } from '../check-in.ts'
import type { LegacyCodeName } from '../legacy-codes.ts'
import { reasonOf } from '../reasons.ts'
import type { EvidenceVerdict } from './evidence.ts'

/** A number, a name and a birth date that somebody reads out or that are printed: C0, and the register decides what they are worth. */
export function judgeCard({ stated }: CardIdentity): EvidenceVerdict {
  const isWhole =
    (stated.cardNumber ?? stated.personalId ?? stated.socialInsuranceNumber) !== undefined &&
    stated.fullName !== undefined &&
    stated.birthDate !== undefined
  return {
    standing: isWhole ? 'stated' : 'lowered',
    assurance: 'C0',
    checks: { card: isWhole ? 'not-done' : 'unknown' },
    reasons: isWhole ? [] : [reasonOf('not_enough')],
    person: stated,
    audit: {},
  }
}

/** A clerk vouches, with a reason: admitted for now, evidence follows. */
export function judgeAttested({ reason, stated }: AttestedIdentity): EvidenceVerdict {
  return {
    standing: 'lowered',
    assurance: 'C0',
    checks: { attested: 'pass' },
    reasons: [reasonOf('attested')],
    person: stated,
    audit: { attestedReason: reason },
  }
}

/** How the person shown compares with the one in the register. */
export interface PersonComparison {
  /** `other`: so different that it is somebody else. `differs`: a person must look. */
  readonly verdict: 'same' | 'near' | 'differs' | 'other'
  readonly reasons: readonly CheckInReason[]
  readonly legacyCode: LegacyCodeName | undefined
}

/** Compared as people do; a name alone never says that it is somebody else. What was not stated is not compared. */
export function comparePersons(stated: StatedPerson, member: Member): PersonComparison {
  const names = stated.fullName === undefined ? undefined : compareNames(stated.fullName, member.fullName)
  const nameDiffers = names?.verdict === 'different'
  const birthDiffers = stated.birthDate !== undefined && !isSameDay(stated.birthDate, member.birthDate)
  const nameReasons = nameDiffers ? names.parts.map((part) => reasonOf(`name_${part}`)) : []
  if (nameDiffers && birthDiffers) {
    return { verdict: 'other', reasons: [reasonOf('other_person'), ...nameReasons], legacyCode: nameCode(stated, member) }
  }
  if (nameDiffers) return { verdict: 'differs', reasons: nameReasons, legacyCode: nameCode(stated, member) }
  if (birthDiffers) return { verdict: 'differs', reasons: [reasonOf('birth_date')], legacyCode: '070' }
  if (names?.verdict === 'near') return { verdict: 'near', reasons: [reasonOf('name_near')], legacyCode: undefined }
  return { verdict: 'same', reasons: [], legacyCode: undefined }
}

/** Registers and cards of older people have the year alone, or year and month. */
function isSameDay(one: string, other: string): boolean {
  const known = (date: string) => date.replace(/(-00)+$/, '')
  const [left, right] = [known(one), known(other)]
  return left.startsWith(right) || right.startsWith(left)
}

/** 061 where the given name begins alike, which is what the national check calls the first letter. */
function nameCode({ fullName = '' }: StatedPerson, member: Member): LegacyCodeName {
  const initial = (name: string) => plainName(name).split(' ').at(-1)?.[0]
  return initial(fullName) === initial(member.fullName) ? '061' : '060'
}
