import { createHash, sign, verify } from 'node:crypto'
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifier,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignatureAlgorithmIdentifier,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
} from '@peculiar/asn1-cms'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { Certificate } from '@peculiar/asn1-x509'
import { describe, expect, test } from 'vitest'
import { readDer, TAG, writeDer, writeOid } from '../../src/check-in/asn1/der.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { LDS_SECURITY_OBJECT, readSecurityObject } from '../../src/check-in/chip/sod.ts'
import { makeAuthority, makeMasterList, SIGNER_FORMS } from '../../src/check-in/test-authority/authority.ts'
import { readCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { makeLdsSecurityObject } from '../../src/check-in/test-authority/make-card.ts'
import { makeCard, NONCE, TODAY, trustIn, verdictOn } from './make-question.ts'

/** Our reader and our maker of CMS could share a mistake; a library that knows neither reads what we make, and makes what we read. */
const authority = makeAuthority({ today: TODAY })
const trusted = { isPinned: () => false, knownSigner: () => undefined }
const signedDataOf = (cms: Uint8Array) => AsnConvert.parse(AsnConvert.parse(Buffer.from(cms), ContentInfo).content, SignedData)

describe('a library reads the security objects of our authority as we do', () => {
  test.each(Object.keys(SIGNER_FORMS))('signed by %s', (name) => {
    const sod = makeCard(authority, { signer: authority.signers[name]! }).files.sod
    const ours = readSecurityObject(sod, CHIP_POLICY, trusted)
    const theirs = signedDataOf(readDer(sod).children[0]!.bytes)
    const [info] = theirs.signerInfos
    const content = Buffer.from(theirs.encapContentInfo.eContent!.single!.buffer)
    const digest = info!.signedAttrs!.find(({ attrType }) => attrType === '1.2.840.113549.1.9.4')!
    expect(theirs.encapContentInfo.eContentType).toBe(LDS_SECURITY_OBJECT)
    expect(Buffer.from(AsnConvert.parse(digest.attrValues[0]!, OctetString).buffer)).toEqual(
      createHash(SIGNER_FORMS[name]!.hash).update(content).digest(),
    )
    expect(Buffer.from(AsnConvert.serialize(theirs.certificates![0]!.certificate!))).toEqual(Buffer.from(ours.signer.bytes))
    expect(readDer(content).children[2]!.children.length).toBe(ours.groupHashes.size)
  })
  test('and a master list', () => {
    const list = makeMasterList([authority.first.certificate, authority.second.certificate], authority.first)
    expect(signedDataOf(list).encapContentInfo.eContentType).toBe('2.23.136.1.1.2')
  })
})

test('a security object that the library made is verified', () => {
  const card = makeCard(authority)
  const signer = authority.signers['p256']!
  const content = makeLdsSecurityObject(card.files.groups, 'sha256')
  const certificate = AsnConvert.parse(signer.certificate, Certificate)
  const sha256 = { algorithm: '2.16.840.1.101.3.4.2.1' }
  const value = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer
  const attributes = [
    new Attribute({ attrType: '1.2.840.113549.1.9.3', attrValues: [value(writeOid(LDS_SECURITY_OBJECT))] }),
    new Attribute({
      attrType: '1.2.840.113549.1.9.4',
      attrValues: [value(writeDer(TAG.octetString, createHash('sha256').update(content).digest()))],
    }),
  ]
  const signed = writeDer(TAG.set, ...attributes.map((one) => Buffer.from(AsnConvert.serialize(one))))
  const signature = sign('sha256', signed, signer.keys.privateKey)
  expect(verify('sha256', signed, signer.keys.privateKey, signature)).toBe(true)
  const data = new SignedData({
    version: CMSVersion.v3,
    digestAlgorithms: new DigestAlgorithmIdentifiers([new DigestAlgorithmIdentifier(sha256)]),
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: LDS_SECURITY_OBJECT,
      eContent: new EncapsulatedContent({ single: new OctetString(content) }),
    }),
    certificates: new CertificateSet([new CertificateChoices({ certificate })]),
    signerInfos: new SignerInfos([
      new SignerInfo({
        version: CMSVersion.v1,
        sid: new SignerIdentifier({
          issuerAndSerialNumber: new IssuerAndSerialNumber({
            issuer: certificate.tbsCertificate.issuer,
            serialNumber: certificate.tbsCertificate.serialNumber,
          }),
        }),
        digestAlgorithm: new DigestAlgorithmIdentifier(sha256),
        signedAttrs: attributes,
        signatureAlgorithm: new SignatureAlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' }),
        signature: new OctetString(signature),
      }),
    ]),
  })
  const info = new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: AsnConvert.serialize(data) })
  const sod = writeDer(0x77, Buffer.from(AsnConvert.serialize(info)))
  const { outcome, reasons } = verdictOn(card, trustIn(authority), { evidence: { ...readCard(card, NONCE), sod } })
  expect([outcome, reasons]).toEqual(['verified', []])
})
