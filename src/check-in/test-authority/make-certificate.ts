import { createHash, randomBytes } from 'node:crypto'
import { bitStringOf, readDer, TAG, writeDer, writeOid } from '../asn1/der.ts'
import { TEST_ORGANISATION } from '../trust/test-organisation.ts'
import { type KeyPair, signatureAlgorithm, signWith } from './make-keys.ts'

export interface Name {
  readonly country: string
  readonly commonName: string
}

/** A certificate with its key: what an authority needs to sign with. */
export interface Identity {
  readonly name: Name
  readonly issuerName: Name
  readonly keys: KeyPair
  readonly certificate: Buffer
}

export interface CertificateWish {
  readonly name: Name
  readonly keys: KeyPair
  /** Who signs; the subject itself when absent. */
  readonly issuer?: Identity | undefined
  readonly isAuthority: boolean
  /** ISO dates. */
  readonly from: string
  readonly to: string
  /** Content of the key usage, where it is not the usual one. */
  readonly usage?: readonly number[]
  readonly moreExtensions?: readonly Buffer[]
}

export function makeName({ country, commonName }: Name): Buffer {
  const part = (oid: string, tag: number, text: string) =>
    writeDer(TAG.set, writeDer(TAG.sequence, writeOid(oid), writeDer(tag, Buffer.from(text))))
  return writeDer(
    TAG.sequence,
    part('2.5.4.6', TAG.printable, country),
    part('2.5.4.10', TAG.utf8, TEST_ORGANISATION),
    part('2.5.4.3', TAG.utf8, commonName),
  )
}

/** SHA-1 of the key's bits: the usual key identifier (RFC 5280, 4.2.1.2). */
export function keyIdOf(keys: KeyPair): Buffer {
  return createHash('sha1')
    .update(bitStringOf(readDer(keys.spki, { loose: true }).children[1]))
    .digest()
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function makeTime(date: string): Buffer {
  const digits = `${date.replace(/-/g, '')}000000Z`
  const isLate = Number(date.slice(0, 4)) >= 2050
  return isLate ? writeDer(0x18, Buffer.from(digits)) : writeDer(0x17, Buffer.from(digits.slice(2)))
}

/** A positive serial number of 16 random bytes. */
export const makeSerial = (): Buffer => writeDer(TAG.integer, Buffer.concat([Buffer.from([0x4a]), randomBytes(15)]))

/** Body, algorithm, signature: how certificates and revocation lists are closed. */
export function makeSigned(body: Buffer, keys: KeyPair): Buffer {
  const signature = writeDer(TAG.bitString, Buffer.from([0]), signWith(keys, body))
  return writeDer(TAG.sequence, body, signatureAlgorithm(keys.form), signature)
}

/** Makes an X.509 v3 certificate: an authority's, or a document signer's (ICAO 9303-12, 7.1). */
export function makeCertificate(wish: CertificateWish): Identity {
  const { name, keys, from, to } = wish
  const issuerKeys = wish.issuer?.keys ?? keys
  const body = writeDer(
    TAG.sequence,
    writeDer(0xa0, writeDer(TAG.integer, Buffer.from([2]))),
    makeSerial(),
    signatureAlgorithm(issuerKeys.form),
    makeName(wish.issuer?.name ?? name),
    writeDer(TAG.sequence, makeTime(from), makeTime(to)),
    makeName(name),
    keys.spki,
    writeDer(0xa3, makeExtensions(wish, issuerKeys)),
  )
  return { name, issuerName: wish.issuer?.name ?? name, keys, certificate: makeSigned(body, issuerKeys) }
}

function makeExtensions({ keys, isAuthority, usage, moreExtensions = [] }: CertificateWish, issuerKeys: KeyPair): Buffer {
  const critical = writeDer(TAG.boolean, Buffer.from([0xff]))
  const extension = (oid: string, value: Buffer, ...flags: Buffer[]) =>
    writeDer(TAG.sequence, writeOid(oid), ...flags, writeDer(TAG.octetString, value))
  const basic = writeDer(TAG.sequence, critical, writeDer(TAG.integer, Buffer.from([0])))
  return writeDer(
    TAG.sequence,
    extension('2.5.29.14', writeDer(TAG.octetString, keyIdOf(keys))),
    extension('2.5.29.35', writeDer(TAG.sequence, writeDer(0x80, keyIdOf(issuerKeys)))),
    extension('2.5.29.15', writeDer(TAG.bitString, Buffer.from(usage ?? (isAuthority ? [0x01, 0x06] : [0x07, 0x80]))), critical),
    ...(isAuthority ? [extension('2.5.29.19', basic, critical)] : []),
    ...moreExtensions,
  )
}

/** A revocation list of these certificates (RFC 5280, 5). Dates are ISO. */
export function makeRevocationList(
  issuer: Identity,
  revoked: readonly Identity[],
  thisUpdate: string,
  nextUpdate: string,
): Buffer {
  const entries = revoked.map(({ certificate }) =>
    writeDer(TAG.sequence, Buffer.from(serialOf(certificate)), makeTime(thisUpdate)),
  )
  const body = writeDer(
    TAG.sequence,
    writeDer(TAG.integer, Buffer.from([1])),
    signatureAlgorithm(issuer.keys.form),
    makeName(issuer.name),
    makeTime(thisUpdate),
    makeTime(nextUpdate),
    ...(entries.length > 0 ? [writeDer(TAG.sequence, ...entries)] : []),
  )
  return makeSigned(body, issuer.keys)
}

/** The serial number of a certificate, as an element. */
export function serialOf(certificate: Uint8Array): Uint8Array {
  return readDer(certificate, { loose: true }).children[0]!.children[1]!.bytes
}
