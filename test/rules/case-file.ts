import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Amounts, Claim } from '../../src/domain/claim.ts'
import type { Severity } from '../../src/domain/decision.ts'
import type { Coverage, FacilityPeriod, Facts, Member, RegisterFact, Visit } from '../../src/domain/facts.ts'
import { parseMoney } from '../../src/domain/money.ts'
import {
  known,
  type LineInput,
  makeClaim,
  makeCoverage,
  makeFacility,
  makeFacts,
  makeLine,
  makeMember,
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
  readonly visits?: readonly (Omit<Partial<Visit>, 'copayCounted'> & { readonly copay: string })[]
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

export function claimOfCase(one: RuleCase): Claim {
  const on = one.on ?? day
  const until = one.until ?? on
  const cardNumber = one.card ?? one.coverage?.cardNumber ?? 'DN4010000000001'
  const lines = (one.lines ?? [{}]).map((line, index) => {
    const orderedAt = line.orderedAt ?? `${on}T08:30`
    return makeLine({ stt: index + 1, performedAt: orderedAt, ...line, orderedAt })
  })
  const base = makeClaim({
    cards: [{ cardNumber, registeredFacility: '01999', validFrom: '2010-01-01', validTo: '2035-12-31' }],
    arrivedAt: `${on}T08:00`,
    endedAt: `${until}T${until === on ? '10:30' : '16:00'}`,
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
    visits: (one.visits ?? []).map(({ copay, ...visit }, index) => ({
      claimId: `c_${index}`,
      facilityCode: '01999',
      careType: '01',
      arrivedAt: `${day}T08:00`,
      endedAt: `${day}T09:00`,
      outcome: 'accept',
      ...visit,
      copayCounted: parseMoney(copay),
    })),
    earlierVersion: one.earlierVersion
      ? { version: one.earlierVersion.version, fundClaimed: parseMoney(one.earlierVersion.fund) }
      : null,
  })
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
