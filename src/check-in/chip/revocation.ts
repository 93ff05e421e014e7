import type { Certificate } from '../asn1/certificate.ts'
import type { Anchor, TrustSnapshot } from '../trust/snapshot.ts'
import { type CheckResult, failed, passed, unknown } from './checks.ts'
import type { ChipPolicy } from './policy.ts'

const HOUR_MS = 3_600_000

/**
 * Whether the signer was taken back. A list that is missing or old proves nothing: `unknown`, and the level is lowered, nobody is refused.
 * @returns with the age of the list in whole hours
 */
export function checkRevocation(
  signer: Certificate,
  anchor: Anchor,
  now: number,
  trust: TrustSnapshot,
  policy: ChipPolicy,
): { readonly result: CheckResult; readonly listAgeHours: number | undefined } {
  // The same name may be encoded in two ways.
  const names = new Set([signer.issuer, anchor.certificate.subject])
  const lists = [...names].flatMap((name) => trust.revocationLists.get(name) ?? [])
  const [newest] = [...lists].sort((one, other) => other.thisUpdate - one.thisUpdate)
  if (newest === undefined) return { result: unknown('revocation_no_list'), listAgeHours: undefined }
  const listAgeHours = Math.max(0, Math.floor((now - newest.thisUpdate) / HOUR_MS))
  if (lists.some(({ revoked }) => revoked.has(signer.serial))) return { result: failed('revocation_revoked'), listAgeHours }
  const isStale = now > (newest.nextUpdate ?? newest.thisUpdate + policy.revocationListDaysMax * 24 * HOUR_MS)
  return { result: isStale ? unknown('revocation_stale') : passed, listAgeHours }
}
