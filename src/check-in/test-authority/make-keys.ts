import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { TAG, writeDer, writeOid } from '../asn1/der.ts'
import { HASH_BYTES, type HashName } from '../asn1/signature.ts'

/** A kind of key and the way it signs. `explicit` spells the curve out in numbers, as Vietnam's passport root does. */
export type KeyForm =
  | { readonly kind: 'ecdsa'; readonly curve: string; readonly explicit?: boolean; readonly hash: HashName }
  | { readonly kind: 'rsa-pkcs1' | 'rsa-pss'; readonly bits: number; readonly hash: HashName }

export interface KeyPair {
  readonly form: KeyForm
  readonly privateKey: KeyObject
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer
}

/** Makes a key pair. Keys are random: what is made from a seed are the people. */
export function makeKeyPair(form: KeyForm): KeyPair {
  const { privateKey, publicKey } =
    form.kind === 'ecdsa'
      ? generateKeyPairSync('ec', { namedCurve: form.curve, paramEncoding: form.explicit ? 'explicit' : 'named' })
      : generateKeyPairSync('rsa', { modulusLength: form.bits })
  return { form, privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }) }
}

const HASH_OIDS: Readonly<Record<HashName, string>> = {
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}
const ECDSA_OIDS: Readonly<Record<HashName, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
}
const RSA_OIDS: Readonly<Record<HashName, string>> = {
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
}

/** AlgorithmIdentifier of a hash. */
export const hashAlgorithm = (hash: HashName): Buffer => writeDer(TAG.sequence, writeOid(HASH_OIDS[hash]), writeDer(TAG.null))

/** AlgorithmIdentifier of a signature. */
export function signatureAlgorithm({ kind, hash }: KeyForm): Buffer {
  if (kind === 'ecdsa') return writeDer(TAG.sequence, writeOid(ECDSA_OIDS[hash]))
  if (kind === 'rsa-pkcs1') return writeDer(TAG.sequence, writeOid(RSA_OIDS[hash]), writeDer(TAG.null))
  const mask = writeDer(TAG.sequence, writeOid('1.2.840.113549.1.1.8'), hashAlgorithm(hash))
  const salt = writeDer(TAG.integer, Buffer.from([HASH_BYTES[hash]]))
  return writeDer(
    TAG.sequence,
    writeOid('1.2.840.113549.1.1.10'),
    writeDer(TAG.sequence, writeDer(0xa0, hashAlgorithm(hash)), writeDer(0xa1, mask), writeDer(0xa2, salt)),
  )
}

export function signWith({ form, privateKey }: KeyPair, message: Uint8Array): Buffer {
  if (form.kind !== 'rsa-pss') return sign(form.hash, message, privateKey)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return sign(form.hash, message, { key: privateKey, padding, saltLength: HASH_BYTES[form.hash] })
}
