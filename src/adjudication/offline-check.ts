import type { CalendarDate, Claim } from '../domain/claim.ts'
import type { Decision, Finding, Severity } from '../domain/decision.ts'
import type { Facts } from '../domain/facts.ts'
import type { Rulebook } from '../domain/rulebook.ts'
import { claimOf } from '../national/claim-of.ts'
import { readBody } from '../national/read-body.ts'
import type { InvalidClaim, ReadBounds, ValidClaim } from '../national/reading.ts'
import type { Fault } from '../platform/problem.ts'
import { adjudicate } from './adjudicate.ts'
import { encodeDecision } from './encode-decision.ts'
import { encodeFacts } from './encode-facts.ts'
import { factsAsClaimed, type OwnRegisters } from './offline-check-facts.ts'
import { createFindOwn, type FindOwn } from './offline-check-register.ts'
import type { Unknown } from './offline-check-shapes.ts'
import { unknownTo } from './offline-check-unknown.ts'

/** What the check says of one claim. */
export interface CheckedClaim {
  /** Nothing that the claim itself (with the rows handed in) shows makes the gateway reduce, deny or pend it. */
  readonly ok: boolean
  readonly facilityCode: string | undefined
  readonly encounterId: string | undefined
  /** What the gateway would refuse the claim for (400, 422); the first 200. Then there is no decision. */
  readonly faults: readonly Fault[]
  readonly faultCount: number
  /** Findings that pend, reduce or deny, and warnings, of the decision below. */
  readonly findings: readonly Finding[]
  /** The decision under registers that agree with the claim, in the contract's words. */
  readonly decision?: Readonly<Record<string, unknown>>
  /** What only a register can say. */
  readonly unknown: readonly Unknown[]
}

export interface CheckOptions {
  /** The hospital's own copy of the registers, as far as it has one. */
  readonly findOwn?: FindOwn
  /** The day on which the gateway would receive the claim. */
  readonly receivedOn: CalendarDate
}

/** The same bounds as the gateway's defaults. */
const bounds: ReadBounds = { bodyBytesMax: 8_388_608, depthMax: 32, claimLinesMax: 5_000, claimsMax: 100, faultsMax: 200 }

/**
 * Checks each claim of a body (JSON, or the national envelope with one or more `HOSO`) as the gateway would, without its registers.
 * Never throws for what a body holds.
 */
export function checkBody(body: Buffer, rulebook: Rulebook, options: CheckOptions): readonly CheckedClaim[] {
  const reading = readBody(body, isXml(body) ? 'application/xml' : 'application/json', bounds)
  if (reading.kind === 'refused') {
    const fault: Fault = { pointer: '', code: reading.code, detail: reading.detail }
    return [refused({ errors: [fault], errorCount: 1, facilityCode: undefined, encounterId: undefined })]
  }
  return reading.claims.map((claim) => (claim.kind === 'valid' ? checkValid(claim, rulebook, options) : refused(claim)))
}

/** The first character that is no blank tells the national envelope from JSON. */
const isXml = (body: Buffer): boolean => /^[\uFEFF\s]*</.test(body.toString('utf8', 0, 1024))

function refused({ errors, errorCount, facilityCode, encounterId }: Omit<InvalidClaim, 'kind'>): CheckedClaim {
  return { ok: false, facilityCode, encounterId, faults: errors, faultCount: errorCount, findings: [], unknown: [] }
}

const nothingOwn = createFindOwn({})

function checkValid(valid: ValidClaim, rulebook: Rulebook, { findOwn = nothingOwn, receivedOn }: CheckOptions): CheckedClaim {
  const claim = claimOf(valid.wire, valid.release)
  const own = findOwn(claim)
  const { decision, facts } = decideAsClaimed(claim, rulebook, own, receivedOn)
  return {
    ok: !isReduced(claim, decision),
    facilityCode: valid.facilityCode,
    encounterId: valid.encounterId,
    faults: [],
    faultCount: 0,
    findings: decision.findings.filter(({ severity }) => severity !== 'info'),
    decision: JSON.parse(encodeDecision(decision, encodeFacts(facts).sha256).bytes.toString()) as Readonly<
      Record<string, unknown>
    >,
    unknown: unknownTo(own, facts),
  }
}

/**
 * Decides under registers that agree with the claim: the first under which nothing is reduced, else the one with the fewest findings against
 * the claim. So what is found is shown by the claim and not by a register that was guessed.
 */
export function decideAsClaimed(
  claim: Claim,
  rulebook: Rulebook,
  own: OwnRegisters,
  receivedOn: CalendarDate,
): { readonly decision: Decision; readonly facts: Facts } {
  let best: { decision: Decision; facts: Facts; against: number } | undefined
  for (const facts of factsAsClaimed(claim, rulebook, own, receivedOn)) {
    const decision = adjudicate(claim, facts, rulebook)
    if (!isReduced(claim, decision)) return { decision, facts }
    const against = decision.findings.filter(isAgainst).length
    if (best === undefined || against < best.against) best = { decision, facts, against }
  }
  return best!
}

const against: readonly Severity[] = ['pend', 'reduce', 'deny']
export const isAgainst = ({ severity }: Finding): boolean => against.includes(severity)

/** Is less paid than claimed, by the fund or to the hospital, of any line or in total, or has a person to look? */
export function isReduced({ totals }: Claim, { outcome, lines, findings, decided }: Decision): boolean {
  if (outcome === 'pend' || outcome === 'deny' || findings.some(isAgainst)) return true
  const falls = (claimed: Sums, now: Sums) =>
    now.fundPays < claimed.fundPays || now.insuredAmount < claimed.insuredAmount || now.hospitalAmount < claimed.hospitalAmount
  return falls(totals, decided) || lines.some((line) => falls(line.claimed, line.decided))
}
type Sums = { readonly fundPays: number; readonly insuredAmount: number; readonly hospitalAmount: number }
