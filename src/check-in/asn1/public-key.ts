import { createPublicKey, type KeyObject } from 'node:crypto'
import { CURVES, type Curve } from './curves.ts'
import {
  bitStringOf,
  type Der,
  DerFault,
  expectTag,
  hex,
  integerHexOf,
  oidOf,
  smallIntegerOf,
  TAG,
  writeDer,
  writeOid,
} from './der.ts'

/** A key that the verifier can use, with what a policy judges it by. */
export type PublicKey =
  | { readonly kind: 'ec'; readonly key: KeyObject; readonly curve: Curve; readonly bits: number }
  | { readonly kind: 'rsa'; readonly key: KeyObject; readonly modulus: bigint; readonly bits: number }

const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
const RSASSA_PSS = '1.2.840.113549.1.1.10'
const PRIME_FIELD = '1.2.840.10045.1.1'

/**
 * Reads a SubjectPublicKeyInfo. An elliptic curve may be named or spelt out in numbers; numbers are compared with the known curves, base point
 * included (a foreign base point is the forgery of CVE-2020-0601), and the key is rewritten to the curve's name.
 * @returns undefined for a kind of key or a curve that is not known
 * @throws DerFault
 */
export function readPublicKey(spki: Der): PublicKey | undefined {
  const [algorithm, point] = expectTag(spki, TAG.sequence).children
  if (algorithm === undefined || point === undefined || spki.children.length !== 2) throw new DerFault('value')
  const kind = oidOf(expectTag(algorithm, TAG.sequence).children[0])
  if (kind === EC_PUBLIC_KEY) return readEcKey(algorithm.children[1], point)
  if (kind === RSA_ENCRYPTION || kind === RSASSA_PSS) return readRsaKey(point)
  return undefined
}

function readEcKey(parameters: Der | undefined, point: Der): PublicKey | undefined {
  const curve = parameters?.tag === TAG.oid ? curveNamed(oidOf(parameters)) : curveOfNumbers(expectTag(parameters, TAG.sequence))
  if (curve === undefined) return undefined
  const named = writeDer(
    TAG.sequence,
    writeDer(TAG.sequence, writeOid(EC_PUBLIC_KEY), writeOid(curve.oid)),
    writeDer(TAG.bitString, Buffer.from([0]), bitStringOf(point)),
  )
  return { kind: 'ec', key: load(named), curve, bits: curve.bits }
}

/** Restrictions of an RSASSA-PSS key are dropped: the signature's own parameters are judged by the policy. */
function readRsaKey(point: Der): PublicKey {
  const plain = writeDer(
    TAG.sequence,
    writeDer(TAG.sequence, writeOid(RSA_ENCRYPTION), writeDer(TAG.null)),
    writeDer(TAG.bitString, Buffer.from([0]), bitStringOf(point)),
  )
  const key = load(plain)
  const modulus = BigInt(`0x${Buffer.from(key.export({ format: 'jwk' }).n as string, 'base64url').toString('hex')}`)
  return { kind: 'rsa', key, modulus, bits: key.asymmetricKeyDetails?.modulusLength ?? 0 }
}

/** OpenSSL refuses a point that is not on the curve and numbers that are no key. */
function load(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    throw new DerFault('value')
  }
}

function curveNamed(oid: string): Curve | undefined {
  return CURVES.find((curve) => curve.oid === oid)
}

/** ECParameters (SEC 1, C.2): version, field, coefficients, base point, order, cofactor. */
function curveOfNumbers(parameters: Der): Curve | undefined {
  const [version, field, coefficients, base, order, cofactor] = parameters.children
  if (smallIntegerOf(version) < 1) throw new DerFault('value')
  const [fieldType, prime] = expectTag(field, TAG.sequence).children
  if (oidOf(fieldType) !== PRIME_FIELD) return undefined
  const [a, b] = expectTag(coefficients, TAG.sequence).children
  const p = integerHexOf(prime)
  const n = integerHexOf(order)
  const point = hex(expectTag(base, TAG.octetString).content)
  if (cofactor !== undefined && integerHexOf(cofactor) !== '01') return undefined
  return CURVES.find(
    (curve) =>
      sameNumber(curve.p, p) &&
      sameNumber(curve.n, n) &&
      sameNumber(curve.a, hex(expectTag(a, TAG.octetString).content)) &&
      sameNumber(curve.b, hex(expectTag(b, TAG.octetString).content)) &&
      isBasePoint(curve, point),
  )
}

const withoutZeros = (digits: string) => digits.replace(/^0+/, '')
const sameNumber = (one: string, other: string) => withoutZeros(one) === withoutZeros(other)

/** Uncompressed (04 x y) or compressed (02 or 03 by the last bit of y, then x). */
function isBasePoint({ gx, gy }: Curve, point: string): boolean {
  const isOdd = (Number.parseInt(gy.slice(-1), 16) & 1) === 1
  return point === `04${gx}${gy}` || point === `${isOdd ? '03' : '02'}${gx}`
}
