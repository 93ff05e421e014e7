import { createHash } from 'node:crypto'
import { TAG, writeDer, writeOid } from '../asn1/der.ts'
import type { HashName } from '../asn1/signature.ts'
import { type Identity, makeName, serialOf } from './make-certificate.ts'
import { hashAlgorithm, signatureAlgorithm, signWith } from './make-keys.ts'

/** What may be made otherwise than a good document has it: for tests of refusals. */
export interface CmsWish {
  readonly contentType: string
  readonly content: Buffer
  readonly signer: Identity
  /** ISO instant to the second; no signing time when absent. */
  readonly signedAt?: string | undefined
  /** Certificates beside the signer's. */
  readonly certificates?: readonly Buffer[]
  readonly signatures?: number
  readonly withoutAttributes?: boolean
  readonly contentTypeAttribute?: string
}

const integer = (value: number) => writeDer(TAG.integer, Buffer.from([value]))

/** A CMS SignedData in DER (RFC 5652) in its ContentInfo. */
export function makeSignedData(wish: CmsWish): Buffer {
  const { signer, content } = wish
  const { hash } = signer.keys.form
  const signerInfos = Array.from({ length: wish.signatures ?? 1 }, () => makeSignerInfo(wish, hash))
  const signedData = writeDer(
    TAG.sequence,
    integer(3),
    writeDer(TAG.set, hashAlgorithm(hash)),
    writeDer(TAG.sequence, writeOid(wish.contentType), writeDer(0xa0, writeDer(TAG.octetString, content))),
    writeDer(0xa0, ...[signer.certificate, ...(wish.certificates ?? [])].sort(Buffer.compare)),
    writeDer(TAG.set, ...signerInfos),
  )
  return writeDer(TAG.sequence, writeOid('1.2.840.113549.1.7.2'), writeDer(0xa0, signedData))
}

function makeSignerInfo(wish: CmsWish, hash: HashName): Buffer {
  const { signer, content } = wish
  const attributes = makeAttributes(wish, hash)
  const signature = wish.withoutAttributes
    ? signWith(signer.keys, content)
    : signWith(signer.keys, writeDer(TAG.set, ...attributes))
  return writeDer(
    TAG.sequence,
    integer(1),
    writeDer(TAG.sequence, makeName(signer.issuerName), Buffer.from(serialOf(signer.certificate))),
    hashAlgorithm(hash),
    ...(wish.withoutAttributes ? [] : [writeDer(0xa0, ...attributes)]),
    signatureAlgorithm(signer.keys.form),
    writeDer(TAG.octetString, signature),
  )
}

/** In the order that DER wants of a SET OF. */
function makeAttributes({ contentType, contentTypeAttribute, content, signedAt }: CmsWish, hash: HashName): Buffer[] {
  const attribute = (oid: string, value: Buffer) => writeDer(TAG.sequence, writeOid(oid), writeDer(TAG.set, value))
  const all = [
    attribute('1.2.840.113549.1.9.3', writeOid(contentTypeAttribute ?? contentType)),
    attribute('1.2.840.113549.1.9.4', writeDer(TAG.octetString, createHash(hash).update(content).digest())),
  ]
  if (signedAt !== undefined) {
    const digits = signedAt.replace(/\D/g, '').slice(2, 14)
    all.push(attribute('1.2.840.113549.1.9.5', writeDer(0x17, Buffer.from(`${digits}Z`))))
  }
  return all.sort(Buffer.compare)
}
