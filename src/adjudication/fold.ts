import type { Visit } from '../domain/facts.ts'
import type { ClaimState, NewVersion } from '../ledger/ledger.ts'
import { createExamFold } from './exam-tables.ts'
import type { BatchFacts } from './gather-facts.ts'

/** A claim's versions while a batch is folded. */
export interface Chain {
  versions: number
  currentVersion: number
  currentReceivedAt: string | null
  currentMemberRef: string | null
  currentStatus: ClaimState['currentStatus']
  earlier: ClaimState['earlierVersion']
  exams: ClaimState['currentExams']
  readonly known: Map<string, number>
  readonly expectedVersions: number
  facilityCode: string
  encounterId: string
}

/** One version of one claim, as a key of maps. */
export const versionKey = (claimId: string, version: number): string => `${claimId}.${version}`

/** The members' and claims' state while the batch is folded. */
export function createFold(facts: BatchFacts) {
  const chains = new Map<string, Chain>()
  const visits = new Map<string, readonly Visit[]>()
  const touchedMembers = new Map<string, number>()
  const versions = new Map<string, NewVersion>()
  const examFold = createExamFold(facts.examTables, facts.examsAdding)
  const visitsAt = (memberRef: string) => visits.get(memberRef) ?? facts.members.get(memberRef)?.visits ?? []
  const without = (memberRef: string, claimId: string) => visitsAt(memberRef).filter((visit) => visit.claimId !== claimId)

  /** A member whose state was not read has no visit here that could change: nothing to fence. */
  function touch(memberRef: string): void {
    const state = facts.members.get(memberRef)
    if (state) touchedMembers.set(memberRef, state.revision)
  }

  function chain(claimId: string): Chain {
    let found = chains.get(claimId)
    if (!found) {
      found = chainOf(facts.claims.get(claimId)!)
      chains.set(claimId, found)
    }
    return found
  }

  /** `memberRefs`: everything whose visits the decision read. */
  function add(version: NewVersion, memberRefs: readonly string[]): void {
    const own = chain(version.claimId)
    own.versions = version.version
    own.known.set(version.contentSha256, version.version)
    own.facilityCode = version.facilityCode
    own.encounterId = version.encounterId
    versions.set(versionKey(version.claimId, version.version), version)
    if (version.currentVersion === version.version) makeCurrent(own, version)
    for (const memberRef of [version.memberRef, ...memberRefs]) touch(memberRef)
  }

  function makeCurrent(own: Chain, version: NewVersion): void {
    own.currentVersion = version.version
    own.currentReceivedAt = version.receivedAt
    own.currentStatus = version.status
    own.earlier = version.status === 'held' ? null : { version: version.version, fundClaimed: version.fundClaimed }
    if (own.currentMemberRef !== null && own.currentMemberRef !== version.memberRef) {
      visits.set(own.currentMemberRef, without(own.currentMemberRef, version.claimId))
      touch(own.currentMemberRef)
    }
    own.currentMemberRef = version.memberRef
    examFold.move(version.claimId, own.exams, version.exams)
    own.exams = version.exams
    const others = without(version.memberRef, version.claimId)
    const visit = version.visit && { claimId: version.claimId, facilityCode: version.facilityCode, ...version.visit }
    visits.set(version.memberRef, visit ? [...others, visit] : others)
  }

  function fences() {
    const claims = [...chains]
      .filter(([, own]) => own.versions > own.expectedVersions)
      .map(([claimId, own]) => ({
        claimId,
        facilityCode: own.facilityCode,
        encounterId: own.encounterId,
        expectedVersions: own.expectedVersions,
        versions: own.versions,
        currentVersion: own.currentVersion,
        currentReceivedAt: own.currentReceivedAt!,
      }))
    const members = [...touchedMembers].map(([memberRef, expected]) => ({ memberRef, expected }))
    return { claims, members, examChanges: examFold.changes() }
  }
  return {
    chain,
    add,
    fences,
    /** Visits under any of these names of one member, oldest first. */
    visitsOf: (memberRefs: readonly string[]): readonly Visit[] => memberRefs.flatMap(visitsAt).sort(byEnd),
    examTablesOf: examFold.factsOf,
    /** A version made earlier in this batch. */
    made: (claimId: string, version: number): NewVersion | undefined => versions.get(versionKey(claimId, version)),
  }
}
export type Fold = ReturnType<typeof createFold>

const byEnd = (a: Visit, b: Visit) => (a.endedAt < b.endedAt ? -1 : a.endedAt > b.endedAt ? 1 : a.claimId < b.claimId ? -1 : 1)

function chainOf(state: ClaimState): Chain {
  return {
    versions: state.versions,
    currentVersion: state.currentVersion,
    currentReceivedAt: state.currentReceivedAt,
    currentMemberRef: state.currentMemberRef,
    currentStatus: state.currentStatus,
    earlier: state.earlierVersion,
    exams: state.currentExams,
    known: new Map(state.known),
    expectedVersions: state.versions,
    facilityCode: '',
    encounterId: '',
  }
}
