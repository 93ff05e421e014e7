import type { Claim } from '../domain/claim.ts'
import type { CheckIn, Facts, Member, RegisterFact, Visit } from '../domain/facts.ts'
import type { Eligibility } from '../eligibility/eligibility.ts'
import type { ClaimState, ExamTableState, Ledger, MemberState } from '../ledger/ledger.ts'
import type { MemberIdentifiers } from '../national/reading.ts'
import { vietnamDate } from '../platform/clock.ts'
import type { KeyedHash } from '../platform/keyed-hash.ts'
import { type ClaimTable, tablesOf } from './exam-tables.ts'
import { gatherRegisters, type RegisterFacts } from './gather-registers.ts'
import type { Submission } from './submission.ts'

/** Everything outside the claims that a batch may use, read with a handful of queries whatever its size. */
export interface BatchFacts {
  /** Per submission of kind `claim`, in the order of the batch. */
  readonly entitlements: ReadonlyMap<Submission, Entitlement>
  readonly claims: ReadonlyMap<string, ClaimState>
  readonly members: ReadonlyMap<string, MemberState>
  readonly examTables: ReadonlyMap<string, ExamTableState>
  /** By table, the most exams that the batch may add. */
  readonly examsAdding: ReadonlyMap<string, number>
}
export interface Entitlement extends RegisterFacts {
  /** The member's names in the ledger: the first is the one that this claim counts under, visits are read under all. */
  readonly memberRefs: readonly [string, ...string[]]
  /** Where the claim has exams. */
  readonly tables: readonly ClaimTable[]
}
export interface GatherDeps {
  readonly eligibility: Eligibility
  readonly ledger: Ledger
  readonly keyedHash: KeyedHash
  /** In the order asked. Without it no check-in is known of any visit. */
  readonly findCheckIns?: FindCheckIns
}
export type FindCheckIns = (
  asked: readonly {
    readonly claimId: string
    readonly facilityCode: string
    readonly arrivedAt: string
    readonly asOf: string
  }[],
) => Promise<readonly RegisterFact<CheckIn>[]>

export type GatherFacts = (submissions: readonly Submission[]) => Promise<BatchFacts>

export function createGatherFacts({ eligibility, ledger, keyedHash, findCheckIns }: GatherDeps): GatherFacts {
  return async function gatherFacts(submissions: readonly Submission[]): Promise<BatchFacts> {
    const claims = submissions.filter((submission) => submission.kind === 'claim')
    const tables = claims.map(({ claim }) => tablesOf(claim, keyedHash))
    const examsAdding = countByTable(tables.flat())
    const [registers, checkIns, states, examTables] = await Promise.all([
      gatherRegisters(eligibility, claims),
      findCheckIns?.(claims.map(({ claim, head }) => visitOf(claim, head))),
      readClaimStates(ledger, submissions),
      readExamTables(ledger, examsAdding),
    ])
    const entitlements = new Map<Submission, Entitlement>()
    claims.forEach((submission, index) => {
      const checkIn = checkIns?.[index]
      const known = checkIn === undefined ? registers[index]! : { ...registers[index]!, checkIn }
      const memberRefs = memberRefsOf(known.member, submission.identifiers, submission.head.claimId, keyedHash)
      entitlements.set(submission, { ...known, memberRefs, tables: tables[index]! })
    })
    // Also the members that hold the claims' current versions: a void or a correction changes their visits.
    const holders = [...states.values()].flatMap(({ currentMemberRef }) => currentMemberRef ?? [])
    const refs = [...new Set([...[...entitlements.values()].flatMap(({ memberRefs }) => memberRefs), ...holders])]
    const memberStates = refs.length === 0 ? [] : await ledger.memberStates(refs)
    const members = new Map(refs.map((ref, index) => [ref, memberStates[index]!]))
    return { entitlements, claims: states, members, examTables, examsAdding }
  }
}

const visitOf = ({ facilityCode, arrivedAt }: Claim, { claimId, receivedAt }: { claimId: string; receivedAt: string }) => ({
  ...{ claimId, facilityCode, arrivedAt },
  asOf: vietnamDate(Date.parse(receivedAt)),
})

function countByTable(tables: readonly ClaimTable[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { tableRef, lines } of tables) counts.set(tableRef, (counts.get(tableRef) ?? 0) + lines.length)
  return counts
}

async function readExamTables(ledger: Ledger, adding: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, ExamTableState>> {
  const asked = [...adding].map(([tableRef, count]) => ({ tableRef, adding: count }))
  const states = asked.length === 0 ? [] : await ledger.examTables(asked)
  return new Map(asked.map(({ tableRef }, index) => [tableRef, states[index]!]))
}

async function readClaimStates(ledger: Ledger, submissions: readonly Submission[]): Promise<ReadonlyMap<string, ClaimState>> {
  const hashes = new Map<string, Set<string>>()
  for (const submission of submissions) {
    if (submission.kind === 'foreign') continue
    const { claimId, contentSha256 } = submission.head
    const seen = hashes.get(claimId)
    if (seen) seen.add(contentSha256)
    else hashes.set(claimId, new Set([contentSha256]))
  }
  if (hashes.size === 0) return new Map()
  const asked = [...hashes].map(([claimId, contents]) => ({ claimId, contentSha256s: [...contents] }))
  const states = await ledger.claimStates(asked)
  return new Map(asked.map(({ claimId }, index) => [claimId, states[index]!]))
}

/**
 * Under which names the ledger may know the member. A member whom the register knows has those of the register, by whatever identifier
 * the claim came; one who was filed before the register knew the personal id has visits under the insurance number. Otherwise the
 * identifiers of the claim, in the same fixed order as the stream key.
 */
function memberRefsOf(
  fact: RegisterFact<Member>,
  identifiers: MemberIdentifiers,
  claimId: string,
  keyedHash: KeyedHash,
): readonly [string, ...string[]] {
  const known = fact.kind === 'known' ? fact.value : undefined
  const personal = known?.personalId ?? (identifiers.personalId?.length === 12 ? identifiers.personalId : undefined)
  const insurance = known ? [known.socialInsuranceNumber ?? []].flat() : identifiers.socialInsuranceNumbers
  const refs = [
    ...(personal ? [keyedHash.member('personal', personal)] : []),
    ...insurance.map((number) => keyedHash.member('insurance', number)),
  ]
  const [first, ...rest] = refs
  if (first !== undefined) return [first, ...rest]
  const [card] = identifiers.cardNumbers
  if (card !== undefined) return [keyedHash.member('card', card)]
  return [keyedHash.member('name', identifiers.personalId ?? claimId)]
}

/** The facts of one claim: what the batch knows, with the member's visits as they stand after the claims decided before it. */
export function factsOf(
  claim: Claim,
  claimId: string,
  receivedAt: string,
  entitlement: Entitlement,
  visits: readonly Visit[],
  own: Pick<Facts, 'earlierVersion' | 'examTables'>,
): Facts {
  const { memberRefs: _, tables: __, ...registers } = entitlement
  return {
    ...registers,
    receivedOn: vietnamDate(Date.parse(receivedAt)),
    visits: visits.filter((visit) => visit.claimId !== claimId && isNear(visit, claim)),
    ...own,
  }
}

/** Only what a rule can ask for is a fact: visits of the same calendar year (co-pay sum), or touching this one within a month. */
function isNear(visit: Visit, claim: Claim): boolean {
  if (visit.endedAt.slice(0, 4) === claim.endedAt.slice(0, 4)) return true
  return visit.endedAt >= monthBefore(claim.arrivedAt) && visit.arrivedAt <= claim.endedAt
}

function monthBefore(time: string): string {
  const [year, month] = [Number(time.slice(0, 4)), Number(time.slice(5, 7))]
  const previous = month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, '0')}`
  return `${previous}${time.slice(7)}`
}
