import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Der, DerFault, expectTag, oidOf, readDer, smallIntegerOf, TAG, writeDer, writeOid } from './der.ts'
import type { PublicKey } from './public-key.ts'

/** Hash functions that the verifier knows, as `node:crypto` calls them. MD5 is not among them. */
export type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

const HASHES: Readonly<Record<string, HashName>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

export const HASH_BYTES: Readonly<Record<HashName, number>> = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 }

/** How a signature is made. `hash` is absent where the algorithm leaves it to the digest beside it (plain rsaEncryption in CMS). */
export type SignatureForm =
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName | undefined }
  | {
      readonly kind: 'rsa-pss'
      readonly hash: HashName
      /** Hash of the mask; nearly always the same. */
      readonly maskHash: HashName
      readonly saltBytes: number
      /** RSASSA-PSS-params as they stand, for a key that is bound to them. */
      readonly parameters: Uint8Array
    }

const FORMS: Readonly<Record<string, SignatureForm>> = {
  '1.2.840.10045.4.1': { kind: 'ecdsa', hash: 'sha1' },
  '1.2.840.10045.4.3.1': { kind: 'ecdsa', hash: 'sha224' },
  '1.2.840.10045.4.3.2': { kind: 'ecdsa', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { kind: 'ecdsa', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { kind: 'ecdsa', hash: 'sha512' },
  '1.2.840.113549.1.1.1': { kind: 'rsa-pkcs1', hash: undefined },
  '1.2.840.113549.1.1.5': { kind: 'rsa-pkcs1', hash: 'sha1' },
  '1.2.840.113549.1.1.14': { kind: 'rsa-pkcs1', hash: 'sha224' },
  '1.2.840.113549.1.1.11': { kind: 'rsa-pkcs1', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { kind: 'rsa-pkcs1', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { kind: 'rsa-pkcs1', hash: 'sha512' },
}
const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'

/** An AlgorithmIdentifier that names a hash; parameters are absent or NULL. @returns undefined for one not known. @throws DerFault */
export function readHash(algorithm: Der | undefined): HashName | undefined {
  const { oid } = withoutParameters(algorithm)
  return HASHES[oid]
}

/** An AlgorithmIdentifier that names a signature. @returns undefined for one not known. @throws DerFault */
export function readSignatureForm(algorithm: Der | undefined): SignatureForm | undefined {
  const [name, parameters] = expectTag(algorithm, TAG.sequence).children
  if (oidOf(name) === RSASSA_PSS) return readPss(parameters)
  return FORMS[withoutParameters(algorithm).oid]
}

function withoutParameters(algorithm: Der | undefined): { oid: string } {
  const { children } = expectTag(algorithm, TAG.sequence)
  const isPlain = children.length === 1 || (children.length === 2 && children[1]!.tag === TAG.null)
  if (!isPlain) throw new DerFault('value')
  return { oid: oidOf(children[0]) }
}

/** RSASSA-PSS-params (RFC 4055): hash of the message, hash of the mask, salt in bytes, trailer 1. Absent fields mean SHA-1 and 20. */
function readPss(parameters: Der | undefined): SignatureForm | undefined {
  const fields = new Map(expectTag(parameters, TAG.sequence).children.map((field) => [field.tag, only(field)]))
  if (fields.size !== parameters!.children.length || [...fields.keys()].some((tag) => tag < 0xa0 || tag > 0xa3)) {
    throw new DerFault('value')
  }
  const hashField = fields.get(0xa0)
  const hash = hashField === undefined ? 'sha1' : readHash(hashField)
  const mask = fields.get(0xa1)
  if (mask !== undefined && oidOf(expectTag(mask, TAG.sequence).children[0]) !== MGF1) return undefined
  const maskHash = mask === undefined ? 'sha1' : readHash(mask.children[1])
  const salt = fields.get(0xa2)
  const trailer = fields.get(0xa3)
  const isOddTrailer = trailer !== undefined && smallIntegerOf(trailer) !== 1
  if (hash === undefined || maskHash === undefined || isOddTrailer) return undefined
  const saltBytes = salt === undefined ? 20 : smallIntegerOf(salt)
  return { kind: 'rsa-pss', hash, maskHash, saltBytes, parameters: parameters!.bytes }
}

function only(wrapper: Der): Der {
  const [inner] = wrapper.children
  if (inner === undefined || wrapper.children.length !== 1) throw new DerFault('value')
  return inner
}

/**
 * Whether `signature` over `message` is the key's. A form that does not fit the kind of key is not.
 * @param hash the hash that the form names, or the digest beside it
 */
export function isSignatureOf(
  key: PublicKey,
  form: SignatureForm,
  hash: HashName,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (form.kind === 'ecdsa' ? key.kind !== 'ec' : key.kind !== 'rsa') return false
  if (form.hash !== undefined && form.hash !== hash) return false
  try {
    if (form.kind === 'rsa-pss') {
      const bound = form.maskHash === hash ? key.key : boundKey(key.key, form.parameters)
      const padding = constants.RSA_PKCS1_PSS_PADDING
      return verify(hash, message, { key: bound, padding, saltLength: form.saltBytes }, signature)
    }
    return verify(hash, message, { key: key.key, dsaEncoding: 'der' }, signature)
  } catch {
    return false
  }
}

/** `verify` has no option for the hash of the mask; it takes it from a key that is bound to these parameters. */
function boundKey(key: KeyObject, parameters: Uint8Array): KeyObject {
  const bits = readDer(key.export({ type: 'spki', format: 'der' })).children[1]!.bytes
  const algorithm = writeDer(TAG.sequence, writeOid(RSASSA_PSS), parameters)
  return createPublicKey({ key: writeDer(TAG.sequence, algorithm, bits), format: 'der', type: 'spki' })
}
