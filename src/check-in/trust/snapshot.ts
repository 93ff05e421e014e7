import type { Certificate } from '../asn1/certificate.ts'
import type { RevocationList } from './revocation-list.ts'

/**
 * What makes a pinned certificate trusted. `root`: signed by itself. `link`: a new key of an authority, signed by an older pinned key of it.
 * `pinned`: neither can be shown, it is trusted because the operator put it there.
 */
export type AnchorKind = 'root' | 'link' | 'pinned'

export interface Anchor {
  readonly kind: AnchorKind
  readonly certificate: Certificate
  /** Fingerprint of the anchor that signed a link. */
  readonly linkedBy: string | undefined
  /** File name under the trust folder. */
  readonly file: string
}

/** A file or part of one that was left out, and why. */
export interface TrustProblem {
  readonly file: string
  readonly problem: string
}

/** A key that signs tokens of an issuer (VNeID, VssID), as it stands in a JWKS file. */
export interface TokenIssuer {
  readonly issuer: string
  readonly file: string
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** Everything that is trusted at one instant; replaced as a whole, never changed. */
export interface TrustSnapshot {
  /** SHA-256 over names and contents of the files, hex: which version of the trust a verdict was given under. */
  readonly version: string
  readonly anchors: readonly Anchor[]
  /** By subject, DER in hex. */
  readonly bySubject: ReadonlyMap<string, readonly Anchor[]>
  readonly byKeyId: ReadonlyMap<string, readonly Anchor[]>
  readonly fingerprints: ReadonlySet<string>
  /** Verified revocation lists by issuer, DER in hex; of each of its keys the newest. */
  readonly revocationLists: ReadonlyMap<string, readonly RevocationList[]>
  /** Master lists that were read, for a person to compare the signer with what the publisher says. */
  readonly masterLists: readonly { readonly file: string; readonly certificates: number; readonly signerFingerprint: string }[]
  readonly tokenIssuers: ReadonlyMap<string, TokenIssuer>
  readonly problems: readonly TrustProblem[]
}
