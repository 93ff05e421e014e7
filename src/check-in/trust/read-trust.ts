import { createHash } from 'node:crypto'
import { type Certificate, isSignedBy, readCertificate } from '../asn1/certificate.ts'
import { type Der, DerFault, expectTag, readDer, TAG } from '../asn1/der.ts'
import { isCms, readMasterList } from './master-list.ts'
import { type RevocationList, readRevocationList, signerOfList } from './revocation-list.ts'
import type { Anchor, TokenIssuer, TrustProblem, TrustSnapshot } from './snapshot.ts'
import { TEST_ORGANISATION } from './test-organisation.ts'

/** A file of the trust folder. */
export interface TrustFile {
  /** Path under the folder, with slashes. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** Certificates that are read from one folder; the whole world's lists have some hundreds. */
export const CERTIFICATES_MAX = 10_000

interface Found {
  readonly certificates: { readonly certificate: Certificate; readonly file: string }[]
  readonly lists: RevocationList[]
  readonly masterLists: TrustSnapshot['masterLists'][number][]
  readonly issuers: TokenIssuer[]
  readonly problems: TrustProblem[]
}

/**
 * Makes a snapshot of files: certificates, revocation lists and master lists (DER or PEM, told apart by content), and `*.jwks.json` with the keys
 * of a token issuer. What cannot be read is left out and said, and hinders nothing else.
 * @param allowTest whether roots of a test authority count; production refuses them
 */
export function readTrust(files: readonly TrustFile[], { allowTest }: { readonly allowTest: boolean }): TrustSnapshot {
  const found: Found = { certificates: [], lists: [], masterLists: [], issuers: [], problems: [] }
  const sorted = [...files].sort((one, other) => (one.name < other.name ? -1 : 1))
  for (const file of sorted) {
    if (file.name.endsWith('.jwks.json')) readIssuer(file, found)
    else for (const der of derOf(file, found)) readOne(der, file.name, found)
  }
  const anchors = anchorsOf(found, allowTest)
  return {
    version: versionOf(sorted),
    anchors,
    bySubject: Map.groupBy(anchors, ({ certificate }) => certificate.subject),
    byKeyId: Map.groupBy(
      anchors.filter(({ certificate }) => certificate.keyId !== undefined),
      ({ certificate }) => certificate.keyId!,
    ),
    fingerprints: new Set(anchors.map(({ certificate }) => certificate.fingerprint)),
    revocationLists: listsOf(found, anchors),
    masterLists: found.masterLists,
    tokenIssuers: new Map(found.issuers.map((issuer) => [issuer.issuer, issuer])),
    problems: found.problems,
  }
}

function versionOf(files: readonly TrustFile[]): string {
  const hash = createHash('sha256')
  for (const { name, bytes } of files) hash.update(`${name}\0${bytes.length}\0`).update(bytes)
  return hash.digest('hex')
}

const PEM = /-----BEGIN (CERTIFICATE|X509 CRL|CMS|PKCS7)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g

/** The DER texts of a file: one, or as many as a PEM file holds. */
function derOf({ name, bytes }: TrustFile, { problems }: Found): Uint8Array[] {
  if (bytes[0] === TAG.sequence) return [bytes]
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM)]
  if (blocks.length === 0) problems.push({ file: name, problem: 'holds neither DER nor PEM' })
  return blocks.map((block) => Buffer.from(block[2]!, 'base64'))
}

function readOne(der: Uint8Array, file: string, found: Found): void {
  const { certificates, lists, problems } = found
  attempt(file, 'cannot be read', problems, () => {
    if (isCms(der)) {
      const list = readMasterList(der)
      const { signerFingerprint } = list
      found.masterLists.push({ file, certificates: list.certificates.length, signerFingerprint })
      list.certificates.forEach((bytes, index) => {
        attempt(file, `certificate ${index + 1} of the list cannot be read`, problems, () =>
          addCertificate(bytes, file, certificates, problems),
        )
      })
    } else if (isRevocationList(readDer(der, { loose: true }))) lists.push(readRevocationList(der, file))
    else addCertificate(der, file, certificates, problems)
  })
}

function attempt(file: string, problem: string, problems: TrustProblem[], read: () => void): void {
  try {
    read()
  } catch (cause) {
    if (!(cause instanceof DerFault)) throw cause
    problems.push({ file, problem })
  }
}

function addCertificate(bytes: Uint8Array, file: string, to: Found['certificates'], problems: TrustProblem[]): void {
  if (to.length >= CERTIFICATES_MAX) {
    problems.push({ file, problem: `more than ${CERTIFICATES_MAX} certificates` })
    return
  }
  to.push({ certificate: readCertificate(bytes, { loose: true }), file })
}

/** A certificate's body begins with [0] version or a serial number and then an algorithm; so does a list's, but its fourth field is a time. */
function isRevocationList(outer: Der): boolean {
  const fields = expectTag(outer.children[0], TAG.sequence).children.filter(({ tag }) => tag !== TAG.integer && tag !== 0xa0)
  return fields[2]?.tag === 0x17 || fields[2]?.tag === 0x18
}

function readIssuer({ name, bytes }: TrustFile, { issuers, problems }: Found): void {
  try {
    const { issuer, keys } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { issuer?: unknown; keys?: unknown }
    const isPublic = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null && !('d' in key))
    if (typeof issuer === 'string' && isPublic) issuers.push({ issuer, file: name, keys })
    else problems.push({ file: name, problem: 'is not {"issuer", "keys"} with public keys alone' })
  } catch {
    problems.push({ file: name, problem: 'is not JSON' })
  }
}

/** Each certificate once, with what makes it trusted. Subject equal to issuer says nothing: links have that too. */
function anchorsOf({ certificates, problems }: Found, allowTest: boolean): Anchor[] {
  const kept = new Map<string, { certificate: Certificate; file: string }>()
  for (const one of certificates) {
    const { certificate, file } = one
    const isTest = certificate.subjectText.includes(TEST_ORGANISATION)
    if (isTest && !allowTest) problems.push({ file, problem: 'is of a test authority, which this profile refuses' })
    else if (!certificate.isAuthority || !certificate.usage.signsCertificates) {
      problems.push({ file, problem: `${certificate.subjectText} is no authority` })
    } else if (!kept.has(certificate.fingerprint)) kept.set(certificate.fingerprint, one)
  }
  const all = [...kept.values()]
  return all.map((one) => anchorOf(one, all))
}

function anchorOf({ certificate, file }: Found['certificates'][number], all: Found['certificates']): Anchor {
  if (isSignedBy(certificate.signed, certificate.publicKey)) return { kind: 'root', certificate, file, linkedBy: undefined }
  const issuer = all.find(
    (one) => one.certificate.subject === certificate.issuer && isSignedBy(certificate.signed, one.certificate.publicKey),
  )
  return issuer === undefined
    ? { kind: 'pinned', certificate, file, linkedBy: undefined }
    : { kind: 'link', certificate, file, linkedBy: issuer.certificate.fingerprint }
}

/** Lists that a pinned authority signed: of one authority and one key, the newest. */
function listsOf({ lists, problems }: Found, anchors: readonly Anchor[]): Map<string, RevocationList[]> {
  const newest = new Map<string, RevocationList>()
  for (const list of lists) {
    const signer = signerOfList(list, anchors)
    if (signer === undefined) problems.push({ file: list.file, problem: 'revocation list of an authority that is not pinned' })
    else {
      const key = `${list.issuer}/${signer.certificate.keyId}`
      const known = newest.get(key)
      if (known === undefined || known.thisUpdate < list.thisUpdate) newest.set(key, list)
    }
  }
  return Map.groupBy(newest.values(), ({ issuer }) => issuer)
}
