import { describe, expect, test } from 'vitest'
import { readDer, TAG, writeDer, writeOid } from '../../src/check-in/asn1/der.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { LDS_SECURITY_OBJECT } from '../../src/check-in/chip/sod.ts'
import { makeAuthority } from '../../src/check-in/test-authority/authority.ts'
import { readCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { makeLdsSecurityObject } from '../../src/check-in/test-authority/make-card.ts'
import { keyIdOf, makeCertificate } from '../../src/check-in/test-authority/make-certificate.ts'
import { type CmsWish, makeSignedData } from '../../src/check-in/test-authority/make-cms.ts'
import { type KeyForm, makeKeyPair } from '../../src/check-in/test-authority/make-keys.ts'
import { makeCard, NONCE, TODAY, trustIn, verdictOn } from './make-question.ts'

const authority = makeAuthority({ today: TODAY, signers: ['p256'] })
const trust = trustIn(authority)
const signer = authority.signers['p256']!
const card = makeCard(authority)
const content = makeLdsSecurityObject(card.files.groups, 'sha256')
const good: CmsWish = { contentType: LDS_SECURITY_OBJECT, content, signer }

const sodCheck = (sod: Uint8Array, policy = CHIP_POLICY) =>
  verdictOn(card, trust, { evidence: { ...readCard(card, NONCE), sod }, policy })
const reasonOf = (sod: Uint8Array, policy = CHIP_POLICY) => {
  const { checks, outcome } = sodCheck(sod, policy)
  return [outcome, checks.sod.reason]
}
const made = (wish: Partial<CmsWish>) => writeDer(0x77, makeSignedData({ ...good, ...wish }))

/** Replaces one element of the SignedData, by its place, and closes the file again. */
function withPart(index: number, change: (part: Uint8Array) => readonly Uint8Array[]): Buffer {
  const [info] = readDer(made({})).children
  const parts = info!.children[1]!.children[0]!.children.map(({ bytes }) => bytes)
  const changed = parts.flatMap((part, at) => (at === index ? change(part) : [part]))
  return closed(changed)
}
const closed = (parts: readonly Uint8Array[]) =>
  writeDer(0x77, writeDer(TAG.sequence, writeOid('1.2.840.113549.1.7.2'), writeDer(0xa0, writeDer(TAG.sequence, ...parts))))
/** The same with an element of the one signer's information. */
const withSignerPart = (change: (parts: readonly Uint8Array[]) => readonly Uint8Array[]) =>
  withPart(4, (set) => {
    const [info] = readDer(set).children
    return [writeDer(TAG.set, writeDer(TAG.sequence, ...change(info!.children.map(({ bytes }) => bytes))))]
  })
const longForm = (element: Buffer) => Buffer.concat([element.subarray(0, 1), Buffer.from([0x83, 0]), element.subarray(2)])
const indefinite = (element: Buffer) => {
  const { content: inner } = readDer(element)
  return Buffer.concat([element.subarray(0, 1), Buffer.from([0x80]), inner, Buffer.from([0, 0])])
}
const signedBy = (form: KeyForm) =>
  makeCertificate({
    name: { country: 'VN', commonName: 'Test weak signer' },
    keys: makeKeyPair(form),
    issuer: authority.first,
    isAuthority: false,
    from: '2022-06-29',
    to: '2037-10-01',
  })
const weak = signedBy({ kind: 'ecdsa', curve: 'prime256v1', hash: 'sha1' })
const short = signedBy({ kind: 'rsa-pkcs1', bits: 1024, hash: 'sha256' })
const unlisted = signedBy({ kind: 'ecdsa', curve: 'secp256k1', hash: 'sha256' })
const lds = (...fields: readonly Buffer[]) => made({ content: writeDer(TAG.sequence, ...fields) })
const sha256 = writeDer(TAG.sequence, writeOid('2.16.840.1.101.3.4.2.1'))
const md5 = writeDer(TAG.sequence, writeOid('1.2.840.113549.2.5'), writeDer(TAG.null))
const version = (value: number) => writeDer(TAG.integer, Buffer.from([value]))
const group = (number: number, bytes = 32) =>
  writeDer(TAG.sequence, version(number), writeDer(TAG.octetString, Buffer.alloc(bytes)))

describe('the security object is read strictly', () => {
  test('as it should be, it passes, also without the outer tag', () => {
    expect(reasonOf(made({}))).toEqual(['verified', null])
    expect(reasonOf(makeSignedData(good))).toEqual(['verified', null])
  })

  test.each<readonly [string, Uint8Array, string]>([
    ['empty', Buffer.alloc(0), 'sod_missing'],
    ['larger than allowed', Buffer.alloc(CHIP_POLICY.sodBytesMax + 1), 'sod_too_large'],
    ['with a byte behind', Buffer.concat([made({}), Buffer.from([0])]), 'sod_trailing_bytes'],
    ['with an indefinite length', indefinite(made({})), 'sod_indefinite_length'],
    ['with an indefinite length inside', withPart(1, (part) => [indefinite(Buffer.from(part))]), 'sod_indefinite_length'],
    ['with a length that is not the shortest', longForm(made({})), 'sod_length_not_minimal'],
    ['with a longer length of a small part', withPart(0, () => [Buffer.from('02810103', 'hex')]), 'sod_length_not_minimal'],
    ['cut off', made({}).subarray(0, 500), 'sod_not_der'],
    ['of noise', Buffer.alloc(400, 0xff), 'sod_not_der'],
    [
      'nested too deep',
      Array.from({ length: 60 }).reduce<Buffer>((inner) => writeDer(TAG.sequence, inner), Buffer.alloc(0)),
      'sod_not_der',
    ],
    ['of other DER', writeDer(0x77, writeDer(TAG.sequence, version(1))), 'sod_not_signed_data'],
    ['of plain data', writeDer(0x77, writeDer(TAG.sequence, writeOid('1.2.840.113549.1.7.1'))), 'sod_not_signed_data'],
    ['of another version', withPart(0, () => [version(1)]), 'sod_not_signed_data'],
    ['with a part too many', withPart(4, (part) => [part, part]), 'sod_not_signed_data'],
    ['of another content', made({ contentType: '2.23.136.1.1.2' }), 'sod_content_type'],
    [
      'that calls its content otherwise in what is signed',
      made({ contentTypeAttribute: '1.2.840.113549.1.7.1' }),
      'sod_signed_attributes',
    ],
    ['with two signers', made({ signatures: 2 }), 'sod_signers'],
    ['with no signer', withPart(4, () => [writeDer(TAG.set)]), 'sod_signers'],
    ['without signed attributes', made({ withoutAttributes: true }), 'sod_signed_attributes_missing'],
    ['without a certificate', withPart(3, () => []), 'sod_signer_certificate'],
    ['with an empty set of certificates', withPart(3, () => [writeDer(0xa0)]), 'sod_signer_certificate'],
    ['with a certificate that is none', withPart(3, () => [writeDer(0xa0, version(1))]), 'sod_signer_certificate'],
    [
      'with a certificate that nobody pinned beside',
      made({ certificates: [authority.foreign.root.certificate] }),
      'sod_unsigned_parts',
    ],
    ['with a revocation list inside', withPart(3, (part) => [part, writeDer(0xa1)]), 'sod_unsigned_parts'],
    ['with unsigned attributes', withSignerPart((parts) => [...parts, writeDer(0xa1, version(1))]), 'sod_unsigned_parts'],
    ['with the certificate of another signer', withPart(3, () => [writeDer(0xa0, weak.certificate)]), 'sod_signer_mismatch'],
    ['signed with SHA-1', made({ signer: weak }), 'sod_digest_algorithm'],
    ['that lists MD5 beside', withPart(1, () => [writeDer(TAG.set, sha256, md5)]), 'sod_digest_algorithm'],
    ['that lists its hash twice', withPart(1, () => [writeDer(TAG.set, sha256, sha256)]), 'sod_digest_algorithm'],
    [
      'that names its signer by more than issuer and number',
      withSignerPart((parts) =>
        parts.with(1, writeDer(TAG.sequence, ...readDer(parts[1]!).children.map(({ bytes }) => bytes), version(1))),
      ),
      'sod_signer_mismatch',
    ],
    [
      'that lists a hash it does not use',
      withPart(1, () => [writeDer(TAG.set, writeDer(TAG.sequence, writeOid('2.16.840.1.101.3.4.2.3')))]),
      'sod_digest_algorithm',
    ],
    [
      'signed by MD5 with RSA',
      withSignerPart((parts) => parts.with(4, writeDer(TAG.sequence, writeOid('1.2.840.113549.1.1.4'), writeDer(TAG.null)))),
      'sod_signature_algorithm',
    ],
    ['signed by a key that is too short', made({ signer: short }), 'sod_signer_key'],
    ['signed on a curve that is not known', made({ signer: unlisted }), 'sod_signer_key'],
    [
      'with another content than was signed',
      withPart(2, () => [
        writeDer(TAG.sequence, writeOid(LDS_SECURITY_OBJECT), writeDer(0xa0, writeDer(TAG.octetString, Buffer.from('x')))),
      ]),
      'sod_message_digest',
    ],
    [
      'with a signature of zeros',
      withSignerPart((parts) => parts.with(5, writeDer(TAG.octetString, Buffer.alloc(64)))),
      'sod_signature',
    ],
    ['whose content is no list of hashes', made({ content: Buffer.from('0500', 'hex') }), 'sod_content'],
    ['whose content has bytes behind', made({ content: Buffer.concat([content, Buffer.from([0])]) }), 'sod_content'],
    ['whose content hashes with MD5', lds(version(0), md5, writeDer(TAG.sequence, group(1, 16))), 'sod_digest_algorithm'],
    ['that has one group twice', lds(version(0), sha256, writeDer(TAG.sequence, group(1), group(1))), 'sod_content'],
    ['that has a group 17', lds(version(0), sha256, writeDer(TAG.sequence, group(17))), 'sod_content'],
    ['that has a hash of the wrong length', lds(version(0), sha256, writeDer(TAG.sequence, group(1, 31))), 'sod_content'],
    ['of an unknown version of the list', lds(version(2), sha256, writeDer(TAG.sequence, group(1))), 'sod_content'],
  ])('%s: its own reason', (_, sod, reason) => {
    const { outcome, checks } = sodCheck(sod)
    expect([outcome === 'verified', checks.sod.reason]).toEqual([false, reason])
  })

  test('a hash, a curve or a size may be allowed and forbidden by the policy alone', () => {
    const lax = { ...CHIP_POLICY, signedObjectHashes: ['sha1', 'sha256'] as const, rsaBitsMin: 1_024 }
    expect(reasonOf(made({ signer: weak }), lax)).toEqual(['verified', null])
    expect(reasonOf(made({ signer: short }), lax)).toEqual(['verified', null])
    const strict = { ...CHIP_POLICY, curves: ['brainpoolP512r1'] }
    expect(reasonOf(made({}), strict)).toEqual(['refused', 'sod_signer_key'])
  })

  test('a pinned authority may come along', () => {
    expect(reasonOf(made({ certificates: [authority.first.certificate] }))).toEqual(['verified', null])
  })

  test('signed attributes that come twice are refused', () => {
    const twice = withSignerPart((parts) => {
      const [first, ...rest] = readDer(parts[3]!).children.map(({ bytes }) => bytes)
      return parts.with(3, writeDer(0xa0, first!, first!, ...rest))
    })
    expect(reasonOf(twice)).toEqual(['refused', 'sod_signed_attributes'])
  })

  test('a list of hashes of version 1 is read', () => {
    const [, algorithm, groups] = readDer(content).children
    const info = writeDer(
      TAG.sequence,
      writeDer(TAG.printable, Buffer.from('0108')),
      writeDer(TAG.printable, Buffer.from('040000')),
    )
    const newer = writeDer(TAG.sequence, version(1), algorithm!.bytes, groups!.bytes, info)
    expect(reasonOf(made({ content: newer }))).toEqual(['verified', null])
  })
})

describe('a signer may be named by its key', () => {
  const named = (keyId: Uint8Array, infoVersion: number) =>
    withSignerPart((parts) => parts.with(0, version(infoVersion)).with(1, writeDer(0x80, keyId)))
  test('as good as by issuer and number', () => {
    expect(reasonOf(named(keyIdOf(signer.keys), 3))).toEqual(['verified', null])
  })
  test('but not with the version of the other form, nor by another key', () => {
    expect(reasonOf(named(keyIdOf(signer.keys), 1))).toEqual(['refused', 'sod_not_signed_data'])
    expect(reasonOf(named(keyIdOf(weak.keys), 3))).toEqual(['refused', 'sod_signer_mismatch'])
  })
})

test('RSA in CMS has two names for one algorithm: both are read, and mean the same', () => {
  const rsa = signedBy({ kind: 'rsa-pkcs1', bits: 2048, hash: 'sha256' })
  const sod = made({ signer: rsa })
  const at = sod.lastIndexOf(Buffer.from('2a864886f70d01010b', 'hex'))
  const renamed = Buffer.from(sod)
  renamed[at + 8] = 0x01
  expect([reasonOf(sod), reasonOf(renamed)]).toEqual([
    ['verified', null],
    ['verified', null],
  ])
})
