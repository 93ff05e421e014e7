import type { HashName } from '../asn1/signature.ts'

/**
 * What a chip may use and how old things may be: data, so that the ministry's choice is a change of values. Sizes in bytes, ages in days.
 * Anything not listed is refused.
 */
export interface ChipPolicy {
  readonly version: string
  readonly sodBytesMax: number
  readonly groupBytesMax: number
  readonly signatureBytesMax: number
  /** For the security object: hashes of groups, digest and signature of the signer. */
  readonly signedObjectHashes: readonly HashName[]
  /** For signatures on certificates and revocation lists. */
  readonly certificateHashes: readonly HashName[]
  /**
   * For active authentication. SHA-1 is here because the chip signs a nonce of ours and there is no collision to gain: an attacker would need the
   * chip's key first. Many chips with RSA know no other.
   */
  readonly challengeHashes: readonly HashName[]
  /** OpenSSL's names. */
  readonly curves: readonly string[]
  readonly rsaBitsMin: number
  readonly rsaBitsMax: number
  /** Chips carry shorter RSA keys than authorities. */
  readonly chipRsaBitsMin: number
  /** States whose cards are taken: country of the certificates, issuing state of the machine-readable zone. */
  readonly states: readonly { readonly country: string; readonly mrz: string }[]
  /** A revocation list without `nextUpdate` is stale after this; one with it, after that date. */
  readonly revocationListDaysMax: number
  /**
   * Without a signing time the card's date of issue stands for it (signed all the same); the signer's certificate may be this much younger,
   * because a card is dated before it is written.
   */
  readonly issueDateSlackDays: number
  /** A signing time may lie this far ahead of our clock. */
  readonly clockSlackDays: number
}

export const CHIP_POLICY: ChipPolicy = {
  version: '2026.1',
  sodBytesMax: 65_536,
  groupBytesMax: 32_768,
  signatureBytesMax: 1_024,
  signedObjectHashes: ['sha224', 'sha256', 'sha384', 'sha512'],
  certificateHashes: ['sha224', 'sha256', 'sha384', 'sha512'],
  challengeHashes: ['sha256', 'sha384', 'sha512', 'sha224', 'sha1'],
  curves: ['prime256v1', 'secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP320r1', 'brainpoolP384r1', 'brainpoolP512r1'],
  rsaBitsMin: 2_048,
  rsaBitsMax: 8_192,
  chipRsaBitsMin: 1_024,
  states: [{ country: 'VN', mrz: 'VNM' }],
  revocationListDaysMax: 90,
  issueDateSlackDays: 60,
  clockSlackDays: 1,
}
