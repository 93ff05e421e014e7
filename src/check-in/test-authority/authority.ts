import { writeDer } from '../asn1/der.ts'
import { type Identity, makeCertificate, makeRevocationList } from './make-certificate.ts'
import { makeSignedData } from './make-cms.ts'
import { type KeyForm, makeKeyPair } from './make-keys.ts'

/** Every algorithm that a document signer of the test authority uses, by a short name. */
export const SIGNER_FORMS: Readonly<Record<string, KeyForm>> = {
  p256: { kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' },
  p384: { kind: 'ecdsa', curve: 'secp384r1', hash: 'sha384' },
  p521: { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha512' },
  bp256: { kind: 'ecdsa', curve: 'brainpoolP256r1', hash: 'sha256' },
  bp384: { kind: 'ecdsa', curve: 'brainpoolP384r1', hash: 'sha384' },
  bp512: { kind: 'ecdsa', curve: 'brainpoolP512r1', hash: 'sha512' },
  'p256-explicit': { kind: 'ecdsa', curve: 'prime256v1', explicit: true, hash: 'sha256' },
  'p384-explicit': { kind: 'ecdsa', curve: 'secp384r1', explicit: true, hash: 'sha384' },
  'p521-explicit': { kind: 'ecdsa', curve: 'secp521r1', explicit: true, hash: 'sha512' },
  'bp256-explicit': { kind: 'ecdsa', curve: 'brainpoolP256r1', explicit: true, hash: 'sha256' },
  'bp384-explicit': { kind: 'ecdsa', curve: 'brainpoolP384r1', explicit: true, hash: 'sha384' },
  'bp512-explicit': { kind: 'ecdsa', curve: 'brainpoolP512r1', explicit: true, hash: 'sha512' },
  'rsa-2048': { kind: 'rsa-pkcs1', bits: 2048, hash: 'sha256' },
  'rsa-3072': { kind: 'rsa-pkcs1', bits: 3072, hash: 'sha512' },
  'pss-2048': { kind: 'rsa-pss', bits: 2048, hash: 'sha256' },
  'pss-3072': { kind: 'rsa-pss', bits: 3072, hash: 'sha512' },
}

/** Two generations of a root, the link between them, signers of both, one of them revoked and one expired, and a foreign authority. */
export interface TestAuthority {
  readonly first: Identity
  readonly second: Identity
  /** The second root's key, signed by the first: what a store that knows the first can accept the second by. */
  readonly link: Identity
  /** By name of SIGNER_FORMS; every other one is issued by the second root. */
  readonly signers: Readonly<Record<string, Identity>>
  readonly revokedSigner: Identity
  readonly expiredSigner: Identity
  /** Revocation lists of both generations, newest first. */
  readonly revocationList: Buffer
  readonly secondRevocationList: Buffer
  readonly foreign: { readonly root: Identity; readonly signer: Identity }
}

export interface AuthorityWish {
  /** Names of SIGNER_FORMS; all when absent. */
  readonly signers?: readonly string[]
  /** ISO date on which everything is made; certificates run from years before it. */
  readonly today: string
}

/** One name for both generations: that is what makes the second a link. */
const VIETNAM = { country: 'VN', commonName: 'Test CSCA Viet Nam' }
const FROM = '2022-06-29'
const TO = '2037-10-01'

/** The first root spells brainpoolP512r1 out in numbers, as the passport root does; the second signs by RSA-PSS. */
export function makeAuthority({ signers = Object.keys(SIGNER_FORMS), today }: AuthorityWish): TestAuthority {
  const firstKeys = makeKeyPair({ kind: 'ecdsa', curve: 'brainpoolP512r1', explicit: true, hash: 'sha512' })
  const secondKeys = makeKeyPair({ kind: 'rsa-pss', bits: 3072, hash: 'sha256' })
  const root = { name: VIETNAM, isAuthority: true, from: FROM, to: TO }
  const first = makeCertificate({ ...root, keys: firstKeys })
  const second = makeCertificate({ ...root, keys: secondKeys })
  const link = makeCertificate({ ...root, keys: secondKeys, issuer: first })
  const signer = (name: string, issuer: Identity, form: KeyForm, to = TO) =>
    makeCertificate({
      name: { country: 'VN', commonName: `Test Document Signer ${name}` },
      keys: makeKeyPair(form),
      issuer,
      isAuthority: false,
      from: FROM,
      to,
    })
  const revokedSigner = signer('revoked', first, SIGNER_FORMS['p256']!)
  const made = signers.map((name, index) => [name, signer(name, index % 2 === 0 ? first : second, SIGNER_FORMS[name]!)] as const)
  const nextUpdate = plusYear(today)
  return {
    first,
    second,
    link,
    signers: Object.fromEntries(made),
    revokedSigner,
    expiredSigner: signer('expired', first, SIGNER_FORMS['p256']!, '2022-12-31'),
    revocationList: makeRevocationList(first, [revokedSigner], today, nextUpdate),
    secondRevocationList: makeRevocationList(second, [], today, nextUpdate),
    foreign: makeForeign('UT'),
  }
}

const plusYear = (date: string) => `${Number(date.slice(0, 4)) + 1}${date.slice(4)}`.replace('-02-29', '-02-28')

/** An authority of a state that does not exist, or of any that is named, with one signer. */
export function makeForeign(country: string): { root: Identity; signer: Identity } {
  const form: KeyForm = { kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' }
  const name = { country, commonName: `Test CSCA ${country}` }
  const root = makeCertificate({ name, keys: makeKeyPair(form), isAuthority: true, from: FROM, to: TO })
  const signer = makeCertificate({
    name: { country, commonName: `Test Document Signer ${country}` },
    keys: makeKeyPair(form),
    issuer: root,
    isAuthority: false,
    from: FROM,
    to: TO,
  })
  return { root, signer }
}

/** A master list of these certificates, signed by an authority (ICAO 9303-12, 9). */
export function makeMasterList(certificates: readonly Buffer[], signer: Identity): Buffer {
  const version = writeDer(0x02, Buffer.from([0]))
  const content = writeDer(0x30, version, writeDer(0x31, ...[...certificates].sort(Buffer.compare)))
  return makeSignedData({ contentType: '2.23.136.1.1.2', content, signer })
}
