import { createHash } from 'node:crypto'
import { type Certificate, readCertificate } from '../asn1/certificate.ts'
import { type Der, DerFault, expectTag, hex, oidOf, readDer, sameBytes, smallIntegerOf, TAG, writeDer } from '../asn1/der.ts'
import { type HashName, isSignatureOf, readHash, readSignatureForm } from '../asn1/signature.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const MASTER_LIST = '2.23.136.1.1.2'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'

/** Roots of many states in one signed file (ICAO 9303-12, 9). */
export interface MasterList {
  /** Each certificate as it stands in the list, in DER. */
  readonly certificates: readonly Uint8Array[]
  /** Fingerprint of the certificate whose key signed the list: a person compares it with what the publisher says. */
  readonly signerFingerprint: string
}

/**
 * Reads a master list and verifies that it is whole: signed by a certificate that comes with it. That says nothing about who made it; putting it
 * in the trust folder does.
 * @throws DerFault when it is no master list, or was changed after it was signed
 */
export function readMasterList(bytes: Uint8Array): MasterList {
  const [type, wrapper] = expectTag(readDer(bytes, { loose: true }), TAG.sequence).children
  if (oidOf(type) !== SIGNED_DATA) throw new DerFault('value')
  const signedData = expectTag(expectTag(wrapper, 0xa0).children[0], TAG.sequence)
  const encapsulated = expectTag(signedData.children[2], TAG.sequence)
  const signers = expectTag(signedData.children.at(-1), TAG.set)
  if (oidOf(encapsulated.children[0]) !== MASTER_LIST || signers.children.length !== 1) throw new DerFault('value')
  const content = expectTag(expectTag(encapsulated.children[1], 0xa0).children[0], TAG.octetString).content
  const sent = expectTag(signedData.children[3], 0xa0).children.flatMap(readable)
  const signer = sent.find((one) => isSignedBySigner(expectTag(signers.children[0], TAG.sequence), one, content))
  if (signer === undefined) throw new DerFault('value')
  const [version, certificates] = expectTag(readDer(content, { loose: true }), TAG.sequence).children
  if (smallIntegerOf(version) !== 0) throw new DerFault('value')
  return {
    certificates: expectTag(certificates, TAG.set).children.map((one) => one.bytes),
    signerFingerprint: signer.fingerprint,
  }
}

/** Lists carry certificates that some reader cannot read; they are not the signer's then. */
function readable({ bytes }: Der): Certificate[] {
  try {
    return [readCertificate(bytes, { loose: true })]
  } catch (cause) {
    if (cause instanceof DerFault) return []
    throw cause
  }
}

function isSignedBySigner(info: Der, { publicKey }: Certificate, content: Uint8Array): boolean {
  const [, , digest, attributes, algorithm, signature] = info.children
  const hash = readHash(digest)
  const form = readSignatureForm(algorithm)
  if (hash === undefined || form === undefined || publicKey === undefined) return false
  const isWhole = digestIn(expectTag(attributes, 0xa0)) === digestOf(content, hash)
  const body = writeDer(TAG.set, attributes!.content)
  return isWhole && isSignatureOf(publicKey, form, hash, body, expectTag(signature, TAG.octetString).content)
}

const digestOf = (content: Uint8Array, hash: HashName) => createHash(hash).update(content).digest('hex')

function digestIn(attributes: Der): string | undefined {
  const attribute = attributes.children.find((one) => oidOf(one.children[0]) === MESSAGE_DIGEST)
  const value = attribute?.children[1]?.children[0]
  return value && hex(expectTag(value, TAG.octetString).content)
}

/** Whether bytes are a CMS of any kind, so that a file of a folder is read as what it is. */
export function isCms(bytes: Uint8Array): boolean {
  const oid = readDer(bytes, { loose: true }).children[0]
  return oid?.tag === TAG.oid && sameBytes(oid.content, Buffer.from('2a864886f70d010702', 'hex'))
}
