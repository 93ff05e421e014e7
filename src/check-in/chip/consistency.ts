import { compareNames, plainName } from '../../domain/names.ts'
import { DerFault } from '../asn1/der.ts'
import { type CheckResult, ChipFault, failed, passed, unknown } from './checks.ts'
import { type CitizenData, readCitizenData } from './dg13.ts'
import { type Mrz, readMrz } from './mrz.ts'
import type { ChipPolicy } from './policy.ts'
import type { ChipReason } from './reasons.ts'

/** Who the caller says the card belongs to; what is absent is not compared. Dates are ISO. */
export interface ClaimedPerson {
  readonly personalId?: string
  readonly fullName?: string
  readonly birthDate?: string
}

/** The person as the card has them: DG13 first, DG1 where DG13 is silent. */
export interface CardPerson {
  readonly personalId: string
  readonly fullName: string
  readonly birthDate: string | undefined
  readonly sex: 'male' | 'female' | undefined
  readonly issuedOn: string | undefined
  readonly expiresOn: string | undefined
}

export interface CardData {
  readonly mrz: Mrz
  /** Undefined where DG13 was not sent, cannot be read or is another state's. */
  readonly citizen: CitizenData | undefined
  readonly citizenFault: ChipReason | undefined
}

/** @returns undefined when DG1 cannot be read: then nothing is known of the person */
export function readCardData(dg1: Uint8Array | undefined, dg13: Uint8Array | undefined): CardData | undefined {
  const mrz = dg1 && unlessFaulty(() => readMrz(dg1))
  if (mrz === undefined) return undefined
  if (dg13 === undefined) return { mrz, citizen: undefined, citizenFault: 'consistency_dg13_unread' }
  let isFaulty = false
  const citizen = unlessFaulty(
    () => readCitizenData(dg13, mrz.issuingState),
    () => {
      isFaulty = true
    },
  )
  const isEmpty = citizen !== undefined && citizen.personalId === undefined && citizen.fullName === undefined
  if (isFaulty || isEmpty) return { mrz, citizen: undefined, citizenFault: 'consistency_dg13_unread' }
  return { mrz, citizen, citizenFault: citizen === undefined ? 'consistency_dg13_issuer' : undefined }
}

function unlessFaulty<T>(read: () => T, onFault?: () => void): T | undefined {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof DerFault)) throw cause
    onFault?.()
    return undefined
  }
}

/** @param today calendar date in Vietnam, for the century of two-digit years */
export function personOf({ mrz, citizen }: CardData, today: string): CardPerson {
  return {
    personalId: citizen?.personalId ?? mrz.personalId,
    fullName: citizen?.fullName ?? mrz.name,
    birthDate: citizen?.birthDate ?? isoOf(mrz.birthDate, today.slice(0, 4)),
    sex: citizen?.sex ?? (mrz.sex === 'unknown' ? undefined : mrz.sex),
    issuedOn: citizen?.issuedOn,
    expiresOn: citizen?.expiresOn ?? expiryOf(mrz),
  }
}

/** YYMMDD with the last century that does not put it after `year`; undefined where day or month is not known. */
function isoOf(short: string, year: string): string | undefined {
  if (!/^\d{6}$/.test(short) || short.slice(2, 4) === '00' || short.slice(4) === '00') return undefined
  const century = Number(year.slice(0, 2))
  const full = Number(short.slice(0, 2)) > Number(year.slice(2)) ? century - 1 : century
  return `${full}${short.slice(0, 2)}-${short.slice(2, 4)}-${short.slice(4)}`
}

/** Cards that never expire have 99 or fillers there; the year counts as of this century. */
function expiryOf({ expiresOn }: Mrz): string | undefined {
  if (!/^\d{6}$/.test(expiresOn) || expiresOn.startsWith('99')) return undefined
  return `20${expiresOn.slice(0, 2)}-${expiresOn.slice(2, 4)}-${expiresOn.slice(4)}`
}

/**
 * Whether DG1, DG13 and the person claimed are one person, and the card is of a state that is taken and has not expired. The first reason found
 * stands; those that refuse come before those that lower.
 */
export function checkConsistency(
  card: CardData | undefined,
  claimed: ClaimedPerson,
  today: string,
  policy: ChipPolicy,
): { readonly result: CheckResult; readonly notes: readonly ChipReason[] } {
  if (card === undefined) return { result: unknown('consistency_unread'), notes: [] }
  const person = personOf(card, today)
  try {
    refuseOtherPersons(card, person, claimed, policy)
  } catch (cause) {
    if (cause instanceof ChipFault) return { result: failed(cause.reason), notes: [] }
    throw cause
  }
  const names = claimed.fullName === undefined ? undefined : compareNames(claimed.fullName, person.fullName)
  const plainly = card.citizen === undefined && claimed.fullName !== undefined && isPrintedAs(claimed.fullName, card.mrz)
  const notes: ChipReason[] = names?.verdict === 'near' || plainly ? ['claimed_name_near'] : []
  if (person.expiresOn !== undefined && person.expiresOn < today) return { result: failed('consistency_expired'), notes }
  if (names?.verdict === 'different' && !plainly) return { result: failed('claimed_name'), notes }
  if (card.citizen?.fullName !== undefined && !isPrintedAs(card.citizen.fullName, card.mrz)) {
    return { result: failed('consistency_name'), notes }
  }
  return { result: card.citizenFault === undefined ? passed : unknown(card.citizenFault), notes }
}

function refuseOtherPersons(card: CardData, person: CardPerson, claimed: ClaimedPerson, policy: ChipPolicy): void {
  const { mrz, citizen } = card
  if (!policy.states.some((state) => state.mrz === mrz.issuingState)) throw new ChipFault('consistency_state')
  if (!mrz.hasRightCheckDigits) throw new ChipFault('consistency_mrz_check_digit')
  const isOtherNumber = citizen?.personalId !== undefined && mrz.personalId !== '' && citizen.personalId !== mrz.personalId
  if (isOtherNumber) throw new ChipFault('consistency_number')
  if (citizen?.birthDate !== undefined && !isShortOf(mrz.birthDate, citizen.birthDate)) {
    throw new ChipFault('consistency_birth_date')
  }
  if (claimed.personalId !== undefined && claimed.personalId !== person.personalId) throw new ChipFault('claimed_number')
  if (claimed.birthDate !== undefined && person.birthDate !== undefined && claimed.birthDate !== person.birthDate) {
    throw new ChipFault('claimed_birth_date')
  }
}

/** YYMMDD against YYYY-MM-DD; a day or month that the zone leaves open fits any. */
function isShortOf(short: string, date: string): boolean {
  const digits = date.replace(/-/g, '').slice(2)
  return [0, 2, 4].every(
    (at) => ['00', '<<'].includes(short.slice(at, at + 2)) || short.slice(at, at + 2) === digits.slice(at, at + 2),
  )
}

/** Whether the zone's name is this one without marks; a zone that was too short has its beginning. */
function isPrintedAs(fullName: string, { name, isNameCut }: Mrz): boolean {
  const plain = plainName(fullName)
    .replace(/[^A-Z ]/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
  return isNameCut ? plain.startsWith(name) : plain === name
}
