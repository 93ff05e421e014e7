import { type Certificate, isSignedBy } from '../asn1/certificate.ts'
import type { PublicKey } from '../asn1/public-key.ts'
import type { Anchor, TrustSnapshot } from '../trust/snapshot.ts'
import { ChipFault } from './checks.ts'
import { knownSigners } from './known-signers.ts'
import type { ChipPolicy } from './policy.ts'

const DAY_MS = 86_400_000

/** When the card was signed, and who says so: the signer, the card's date of issue (signed too), or nobody. */
export interface SigningTime {
  readonly at: number
  readonly source: 'signer' | 'date-of-issue' | 'now'
}

/**
 * Finds the pinned authority that issued the signer, by key identifier and by name (every key of that name is tried: authorities renew keys
 * under one name), and checks both certificates at the signing time. An authority that has expired since still vouches for what it signed.
 * @throws ChipFault with a reason of the check `chain`
 */
export function verifyChain(
  signer: Certificate,
  signed: SigningTime,
  now: number,
  trust: TrustSnapshot,
  policy: ChipPolicy,
): Anchor {
  const known = knownSigners(trust, policy)
  const issuers = known.get(signer.fingerprint)?.issuers ?? issuersOf(signer, trust, policy)
  known.set(signer.fingerprint, { certificate: signer, issuers })
  checkUse(signer, policy)
  if (signed.at > now + policy.clockSlackDays * DAY_MS) throw new ChipFault('chain_signed_in_future')
  const from = signer.notBefore - (signed.source === 'date-of-issue' ? policy.issueDateSlackDays * DAY_MS : 0)
  if (signed.at < from || signed.at > signer.notAfter) throw new ChipFault('chain_signer_not_valid_then')
  const at = Math.max(signed.at, signer.notBefore)
  const valid = issuers.find(({ certificate }) => certificate.notBefore <= at && at <= certificate.notAfter)
  if (valid === undefined) throw new ChipFault('chain_root_not_valid_then')
  if (!policy.states.some(({ country }) => country === valid.certificate.country && country === signer.country)) {
    throw new ChipFault('chain_state')
  }
  return valid
}

/** The anchors whose key signed the certificate. */
function issuersOf(signer: Certificate, trust: TrustSnapshot, policy: ChipPolicy): readonly Anchor[] {
  const byKeyId = signer.authorityKeyId === undefined ? [] : (trust.byKeyId.get(signer.authorityKeyId) ?? [])
  const candidates = [...new Set([...byKeyId, ...(trust.bySubject.get(signer.issuer) ?? [])])]
  if (candidates.length === 0) {
    const hasRoot = trust.anchors.some(({ certificate }) => policy.states.some(({ country }) => country === certificate.country))
    throw new ChipFault(hasRoot ? 'chain_signer_unknown' : 'chain_no_root')
  }
  const { form } = signer.signed
  const isAllowed = form?.hash !== undefined && policy.certificateHashes.includes(form.hash)
  const usable = candidates.filter(({ certificate }) => isAllowedKey(certificate.publicKey, policy))
  if (!isAllowed || usable.length === 0) throw new ChipFault('chain_algorithm')
  const issuers = usable.filter(({ certificate }) => isSignedBy(signer.signed, certificate.publicKey))
  if (issuers.length === 0) throw new ChipFault('chain_signature')
  return issuers
}

export function isAllowedKey(key: PublicKey | undefined, policy: ChipPolicy): boolean {
  if (key === undefined) return false
  if (key.kind === 'ec') return policy.curves.includes(key.curve.name)
  return key.bits >= policy.rsaBitsMin && key.bits <= policy.rsaBitsMax
}

function checkUse(signer: Certificate, policy: ChipPolicy): void {
  if (!isAllowedKey(signer.publicKey, policy)) throw new ChipFault('chain_algorithm')
  if (signer.isAuthority || !signer.usage.signsDocuments || signer.hasUnknownCritical) throw new ChipFault('chain_key_usage')
}
