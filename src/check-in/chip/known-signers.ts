import type { Certificate } from '../asn1/certificate.ts'
import type { Anchor, TrustSnapshot } from '../trust/snapshot.ts'
import type { ChipPolicy } from './policy.ts'

/** A document signer whose certificate was read and verified under one trust and one policy. */
export interface KnownSigner {
  readonly certificate: Certificate
  /** The anchors whose key signed it. */
  readonly issuers: readonly Anchor[]
}

/** A state has some dozens of signers in use; beyond this the memory begins anew. */
const SIGNERS_MAX = 512

/** Only signers that a pinned root vouches for get in, so nobody outside can fill it. Gone with the snapshot. */
const memory = new WeakMap<TrustSnapshot, WeakMap<ChipPolicy, Map<string, KnownSigner>>>()

/** Signers by fingerprint that were verified under this very trust and policy: saves a third of the work of a check-in. */
export function knownSigners(trust: TrustSnapshot, policy: ChipPolicy): Map<string, KnownSigner> {
  const byPolicy = memory.get(trust) ?? new WeakMap<ChipPolicy, Map<string, KnownSigner>>()
  memory.set(trust, byPolicy)
  const known = byPolicy.get(policy) ?? new Map<string, KnownSigner>()
  byPolicy.set(policy, known)
  if (known.size >= SIGNERS_MAX) known.clear()
  return known
}
