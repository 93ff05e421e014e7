import { AsnConvert } from '@peculiar/asn1-schema'
import { CertificateList, id_ce_cRLReasons } from '@peculiar/asn1-x509'
import { isSignedBy, readSigned, type Signed, serialText } from '../asn1/certificate.ts'
import { DerFault, expectTag, hex, readDer, TAG } from '../asn1/der.ts'
import { timeOf } from '../asn1/time.ts'
import type { Anchor } from './snapshot.ts'

/** A list of certificates that an authority has taken back (RFC 5280, 5). */
export interface RevocationList {
  readonly file: string
  /** DER in hex. */
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  /** Serial numbers in hex. */
  readonly revoked: ReadonlySet<string>
  readonly signed: Signed
}

/** `removeFromCRL`: the entry takes a revocation back (RFC 5280, 5.3.1). */
const REMOVED = 8

/**
 * Reads a whole list; its signature is checked by `signerOfList`. A critical extension makes it another kind of list (changes alone, other
 * issuers' certificates), which would be misread.
 * @throws DerFault when it cannot be read, or is of another kind
 */
export function readRevocationList(bytes: Uint8Array, file: string): RevocationList {
  const outer = readDer(bytes, { loose: true })
  const signed = readSigned(outer)
  const fields = outer.children[0]!.children.filter(({ tag }) => tag !== TAG.integer)
  try {
    const { tbsCertList } = AsnConvert.parse(Buffer.from(bytes), CertificateList)
    const entries = tbsCertList.revokedCertificates ?? []
    const extensions = [tbsCertList.crlExtensions, ...entries.map(({ crlEntryExtensions }) => crlEntryExtensions)].flat()
    if (extensions.some((one) => one?.critical)) throw new DerFault('value')
    return {
      file,
      issuer: hex(expectTag(fields[1], TAG.sequence).bytes),
      thisUpdate: timeOf(fields[2]),
      nextUpdate: tbsCertList.nextUpdate && timeOf(fields[3]),
      revoked: new Set(
        entries
          .filter(({ crlEntryExtensions }) => !isRemoval(crlEntryExtensions))
          .map(({ userCertificate }) => serialText(new Uint8Array(userCertificate))),
      ),
      signed,
    }
  } catch (cause) {
    if (cause instanceof DerFault) throw cause
    throw new DerFault('value')
  }
}

function isRemoval(extensions: readonly { extnID: string; extnValue: { buffer: ArrayBuffer } }[] | undefined): boolean {
  const reason = extensions?.find(({ extnID }) => extnID === id_ce_cRLReasons)
  return reason !== undefined && new Uint8Array(reason.extnValue.buffer).at(-1) === REMOVED
}

/** The anchor of the list's issuer that signed it. */
export function signerOfList(list: RevocationList, anchors: readonly Anchor[]): Anchor | undefined {
  return anchors.find(({ certificate }) => certificate.subject === list.issuer && isSignedBy(list.signed, certificate.publicKey))
}
