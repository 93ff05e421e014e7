import { constants, createHash, publicDecrypt, verify } from 'node:crypto'
import { type Der, DerFault, expectTag, oidOf, readDer, sameBytes, TAG } from '../asn1/der.ts'
import { type PublicKey, readPublicKey } from '../asn1/public-key.ts'
import { HASH_BYTES, type HashName } from '../asn1/signature.ts'
import { ChipFault } from './checks.ts'
import type { ChipPolicy } from './policy.ts'

const DG15 = 0x6f
const DG14 = 0x6e
const ACTIVE_AUTHENTICATION = '2.23.136.1.1.5'
/** BSI TR-03111, 5.2.1: ecdsa-plain with a hash. */
const PLAIN_ECDSA: Readonly<Record<string, HashName>> = {
  '0.4.0.127.0.7.1.1.4.1.1': 'sha1',
  '0.4.0.127.0.7.1.1.4.1.2': 'sha224',
  '0.4.0.127.0.7.1.1.4.1.3': 'sha256',
  '0.4.0.127.0.7.1.1.4.1.4': 'sha384',
  '0.4.0.127.0.7.1.1.4.1.5': 'sha512',
}

/**
 * Verifies that the chip which holds DG15's private key answered this nonce (ICAO 9303-11, 6.1). Both groups must have been proven before.
 * The chip's algorithms are its own: they need not be the document signer's.
 * @param dg14 names the hash of an ECDSA answer; without it each allowed hash is tried
 * @throws ChipFault with a reason of the check `activeAuthentication`
 */
export function verifyActiveAuthentication(
  dg15: Uint8Array,
  dg14: Uint8Array | undefined,
  nonce: Uint8Array,
  signature: Uint8Array,
  policy: ChipPolicy,
): void {
  if (signature.length === 0) throw new ChipFault('aa_missing')
  const key = chipKey(dg15)
  if (signature.length > policy.signatureBytesMax) throw new ChipFault('aa_signature')
  if (key.kind === 'ec') verifyEcdsa(key, hashesOf(dg14, policy), nonce, signature, policy)
  else verifyIso9796(key, nonce, signature, policy)
}

function chipKey(dg15: Uint8Array): PublicKey {
  try {
    const file = expectTag(readDer(dg15, { loose: true }), DG15)
    const key = file.children.length === 1 ? readPublicKey(expectTag(file.children[0], TAG.sequence)) : undefined
    if (key !== undefined) return key
  } catch (cause) {
    if (!(cause instanceof DerFault)) throw cause
  }
  throw new ChipFault('aa_key')
}

/** The one that DG14 names, else all that are allowed. */
function hashesOf(dg14: Uint8Array | undefined, policy: ChipPolicy): readonly HashName[] {
  const named = dg14 && namedHash(dg14)
  if (named === undefined) return policy.challengeHashes
  if (!policy.challengeHashes.includes(named)) throw new ChipFault('aa_algorithm')
  return [named]
}

/** DG14 is SET OF SecurityInfo { protocol, required, optional }; one of them may be ActiveAuthenticationInfo { protocol, 1, algorithm }. */
function namedHash(dg14: Uint8Array): HashName | undefined {
  try {
    const infos = expectTag(expectTag(readDer(dg14, { loose: true }), DG14).children[0], TAG.set)
    const info = infos.children.find(
      (one: Der) => one.children[0]?.tag === TAG.oid && oidOf(one.children[0]) === ACTIVE_AUTHENTICATION,
    )
    return info && PLAIN_ECDSA[oidOf(info.children[2])]
  } catch (cause) {
    if (cause instanceof DerFault) return undefined
    throw cause
  }
}

/** r and s side by side, each as long as the order of the curve. */
function verifyEcdsa(
  key: PublicKey & { kind: 'ec' },
  hashes: readonly HashName[],
  nonce: Uint8Array,
  signature: Uint8Array,
  policy: ChipPolicy,
): void {
  if (!policy.curves.includes(key.curve.name)) throw new ChipFault('aa_key')
  const isRightLength = signature.length === 2 * Math.ceil(key.curve.bits / 8)
  const isChips =
    isRightLength && hashes.some((hash) => verify(hash, nonce, { key: key.key, dsaEncoding: 'ieee-p1363' }, signature))
  if (!isChips) throw new ChipFault('aa_signature')
}

/** ISO/IEC 10118-3 numbers of hash functions in a two-byte trailer; the one-byte trailer BC means SHA-1. */
const TRAILERS: Readonly<Record<number, HashName>> = { 51: 'sha1', 52: 'sha256', 53: 'sha512', 54: 'sha384', 56: 'sha224' }

/**
 * ISO/IEC 9796-2 scheme 1 with partial recovery: 6A ‖ M1 ‖ H(M1 ‖ nonce) ‖ trailer, where M1 is the chip's own random. The header for total
 * recovery is refused: it would leave the nonce out.
 */
function verifyIso9796(key: PublicKey & { kind: 'rsa' }, nonce: Uint8Array, signature: Uint8Array, policy: ChipPolicy): void {
  if (key.bits < policy.chipRsaBitsMin || key.bits > policy.rsaBitsMax) throw new ChipFault('aa_key')
  const text = recover(key, signature)
  const hash = text.at(-1) === 0xbc ? 'sha1' : text.at(-1) === 0xcc ? TRAILERS[text.at(-2)!] : undefined
  if (text[0] !== 0x6a || hash === undefined) throw new ChipFault('aa_signature')
  if (!policy.challengeHashes.includes(hash)) throw new ChipFault('aa_algorithm')
  const end = text.length - (text.at(-1) === 0xbc ? 1 : 2)
  const middle = end - HASH_BYTES[hash]
  if (middle < 1) throw new ChipFault('aa_signature')
  const digest = createHash(hash).update(text.subarray(1, middle)).update(nonce).digest()
  if (!sameBytes(digest, text.subarray(middle, end))) throw new ChipFault('aa_signature')
}

/** The representative, or its complement to the modulus: ISO/IEC 9796-2 lets the signer send the smaller of the two. */
function recover({ key, modulus }: PublicKey & { kind: 'rsa' }, signature: Uint8Array): Uint8Array {
  const size = Math.ceil(modulus.toString(2).length / 8)
  if (signature.length !== size) throw new ChipFault('aa_signature')
  try {
    const text = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
    if ((text.at(-1)! & 0x0f) === 0x0c) return text
    const complement = modulus - BigInt(`0x${text.toString('hex')}`)
    return Buffer.from(complement.toString(16).padStart(size * 2, '0'), 'hex')
  } catch {
    throw new ChipFault('aa_signature')
  }
}
