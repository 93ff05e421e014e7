import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Amounts, Claim } from '../../src/domain/claim.ts'
import type { Severity } from '../../src/domain/decision.ts'
import {
  type CatalogueList,
  type CheckIn,
  type Coverage,
  type ExamTable,
  type FacilityPeriod,
  type Facts,
  type Member,
  noVisitDetails,
  type Practitioner,
  type Referral,
  type RegisterFact,
  type Relation,
  type Visit,
  type VisitDetails,
} from '../../src/domain/facts.ts'
import { parseMilli, parseMoney } from '../../src/domain/money.ts'
import {
  type EntryInput,
  known,
  type LineInput,
  makeCatalogue,
  makeClaim,
  makeCoverage,
  makeFacility,
  makeFacts,
  makeLine,
  makeMember,
  nothingLoaded,
} from '../support/make-claim.ts'

/**
 * One case of `test/rules/<rule>.cases.yaml`. The start is a correct outpatient visit of a sign-4 member at the registered place, a
 * formerly central hospital, with one service of 1,000,000 đồng; a case says only what is different.
 */
export interface RuleCase {
  readonly name: string
  /** Day of the visit; all dates follow it. */
  readonly on?: string
  /** Last day of a stay. */
  readonly until?: string
  readonly card?: string
  readonly claim?: Partial<Claim>
  readonly patient?: Partial<Claim['patient']>
  readonly totals?: Readonly<Record<string, string>>
  readonly lines?: readonly LineInput[]
  readonly member?: Partial<Member>
  readonly coverage?: Partial<Coverage>
  readonly otherCoverages?: readonly Partial<Coverage>[]
  readonly memberFact?: 'unavailable' | 'none'
  readonly memberAsOf?: string | null
  readonly facility?: Partial<FacilityPeriod>
  readonly facilityFact?: 'unavailable' | 'none'
  readonly facilityAsOf?: string | null
  readonly receivedOn?: string
  readonly visits?: readonly VisitInput[]
  /** Rows of the facility's lists; a list with a row is loaded. */
  readonly catalogue?: readonly EntryInput[]
  /** Lists that are loaded without a row of the claim's codes. */
  readonly loaded?: readonly CatalogueList[]
  readonly catalogueFact?: 'unavailable'
  /** How new the facility's lists are; as new as the end of the visit unless named. */
  readonly catalogueAsOf?: string
  readonly relations?: readonly (Pick<Relation, 'kind' | 'code' | 'other'> & Partial<Relation>)[]
  readonly relationsFact?: 'unavailable'
  readonly relationsAsOf?: string
  /** The register of slips, once there is one; an empty list: it has none of the member. */
  readonly referrals?: readonly (Pick<Referral, 'id'> & Partial<Referral>)[]
  readonly referralsFact?: 'unavailable'
  /** Of the register of slips; the end of the visit unless it says otherwise. */
  readonly referralsAsOf?: string
  readonly practitioners?: readonly (Pick<Practitioner, 'code'> & Partial<Practitioner>)[]
  readonly practitionersFact?: 'unavailable'
  readonly examTables?: readonly ExamTable[]
  readonly checkIn?: Partial<CheckIn>
  readonly checkInFact?: 'unavailable' | 'none'
  readonly earlierVersion?: { readonly version: number; readonly fund: string }
  readonly expect: {
    /** Severities of this rule's findings, in order; an empty list is a miss. */
    readonly finds: readonly Severity[]
    readonly outcome?: string
    /** A part of the first finding's English message. */
    readonly says?: string
    /** Change of what the fund pays, of the first finding. */
    readonly money?: string
    /** Who bears it. */
    readonly bearer?: string
    readonly hospital?: string
    readonly insured?: string
    readonly fund?: string
    readonly copay?: string
    readonly self?: string
    readonly other?: string
    /** Severities of findings of other rules. */
    readonly also?: Readonly<Record<string, readonly Severity[]>>
  }
}
type VisitInput = Omit<Partial<Visit>, 'copayCounted' | 'details'> & {
  readonly copay?: string
  readonly details?: Omit<Partial<VisitDetails>, 'exams'> & {
    readonly exams?: readonly { readonly at: string; readonly code: string; readonly unitPrice: string }[]
  }
}
export interface CaseFile {
  readonly rule: string
  readonly cases: readonly RuleCase[]
}

export function readCaseFiles(): readonly CaseFile[] {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.cases.yaml'))
  return names.sort().map((name) => {
    const file = parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as CaseFile
    if (name !== `${file.rule}.cases.yaml`) throw new Error(`${name} holds the cases of ${file.rule}`)
    return file
  })
}

const day = '2026-03-10'
const stays = new Set(['03', '04', '06'])

export function claimOfCase(one: RuleCase): Claim {
  const on = one.on ?? day
  const until = one.until ?? on
  const cardNumber = one.card ?? one.coverage?.cardNumber ?? 'DN4010000000001'
  const lines = (one.lines ?? [{}]).map((line, index, all) => {
    // The same code comes again a minute later: at the same one it would be billed twice (DUP-06).
    const before = all.slice(0, index).filter(({ code }) => code === line.code).length
    const orderedAt = line.orderedAt ?? `${on}T08:${30 + before}`
    return makeLine({ stt: index + 1, performedAt: orderedAt, ...line, orderedAt })
  })
  const base = makeClaim({
    cards: [{ cardNumber, registeredFacility: '01999', validFrom: '2010-01-01', validTo: '2035-12-31' }],
    arrivedAt: `${on}T08:00`,
    // A stay is longer than the four hours up to which it would be care type 09.
    endedAt: `${until}T${until === on && !stays.has(one.claim?.careType ?? '01') ? '10:30' : '16:00'}`,
    paidAt: `${until}T16:30`,
    lines,
    ...one.claim,
  })
  const totals = Object.fromEntries(Object.entries(one.totals ?? {}).map(([key, text]) => [key, parseMoney(text)]))
  return { ...base, patient: { ...base.patient, ...one.patient }, totals: { ...base.totals, ...totals } }
}

export function factsOfCase(one: RuleCase): Facts {
  const until = one.until ?? one.on ?? day
  const coverage = makeCoverage({
    cardNumber: one.card ?? 'DN4010000000001',
    validFrom: '2010-01-01',
    validTo: '2035-12-31',
    fiveYearsFrom: null,
    ...one.coverage,
  })
  const member = makeMember({ coverages: [coverage, ...(one.otherCoverages ?? []).map(makeCoverage)], ...one.member })
  return makeFacts({
    receivedOn: one.receivedOn ?? until,
    member: factOf(member, one.memberFact, one.memberAsOf === undefined ? until : one.memberAsOf),
    facility: factOf(makeFacility(one.facility), one.facilityFact, one.facilityAsOf === undefined ? until : one.facilityAsOf),
    visits: (one.visits ?? []).map(visitOf),
    ...listFactsOf(one, until),
    earlierVersion: one.earlierVersion
      ? { version: one.earlierVersion.version, fundClaimed: parseMoney(one.earlierVersion.fund) }
      : null,
  })
}

function visitOf({ copay, details, ...visit }: VisitInput, index: number): Visit {
  const exams = (details?.exams ?? []).map(({ at, code, unitPrice }) => ({ at, code, unitPriceMilli: parseMilli(unitPrice) }))
  return {
    claimId: `c_${index}`,
    facilityCode: '01999',
    careType: '01',
    arrivedAt: `${day}T08:00`,
    endedAt: `${day}T09:00`,
    outcome: 'accept',
    ...visit,
    details: { ...noVisitDetails, ...details, exams },
    copayCounted: parseMoney(copay ?? '0'),
  }
}

function listFactsOf(one: RuleCase, asOf: string): Partial<Facts> {
  const from = { validFrom: '2015-01-01', validTo: null }
  const loaded = one.catalogue !== undefined || one.loaded !== undefined
  const slip = { kind: 'transfer' as const, from: '79001', to: '01999', signedAt: day, validTo: null, icd: [], usedBy: null }
  const checkIn: CheckIn = { checkInId: 'k_1', at: `${day}T07:55`, assurance: 'C2', outcome: 'admitted', ...one.checkIn }
  return {
    catalogue: listFact(
      loaded ? makeCatalogue(one.catalogue ?? [], one.loaded) : undefined,
      one.catalogueFact,
      one.catalogueAsOf ?? asOf,
    ),
    relations: listFact(
      one.relations?.map((relation) => ({ ...from, ...relation })),
      one.relationsFact,
      one.relationsAsOf ?? asOf,
    ),
    referrals: listFact(
      one.referrals?.map((referral) => ({ ...slip, ...referral })),
      one.referralsFact,
      one.referralsAsOf ?? asOf,
    ),
    practitioners: listFact(
      one.practitioners?.map((practitioner) => ({ facilityCode: '01999', scopes: [], ...from, ...practitioner })),
      one.practitionersFact,
      asOf,
    ),
    examTables: one.examTables ?? [],
    checkIn: one.checkInFact === 'none' ? { kind: 'none', asOf } : listFact(one.checkIn && checkIn, one.checkInFact, asOf),
  }
}

/** Not given: nothing of that register was ever imported. */
function listFact<T>(value: T | undefined, kind: 'unavailable' | 'none' | undefined, asOf: string): RegisterFact<T> {
  if (kind === 'unavailable') return { kind }
  return value === undefined ? nothingLoaded : known(value, asOf)
}

function factOf<T>(value: T, kind: 'unavailable' | 'none' | undefined, asOf: string | null): RegisterFact<T> {
  if (kind === 'unavailable') return { kind }
  if (kind === 'none') return { kind, asOf }
  return known(value, asOf ?? day)
}

export const amountWords = {
  hospital: 'hospitalAmount',
  insured: 'insuredAmount',
  fund: 'fundPays',
  copay: 'copay',
  self: 'selfPays',
  other: 'otherSources',
} as const satisfies Readonly<Record<string, keyof Amounts>>
