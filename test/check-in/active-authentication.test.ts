import { constants, createHash, privateEncrypt, randomBytes, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readDer } from '../../src/check-in/asn1/der.ts'
import { readPublicKey } from '../../src/check-in/asn1/public-key.ts'
import type { HashName } from '../../src/check-in/asn1/signature.ts'
import { verifyActiveAuthentication } from '../../src/check-in/chip/active-authentication.ts'
import { ChipFault } from '../../src/check-in/chip/checks.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { makeDg14, makeDg15 } from '../../src/check-in/test-authority/make-card.ts'
import { makeKeyPair } from '../../src/check-in/test-authority/make-keys.ts'
import { NONCE } from './make-question.ts'

const rsa = makeKeyPair({ kind: 'rsa-pkcs1', bits: 2048, hash: 'sha256' })
const ec = makeKeyPair({ kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' })

interface Ask {
  readonly dg15?: Uint8Array
  readonly dg14?: Uint8Array
  readonly policy?: typeof CHIP_POLICY
}
function reasonOf(signature: Uint8Array, { dg15 = makeDg15(rsa), dg14, policy = CHIP_POLICY }: Ask = {}): string | null {
  try {
    verifyActiveAuthentication(dg15, dg14, NONCE, signature, policy)
    return null
  } catch (cause) {
    if (cause instanceof ChipFault) return cause.reason
    throw cause
  }
}

interface Representative {
  readonly header?: number
  readonly trailer?: readonly number[]
  readonly hash?: HashName
  readonly hashed?: (random: Buffer) => Buffer
}
/** An ISO 9796-2 representative that may be wrong in any part. */
function iso9796({ header = 0x6a, trailer = [0x34, 0xcc], hash = 'sha256', hashed }: Representative = {}): Buffer {
  const size = createHash(hash).digest().length
  const random = randomBytes(256 - 1 - size - trailer.length)
  const message = hashed?.(random) ?? Buffer.concat([random, NONCE])
  const digest = createHash(hash).update(message).digest()
  const text = Buffer.concat([Buffer.from([header]), random, digest, Buffer.from(trailer)])
  return privateEncrypt({ key: rsa.privateKey, padding: constants.RSA_NO_PADDING }, text)
}

describe('an RSA answer by ISO 9796-2 scheme 1', () => {
  test.each<readonly [string, Representative, string | null]>([
    ['as it should be', {}, null],
    ['with SHA-1 and its short trailer', { hash: 'sha1', trailer: [0xbc] }, null],
    ['with SHA-1 and its long trailer', { hash: 'sha1', trailer: [0x33, 0xcc] }, null],
    ['with SHA-512', { hash: 'sha512', trailer: [0x35, 0xcc] }, null],
    ['with another header', { header: 0x4a }, 'aa_signature'],
    [
      'with the header of total recovery, which leaves our nonce out',
      { header: 0x4a, hashed: (random) => random },
      'aa_signature',
    ],
    ['with the right header, but without our nonce', { hashed: (random) => random }, 'aa_signature'],
    ['with our nonce before the random', { hashed: (random) => Buffer.concat([NONCE, random]) }, 'aa_signature'],
    ['that names another hash', { trailer: [0x35, 0xcc] }, 'aa_signature'],
    ['that names no known hash', { trailer: [0x31, 0xcc] }, 'aa_signature'],
    ['with no trailer', { trailer: [0x00, 0x00] }, 'aa_signature'],
  ])('%s', (_, representative, reason) => {
    expect(reasonOf(iso9796(representative))).toBe(reason)
  })

  test('may be sent as its complement to the modulus, as the standard lets a signer do', () => {
    const key = readPublicKey(readDer(rsa.spki))
    const { modulus } = key as { modulus: bigint }
    const complement = modulus - BigInt(`0x${iso9796().toString('hex')}`)
    expect(reasonOf(Buffer.from(complement.toString(16).padStart(512, '0'), 'hex'))).toBeNull()
  })

  test('of a hash that the policy does not allow is not counted', () => {
    const policy = { ...CHIP_POLICY, challengeHashes: ['sha256'] as const }
    expect(reasonOf(iso9796({ hash: 'sha1', trailer: [0xbc] }), { policy })).toBe('aa_algorithm')
  })

  test('that is not below the modulus is none', () => {
    expect(reasonOf(Buffer.alloc(256, 0xff))).toBe('aa_signature')
    expect(reasonOf(Buffer.alloc(256))).toBe('aa_signature')
  })
})

describe('an ECDSA answer', () => {
  const answer = (hash: HashName, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363') =>
    sign(hash, NONCE, { key: ec.privateKey, dsaEncoding })
  const dg15 = makeDg15(ec)
  test('is plain r and s, not their DER', () => {
    expect(reasonOf(answer('sha256'), { dg15 })).toBeNull()
    expect(reasonOf(answer('sha256', 'der'), { dg15 })).toBe('aa_signature')
  })
  test('uses the hash that DG14 names, where there is one', () => {
    expect(reasonOf(answer('sha384'), { dg15, dg14: makeDg14('sha384') })).toBeNull()
    expect(reasonOf(answer('sha384'), { dg15, dg14: makeDg14('sha256') })).toBe('aa_signature')
  })
  test('is tried with each allowed hash, where DG14 is absent or says nothing', () => {
    for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)
      expect(reasonOf(answer(hash), { dg15 })).toBeNull()
    for (const dg14 of ['6e00', '6e023100', '6e0531033001ff', 'ff'].map((text) => Buffer.from(text, 'hex'))) {
      expect(reasonOf(answer('sha256'), { dg15, dg14 })).toBeNull()
    }
  })
  test('of a hash that the policy does not allow is not counted', () => {
    const policy = { ...CHIP_POLICY, challengeHashes: ['sha256'] as const }
    expect(reasonOf(answer('sha1'), { dg15, dg14: makeDg14('sha1'), policy })).toBe('aa_algorithm')
    expect(reasonOf(answer('sha1'), { dg15, policy })).toBe('aa_signature')
  })
  test('of zeros is none', () => {
    expect(reasonOf(Buffer.alloc(64), { dg15 })).toBe('aa_signature')
  })
})

test('a key that is too short, of a forbidden curve or no key at all says so, whatever the answer', () => {
  const short = makeKeyPair({ kind: 'rsa-pkcs1', bits: 512, hash: 'sha1' })
  const unlisted = makeKeyPair({ kind: 'ecdsa', curve: 'secp256k1', hash: 'sha256' })
  const noise = Buffer.from('6f03020101', 'hex')
  for (const dg15 of [makeDg15(short), makeDg15(unlisted), noise, Buffer.alloc(0)])
    expect(reasonOf(Buffer.alloc(64), { dg15 })).toBe('aa_key')
  const policy = { ...CHIP_POLICY, curves: ['secp384r1'] }
  expect(reasonOf(Buffer.alloc(64), { dg15: makeDg15(ec), policy })).toBe('aa_key')
  expect(reasonOf(Buffer.alloc(0))).toBe('aa_missing')
})
