import { createHash } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate as CertificateStructure,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  type Name,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509'
import { bitStringOf, type Der, DerFault, expectTag, hex, readDer, sameBytes, TAG } from './der.ts'
import { type PublicKey, readPublicKey } from './public-key.ts'
import { isSignatureOf, readSignatureForm, type SignatureForm } from './signature.ts'
import { timeOf } from './time.ts'

/** What the verifier needs of an X.509 certificate. Names are their DER in hex: they are compared to the byte. */
export interface Certificate {
  readonly bytes: Uint8Array
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string
  readonly serial: string
  readonly subject: string
  readonly issuer: string
  /** For people: `C=VN, O=…, CN=…`. */
  readonly subjectText: string
  /** `countryName` of the subject and of the issuer, upper case; empty when there is none. */
  readonly country: string
  readonly issuerCountry: string
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** Absent for a kind of key that is not known. */
  readonly publicKey: PublicKey | undefined
  readonly keyId: string | undefined
  readonly authorityKeyId: string | undefined
  readonly isAuthority: boolean
  readonly usage: { readonly signsDocuments: boolean; readonly signsCertificates: boolean }
  readonly hasUnknownCritical: boolean
  readonly signed: Signed
}

/** The signed part of a certificate or list, and the signature on it. */
export interface Signed {
  readonly body: Uint8Array
  readonly form: SignatureForm | undefined
  readonly signature: Uint8Array
}

/** Critical extensions that change nothing here or are read: key usage and constraints, document types, policies, alternative names. */
const UNDERSTOOD = new Set([
  id_ce_keyUsage,
  id_ce_basicConstraints,
  id_ce_authorityKeyIdentifier,
  id_ce_subjectKeyIdentifier,
  '2.5.29.16',
  '2.5.29.17',
  '2.5.29.18',
  '2.5.29.31',
  '2.5.29.32',
  '2.5.29.37',
  '2.23.136.1.1.6.1',
  '2.23.136.1.1.6.2',
  '2.23.136.1.1.3',
])

/**
 * Reads one certificate.
 * @param loose for certificates that an operator pinned: some genuine ones break DER in small ways
 * @throws DerFault when it cannot be read
 */
export function readCertificate(bytes: Uint8Array, { loose = false } = {}): Certificate {
  const outer = readDer(bytes, { loose })
  try {
    return certificateOf(outer, AsnConvert.parse(Buffer.from(bytes), CertificateStructure))
  } catch (cause) {
    if (cause instanceof DerFault) throw cause
    throw new DerFault('value')
  }
}

function certificateOf(outer: Der, structure: CertificateStructure): Certificate {
  const signed = readSigned(outer)
  const [body] = outer.children
  const fields = body!.children.filter(({ tag }) => tag !== 0xa0)
  const [serial, algorithm, issuer, validity, subject, spki] = fields
  if (!sameBytes(algorithm!.bytes, outer.children[1]!.bytes)) throw new DerFault('value')
  const { tbsCertificate } = structure
  const extensions = new Map((tbsCertificate.extensions ?? []).map((one) => [one.extnID, one]))
  if (extensions.size !== (tbsCertificate.extensions ?? []).length) throw new DerFault('value')
  const extension = <T>(oid: string, type: new () => T): T | undefined => {
    const found = extensions.get(oid)
    return found && AsnConvert.parse(found.extnValue, type)
  }
  const keyUsage = extension(id_ce_keyUsage, KeyUsage)?.toNumber()
  const subjectKeyId = extension(id_ce_subjectKeyIdentifier, SubjectKeyIdentifier)
  const authorityKeyId = extension(id_ce_authorityKeyIdentifier, AuthorityKeyIdentifier)?.keyIdentifier
  const can = (flag: number) => keyUsage === undefined || (keyUsage & flag) !== 0
  return {
    bytes: outer.bytes,
    fingerprint: createHash('sha256').update(outer.bytes).digest('hex'),
    serial: serialText(expectTag(serial, TAG.integer).content),
    subject: hex(expectTag(subject, TAG.sequence).bytes),
    issuer: hex(expectTag(issuer, TAG.sequence).bytes),
    subjectText: textOfName(tbsCertificate.subject),
    country: countryOf(tbsCertificate.subject),
    issuerCountry: countryOf(tbsCertificate.issuer),
    // The library makes some date of any text; an unreadable time must not compare as valid.
    notBefore: timeOf(validity?.children[0]),
    notAfter: timeOf(validity?.children[1]),
    publicKey: readPublicKey(expectTag(spki, TAG.sequence)),
    keyId: subjectKeyId && hex(new Uint8Array(subjectKeyId.buffer)),
    authorityKeyId: authorityKeyId && hex(new Uint8Array(authorityKeyId.buffer)),
    isAuthority: extension(id_ce_basicConstraints, BasicConstraints)?.cA === true,
    usage: { signsDocuments: can(KeyUsageFlags.digitalSignature), signsCertificates: can(KeyUsageFlags.keyCertSign) },
    hasUnknownCritical: [...extensions.values()].some(({ critical, extnID }) => critical && !UNDERSTOOD.has(extnID)),
    signed,
  }
}

/** SEQUENCE { body, algorithm, BIT STRING }: the outside of a certificate and of a revocation list. @throws DerFault */
export function readSigned(outer: Der): Signed {
  const [body, algorithm, signature] = expectTag(outer, TAG.sequence).children
  if (outer.children.length !== 3) throw new DerFault('value')
  return {
    body: expectTag(body, TAG.sequence).bytes,
    form: readSignatureForm(algorithm),
    signature: bitStringOf(signature),
  }
}

/** Whether the key signed it, by any form that is known; what is allowed is the policy's business. */
export function isSignedBy({ body, form, signature }: Signed, key: PublicKey | undefined): boolean {
  if (key === undefined || form?.hash === undefined) return false
  return isSignatureOf(key, form, form.hash, body, signature)
}

/** Serial numbers are compared as numbers: lists and certificates pad them differently at times. */
export const serialText = (content: Uint8Array): string => hex(content).replace(/^(00)+(?=.)/, '')

const SHORT: Readonly<Record<string, string>> = {
  '2.5.4.6': 'C',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
}

const partsOf = (name: Name) => [...name].flatMap((set) => [...set]).map(({ type, value }) => ({ type, text: value.toString() }))

function textOfName(name: Name): string {
  return partsOf(name)
    .map(({ type, text }) => `${SHORT[type] ?? type}=${text}`)
    .join(', ')
}

function countryOf(name: Name): string {
  return (partsOf(name).find(({ type }) => type === '2.5.4.6')?.text ?? '').toUpperCase()
}
