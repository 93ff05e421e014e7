import type { Claim } from '../domain/claim.ts'
import type { Visit } from '../domain/facts.ts'
import type { LedgerOperations } from '../ledger/ledger.ts'
import { readKeptFacts } from './backtest-facts.ts'
import { claimOfVersion, type DecidedVersion, isDecided, isVoid, storedVersions } from './replay-version.ts'
import { overlappingStays, staysOverlap } from './stages/overlaps.ts'

/** A stay as a reviewer opens it; nothing personal is in it. */
export interface StayNamed {
  readonly claimId: string
  readonly version: number
  readonly facilityCode: string
  /** Days of admission and discharge. */
  readonly from: string
  readonly to: string
}
/** A stay whose decision stands and is to be looked at again: one elsewhere that overlaps it was decided later and waits (DUP-03). */
export interface StayToReview {
  readonly stay: StayNamed
  readonly waiting: StayNamed
}

/**
 * Lists the earlier of two overlapping stays. Nothing is stored for it: it follows from the current decided versions, so a correction or a void of either
 * ends the task by itself.
 * @param since instant: later stays received since
 * @returns how many current decided versions were looked at
 * @throws LedgerUnavailable
 */
export async function reviewStays(
  ledger: Pick<LedgerOperations, 'versionsForReplay'>,
  since: string | undefined,
  on: { readonly found: (one: StayToReview) => void; readonly progress?: (claims: number) => void },
): Promise<number> {
  let claims = 0
  for await (const stored of storedVersions(ledger, { current: true, ...(since === undefined ? {} : { since }) })) {
    if (isVoid(stored) || !isDecided(stored)) continue
    claims++
    on.progress?.(claims)
    if (!saysOverlap(stored)) continue
    const claim = claimOfVersion(stored)
    const waiting = named(stored, claim)
    for (const visit of overlappingStays(claim, readKeptFacts(stored.facts).facts().visits)) {
      const stay = await stillOverlapping(ledger, claim, visit)
      if (stay !== undefined) on.found({ stay, waiting })
    }
  }
  return claims
}

function saysOverlap({ decision }: DecidedVersion): boolean {
  // Most decisions do not hold the name at all.
  if (!decision.includes(staysOverlap.id)) return false
  const { findings } = JSON.parse(decision.toString('utf8')) as { findings: readonly { rule: string }[] }
  return findings.some(({ rule }) => rule === staysOverlap.id)
}

/** The earlier stay as it counts now; `undefined` when it was withdrawn, denied or corrected: so that it overlaps no more, or waits for the overlap itself. */
async function stillOverlapping(
  ledger: Pick<LedgerOperations, 'versionsForReplay'>,
  claim: Claim,
  visit: Visit,
): Promise<StayNamed | undefined> {
  const { items } = await ledger.versionsForReplay({ claimId: visit.claimId, current: true, limit: 1 })
  const [stored] = items
  if (stored === undefined || isVoid(stored) || !isDecided(stored) || saysOverlap(stored)) return undefined
  const now = claimOfVersion(stored)
  const { careType, arrivedAt, endedAt } = now
  const outcome = stored.outcome as Visit['outcome']
  return overlappingStays(claim, [{ ...visit, careType, arrivedAt, endedAt, outcome }]).length === 0
    ? undefined
    : named(stored, now)
}

const named = ({ claimId, version, facilityCode }: DecidedVersion, { arrivedAt, endedAt }: Claim): StayNamed => ({
  ...{ claimId, version, facilityCode },
  ...{ from: arrivedAt.slice(0, 10), to: endedAt.slice(0, 10) },
})
