import { createHash } from 'node:crypto'
import { type Certificate, readCertificate, serialText } from '../asn1/certificate.ts'
import {
  type Der,
  DerFault,
  type DerFaultCode,
  expectTag,
  hex,
  oidOf,
  readDer,
  sameBytes,
  smallIntegerOf,
  TAG,
  writeDer,
} from '../asn1/der.ts'
import { HASH_BYTES, type HashName, isSignatureOf, readHash, readSignatureForm } from '../asn1/signature.ts'
import { timeOf } from '../asn1/time.ts'
import { isAllowedKey } from './chain.ts'
import { ChipFault } from './checks.ts'
import type { ChipPolicy } from './policy.ts'
import type { ChipReason } from './reasons.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'
export const LDS_SECURITY_OBJECT = '2.23.136.1.1.1'
/** The other form of a signer's identifier, with its own version of the signer's information (RFC 5652, 5.3). */
const KEY_IDENTIFIER = 0x80
/** EF.SOD wraps the CMS in this application tag (ICAO 9303-10, 4.6.2). */
const EF_SOD = 0x77

/** A security object whose signature verifies with the key of `signer`; whether that signer is to be believed is the chain's business. */
export interface SecurityObject {
  readonly signer: Certificate
  readonly hash: HashName
  /** Hash in hex by number of the group. */
  readonly groupHashes: ReadonlyMap<number, string>
  /** Milliseconds since the epoch, from the signed attributes. */
  readonly signedAt: number | undefined
}

/** What our side knows of certificates by fingerprint. */
export interface Trusted {
  isPinned(fingerprint: string): boolean
  /** A signer that was read and verified before, so that it need not be read again. */
  knownSigner(fingerprint: string): Certificate | undefined
}

const FAULTS: Readonly<Record<DerFaultCode, ChipReason>> = {
  trailing: 'sod_trailing_bytes',
  indefinite: 'sod_indefinite_length',
  length: 'sod_length_not_minimal',
  truncated: 'sod_not_der',
  bounds: 'sod_not_der',
  value: 'sod_not_der',
}

/**
 * Reads EF.SOD and verifies its signature: a CMS SignedData (RFC 5652) in strict DER with one signer, signed attributes and nothing that no
 * signature covers. A certificate that comes with it is accepted beside the signer's only where it is pinned.
 * @throws ChipFault with a reason of the check `sod`
 */
export function readSecurityObject(bytes: Uint8Array, policy: ChipPolicy, trusted: Trusted): SecurityObject {
  if (bytes.length === 0) throw new ChipFault('sod_missing')
  if (bytes.length > policy.sodBytesMax) throw new ChipFault('sod_too_large')
  const file = as(undefined, () => readDer(bytes))
  const parts = as('sod_not_signed_data', () => partsOf(file))
  if (parts.contentType !== LDS_SECURITY_OBJECT) throw new ChipFault('sod_content_type')
  if (parts.signers.length !== 1) throw new ChipFault('sod_signers')
  const signerInfo = as('sod_not_signed_data', () => signerOf(parts.signers[0]!))
  const { hash, form } = algorithmsOf(parts, signerInfo, policy)
  const signedAt = checkAttributes(signerInfo.attributes, parts.content, hash)
  const signer = signerCertificate(parts.certificates, signerInfo.identifier, trusted)
  if (!isAllowedKey(signer.publicKey, policy)) throw new ChipFault('sod_signer_key')
  const attributes = writeDer(TAG.set, signerInfo.attributes.content)
  if (!isSignatureOf(signer.publicKey!, form, hash, attributes, signerInfo.signature)) throw new ChipFault('sod_signature')
  const lds = as('sod_content', () => readGroupHashes(parts.content))
  if (!policy.signedObjectHashes.includes(lds.hash) || !parts.digests.every((one) => one === hash || one === lds.hash)) {
    throw new ChipFault('sod_digest_algorithm')
  }
  return { signer, signedAt, ...lds }
}

/** Runs a reader; a fault of DER becomes `reason`, or its own code where none is given. */
function as<T>(reason: ChipReason | undefined, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof DerFault) throw new ChipFault(reason ?? FAULTS[cause.code])
    throw cause
  }
}

interface Parts {
  readonly digests: readonly (HashName | undefined)[]
  readonly contentType: string
  readonly content: Uint8Array
  readonly certificates: readonly Der[]
  readonly signers: readonly Der[]
}

/** ContentInfo { signedData, [0] SignedData { 3, digests, encapsulated content, [0] certificates, signers } }. */
function partsOf(file: Der): Parts {
  const info = expectTag(file.tag === EF_SOD ? onlyChild(file) : file, TAG.sequence)
  const [type, wrapper] = info.children
  if (info.children.length !== 2 || oidOf(type) !== SIGNED_DATA) throw new DerFault('value')
  const signedData = expectTag(onlyChild(expectTag(wrapper, 0xa0)), TAG.sequence)
  const [version, digests, encapsulated, certificates, signers, ...more] = signedData.children
  if (certificates?.tag === TAG.set) throw new ChipFault('sod_signer_certificate')
  if (signedData.children.some(({ tag }) => tag === 0xa1)) throw new ChipFault('sod_unsigned_parts')
  if (smallIntegerOf(version) !== 3 || more.length > 0) throw new DerFault('value')
  const [contentType, content] = expectTag(encapsulated, TAG.sequence).children
  if (encapsulated!.children.length !== 2) throw new DerFault('value')
  return {
    digests: expectTag(digests, TAG.set).children.map(readHash),
    contentType: oidOf(contentType),
    content: expectTag(onlyChild(expectTag(content, 0xa0)), TAG.octetString).content,
    certificates: expectTag(certificates, 0xa0).children,
    signers: expectTag(signers, TAG.set).children,
  }
}

function onlyChild(element: Der): Der {
  const [child] = element.children
  if (child === undefined || element.children.length !== 1) throw new DerFault('value')
  return child
}

interface SignerInfo {
  readonly identifier: Der
  readonly digest: Der
  readonly attributes: Der
  readonly algorithm: Der
  readonly signature: Uint8Array
}

function signerOf(info: Der): SignerInfo {
  const [version, identifier, digest, attributes, algorithm, signature, ...more] = expectTag(info, TAG.sequence).children
  if (attributes?.tag !== 0xa0) throw new ChipFault('sod_signed_attributes_missing')
  if (more.length > 0) throw new ChipFault('sod_unsigned_parts')
  if (smallIntegerOf(version) !== (identifier?.tag === KEY_IDENTIFIER ? 3 : 1)) throw new DerFault('value')
  return {
    identifier: identifier!,
    digest: digest!,
    attributes,
    algorithm: expectTag(algorithm, TAG.sequence),
    signature: expectTag(signature, TAG.octetString).content,
  }
}

/** The list of digests is signed by nothing, so it must say what the signed parts say: the signer's digest, else the groups'. */
function algorithmsOf({ digests }: Parts, signer: SignerInfo, policy: ChipPolicy) {
  const hash = as('sod_digest_algorithm', () => readHash(signer.digest))
  const isListed = hash !== undefined && digests.includes(hash) && new Set(digests).size === digests.length
  if (!isListed || !policy.signedObjectHashes.includes(hash)) throw new ChipFault('sod_digest_algorithm')
  const form = as('sod_signature_algorithm', () => readSignatureForm(signer.algorithm))
  if (form === undefined || (form.hash !== undefined && form.hash !== hash)) throw new ChipFault('sod_signature_algorithm')
  return { hash, form }
}

/** @returns the signing time, where the signer gave one */
function checkAttributes(attributes: Der, content: Uint8Array, hash: HashName): number | undefined {
  const values = as('sod_signed_attributes', () => readAttributes(attributes))
  const contentType = as('sod_signed_attributes', () => oidOf(values.get(CONTENT_TYPE)))
  const digest = values.get(MESSAGE_DIGEST)
  if (contentType !== LDS_SECURITY_OBJECT || digest?.tag !== TAG.octetString) throw new ChipFault('sod_signed_attributes')
  if (!sameBytes(digest.content, createHash(hash).update(content).digest())) throw new ChipFault('sod_message_digest')
  const time = values.get(SIGNING_TIME)
  return time === undefined ? undefined : as('sod_signed_attributes', () => timeOf(time))
}

/** Attributes by type, each once and with one value. */
function readAttributes(attributes: Der): Map<string, Der> {
  const values = new Map<string, Der>()
  for (const attribute of attributes.children) {
    const [type, set] = expectTag(attribute, TAG.sequence).children
    const name = oidOf(type)
    if (values.has(name) || attribute.children.length !== 2) throw new DerFault('value')
    values.set(name, onlyChild(expectTag(set, TAG.set)))
  }
  return values
}

/** Certificates beside the signer's that are looked at: authorities, where an issuer sends them along. */
const CERTIFICATES_MAX = 8

function signerCertificate(certificates: readonly Der[], identifier: Der, { isPinned, knownSigner }: Trusted): Certificate {
  if (certificates.length > CERTIFICATES_MAX) throw new ChipFault('sod_unsigned_parts')
  const [first, ...more] = certificates
    .map(({ bytes }) => ({ bytes, fingerprint: createHash('sha256').update(bytes).digest('hex') }))
    .filter(({ fingerprint }) => !isPinned(fingerprint))
  if (first === undefined) throw new ChipFault('sod_signer_certificate')
  if (more.length > 0) throw new ChipFault('sod_unsigned_parts')
  const signer = knownSigner(first.fingerprint) ?? as('sod_signer_certificate', () => readCertificate(first.bytes))
  if (!as('sod_signer_mismatch', () => isNamed(signer, identifier))) throw new ChipFault('sod_signer_mismatch')
  return signer
}

/** SignerIdentifier: issuer and serial number, or [0] key identifier. */
function isNamed(certificate: Certificate, identifier: Der): boolean {
  if (identifier.tag === KEY_IDENTIFIER) return certificate.keyId === hex(identifier.content)
  const [issuer, serial] = expectTag(identifier, TAG.sequence).children
  if (identifier.children.length !== 2) throw new DerFault('value')
  return certificate.issuer === hex(issuer!.bytes) && certificate.serial === serialText(expectTag(serial, TAG.integer).content)
}

/** LDSSecurityObject { version, hash, groups, [version info] } (ICAO 9303-10, 4.6.2.3). */
function readGroupHashes(content: Uint8Array): { hash: HashName; groupHashes: Map<number, string> } {
  const lds = expectTag(readDer(content), TAG.sequence)
  const [version, algorithm, groups] = lds.children
  const hash = readHash(algorithm)
  const withVersion = smallIntegerOf(version) === 1
  if (hash === undefined) throw new ChipFault('sod_digest_algorithm')
  if (smallIntegerOf(version) > 1 || lds.children.length !== (withVersion ? 4 : 3)) throw new DerFault('value')
  const groupHashes = new Map<number, string>()
  for (const group of expectTag(groups, TAG.sequence).children) {
    const [number, value] = expectTag(group, TAG.sequence).children
    const name = smallIntegerOf(number)
    const isWrong = name < 1 || name > 16 || groupHashes.has(name) || group.children.length !== 2
    if (isWrong || expectTag(value, TAG.octetString).content.length !== HASH_BYTES[hash]) throw new DerFault('value')
    groupHashes.set(name, hex(value!.content))
  }
  return { hash, groupHashes }
}
