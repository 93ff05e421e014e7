import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readDer, TAG, writeDer, writeOid } from '../../src/check-in/asn1/der.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { makeAuthority, makeForeign, makeMasterList } from '../../src/check-in/test-authority/authority.ts'
import { makeCertificate, makeRevocationList, makeSigned } from '../../src/check-in/test-authority/make-certificate.ts'
import { type KeyForm, makeKeyPair } from '../../src/check-in/test-authority/make-keys.ts'
import { checkTrust } from '../../src/check-in/trust/check-trust.ts'
import { readTrust } from '../../src/check-in/trust/read-trust.ts'
import { openTrustStore } from '../../src/check-in/trust/trust-store.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { sized } from '../support/size.ts'
import { file, makeCard, NOW, TODAY, trustIn, verdictOn } from './make-question.ts'

const authority = makeAuthority({ today: TODAY, signers: ['p256', 'p384'] })
const { first, second, link } = authority
const allow = { allowTest: true }
const kinds = (...certificates: Buffer[]) =>
  readTrust(
    certificates.map((one, index) => file(`${index}.der`, one)),
    allow,
  ).anchors.map(({ kind }) => kind)
const pem = (der: Buffer, kind = 'CERTIFICATE') =>
  Buffer.from(`text before\n-----BEGIN ${kind}-----\n${der.toString('base64')}\n-----END ${kind}-----\n`)

describe('what makes a certificate trusted is its signature, not its names', () => {
  test('a root signs itself; a link has the same subject and issuer, and does not', () => {
    expect(kinds(first.certificate, link.certificate)).toEqual(['root', 'link'])
  })
  test('a link whose older root is not there is trusted by its file alone, and verifies', () => {
    expect(kinds(link.certificate)).toEqual(['pinned'])
    const trust = readTrust([file('l.der', link.certificate), file('s.crl', authority.secondRevocationList)], allow)
    expect(verdictOn(makeCard(authority, { signer: authority.signers['p384']! }), trust).outcome).toBe('verified')
  })
  test('old root and new root hold side by side, the new one by its link alone', () => {
    const trust = readTrust(
      [file('1.der', first.certificate), file('2.der', link.certificate), file('c.crl', authority.revocationList)],
      allow,
    )
    for (const name of ['p256', 'p384']) {
      expect(verdictOn(makeCard(authority, { signer: authority.signers[name]! }), trust).outcome).toBe('verified')
    }
  })
  test('a signer of documents in the folder vouches for nothing', () => {
    const { anchors, problems } = readTrust([file('s.der', authority.signers['p256']!.certificate)], allow)
    expect([anchors, problems.length]).toEqual([[], 1])
  })
  test('nor does a certificate that may sign others and is no authority', () => {
    const name = { country: 'VN', commonName: 'Test no authority' }
    const keys = makeKeyPair({ kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' })
    const odd = makeCertificate({ name, keys, isAuthority: false, usage: [0x01, 0x06], from: '2020-01-01', to: '2040-01-01' })
    expect(readTrust([file('o.der', odd.certificate)], allow).anchors).toEqual([])
  })
  test('a root whose key identifier is another is found by its name', () => {
    const trust = trustIn(authority)
    expect(verdictOn(makeCard(authority), { ...trust, byKeyId: new Map() }).outcome).toBe('verified')
    expect(verdictOn(makeCard(authority), { ...trust, bySubject: new Map() }).outcome).toBe('verified')
  })
})

describe('a folder is read for what it holds', () => {
  test('PEM with several certificates and text, DER under any name, lists, keys of token issuers', () => {
    const keys = { issuer: 'test-vneid', keys: [{ kty: 'EC', kid: '1' }] }
    const trust = readTrust(
      [
        file('all.pem', Buffer.concat([pem(first.certificate), pem(second.certificate)])),
        file('list.pem', pem(authority.revocationList, 'X509 CRL')),
        file('vneid.jwks.json', Buffer.from(JSON.stringify(keys))),
      ],
      allow,
    )
    expect([trust.anchors.length, trust.revocationLists.size, trust.problems]).toEqual([2, 1, []])
    expect(trust.tokenIssuers.get('test-vneid')?.keys).toEqual(keys.keys)
  })
  test('what cannot be read is left out and said, and hinders nothing else', () => {
    const noise = [
      Buffer.from('hello'),
      Buffer.from('3003020101', 'hex'),
      Buffer.alloc(0),
      first.certificate.subarray(0, 300),
      pem(Buffer.from('xx')),
    ]
    const files = noise.map((bytes, index) => file(`noise-${index}.der`, bytes))
    const secret = Buffer.from('{"issuer": "x", "keys": [{"kty": "EC", "d": "…"}]}')
    const trust = readTrust(
      [...files, file('x.jwks.json', secret), file('y.jwks.json', Buffer.from('{')), file('z.der', first.certificate)],
      allow,
    )
    expect([trust.anchors.length, trust.tokenIssuers.size, trust.problems.length]).toEqual([1, 0, 7])
  })
  test('the same certificate in several files counts once', () => {
    expect(kinds(first.certificate, first.certificate, pem(first.certificate))).toEqual(['root'])
  })
  test('a production store refuses the roots of a test authority', () => {
    const { anchors, problems } = readTrust([file('1.der', first.certificate)], { allowTest: false })
    expect([anchors, problems[0]?.problem]).toEqual([[], expect.stringMatching(/test authority/)])
  })
})

describe('revocation lists', () => {
  test('of an authority that is not pinned do not count, nor do changed ones', () => {
    const { root } = authority.foreign
    const foreign = makeRevocationList({ ...root, name: first.name }, [authority.signers['p256']!], TODAY, '2027-01-01')
    const changed = Buffer.from(authority.revocationList)
    changed[changed.length - 1]! ^= 1
    const trust = readTrust([file('1.der', first.certificate), file('a.crl', foreign), file('b.crl', changed)], allow)
    expect([trust.revocationLists.size, trust.problems.length]).toEqual([0, 2])
  })
  test('in the name of one authority by the key of another do not count, though both are pinned', () => {
    const { root } = authority.foreign
    const borrowed = makeRevocationList({ ...root, name: first.name }, [authority.signers['p256']!], TODAY, '2027-01-01')
    const trust = trustIn(authority, file('ut.der', root.certificate), file('x.crl', borrowed))
    expect(trust.problems.map((one) => one.file)).toEqual(['x.crl'])
    expect(verdictOn(makeCard(authority), trust).outcome).toBe('verified')
  })
  test('of changes alone, or with any other critical extension, are not taken for whole lists', () => {
    const fields = readDer(authority.revocationList).children[0]!.children.map(({ bytes }) => bytes)
    const critical = writeDer(TAG.boolean, Buffer.from([0xff]))
    const delta = writeDer(TAG.sequence, writeOid('2.5.29.27'), critical, writeDer(TAG.octetString, Buffer.from('020101', 'hex')))
    const list = (extension: Buffer) =>
      makeSigned(writeDer(TAG.sequence, ...fields, writeDer(0xa0, writeDer(TAG.sequence, extension))), first.keys)
    const number = writeDer(TAG.sequence, writeOid('2.5.29.20'), writeDer(TAG.octetString, Buffer.from('020101', 'hex')))
    const sizeWith = (crl: Buffer) =>
      readTrust([file('1.der', first.certificate), file('a.crl', crl)], allow).revocationLists.size
    expect([sizeWith(list(number)), sizeWith(list(delta))]).toEqual([1, 0])
  })
  test('that take a revocation back are believed', () => {
    const [version, ...rest] = readDer(authority.revocationList).children[0]!.children.map(({ bytes }) => bytes)
    const [serial, since] = readDer(rest[4]!).children[0]!.children.map(({ bytes }) => bytes)
    const withReason = (reason: number) => {
      const extension = writeDer(TAG.sequence, writeOid('2.5.29.21'), writeDer(TAG.octetString, Buffer.from([0x0a, 1, reason])))
      const entry = writeDer(TAG.sequence, serial!, since!, writeDer(TAG.sequence, extension))
      const crl = makeSigned(writeDer(TAG.sequence, version!, ...rest.slice(0, 4), writeDer(TAG.sequence, entry)), first.keys)
      const trust = readTrust([file('1.der', first.certificate), file('a.crl', crl)], allow)
      return verdictOn(makeCard(authority, { signer: authority.revokedSigner }), trust).reasons
    }
    expect([withReason(1), withReason(8)]).toEqual([['revocation_revoked'], []])
  })
  test('the newest of a key stands, and both generations are heard', () => {
    const revoked = [authority.signers['p256']!]
    const newer = makeRevocationList(first, revoked, '2026-03-05', '2026-06-01')
    const older = makeRevocationList(first, [], '2026-01-05', '2026-06-01')
    const card = makeCard(authority)
    const reasonsWith = (...lists: Buffer[]) =>
      verdictOn(card, trustIn(authority, ...lists.map((bytes, index) => file(`x${index}.crl`, bytes)))).reasons
    expect(reasonsWith(older, newer)).toEqual(['revocation_revoked'])
    expect(reasonsWith(newer, older)).toEqual(['revocation_revoked'])
    expect(reasonsWith(older)).toEqual([])
    expect(reasonsWith(makeRevocationList(second, revoked, '2025-01-05', '2025-02-01'))).toEqual([])
  })
})

const ROOTS = sized(300, 1_000)
test(`a master list of ${ROOTS} roots loads, also those with subject and issuer alike that do not sign themselves`, () => {
  const forms: readonly KeyForm[] = [
    { kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' },
    { kind: 'ecdsa', curve: 'brainpoolP256r1', explicit: true, hash: 'sha1' },
    { kind: 'ecdsa', curve: 'brainpoolP512r1', explicit: true, hash: 'sha512' },
    { kind: 'ecdsa', curve: 'secp384r1', hash: 'sha384' },
  ]
  const pss = makeKeyPair({ kind: 'rsa-pss', bits: 2048, hash: 'sha256' })
  const certificates = Array.from({ length: ROOTS }, (_, index) => {
    const name = { country: 'UT', commonName: `Test CSCA ${Math.floor(index / 3)}` }
    const keys = index % 7 === 0 ? pss : makeKeyPair(forms[index % forms.length]!)
    const gone = { name, issuerName: name, keys: makeKeyPair(forms[0]!), certificate: Buffer.alloc(0) }
    return makeCertificate({
      name,
      keys,
      isAuthority: true,
      from: '2010-01-01',
      to: '2020-01-01',
      issuer: index % 3 === 2 ? gone : undefined,
    })
  })
  const list = makeMasterList([...certificates.map(({ certificate }) => certificate), first.certificate], first)
  const trust = readTrust([file('world.ml', list), file('c.crl', authority.revocationList)], allow)
  expect([trust.anchors.length, trust.problems, trust.masterLists[0]?.certificates]).toEqual([ROOTS + 1, [], ROOTS + 1])
  expect(trust.anchors.filter(({ kind }) => kind === 'pinned').length).toBe(Math.floor(ROOTS / 3))
  expect(trust.anchors.every(({ certificate }) => certificate.publicKey !== undefined)).toBe(true)
  expect(verdictOn(makeCard(authority), trust).outcome).toBe('verified')
  const changed = Buffer.from(list)
  changed[1_000]! ^= 1
  expect(readTrust([file('world.ml', changed)], allow)).toMatchObject({ anchors: [], problems: [{ file: 'world.ml' }] })
})

describe('the store follows its folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bhyt-trust-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const never = {
    ...systemClock,
    sleep: (_: number, signal?: AbortSignal) => new Promise<void>((done) => signal?.addEventListener('abort', () => done())),
  }
  const card = makeCard(authority, { signer: authority.signers['p384']! })

  test('a new root is taken up and an old one let go, and a verification keeps what it began with', async () => {
    mkdirSync(join(folder, 'roots'))
    writeFileSync(join(folder, 'roots', 'first.der'), first.certificate)
    writeFileSync(join(folder, 'README.txt'), 'not read')
    const store = await openTrustStore({ folder, allowTest: true, clock: never })
    const before = store.current()
    expect(verdictOn(card, before).checks.chain.state).toBe('fail')
    writeFileSync(join(folder, 'aside'), link.certificate)
    expect(await store.reload()).toBe(false)
    renameSync(join(folder, 'aside'), join(folder, 'roots', 'link.der'))
    expect(await store.reload()).toBe(true)
    expect(verdictOn(card, store.current()).checks.chain.state).toBe('pass')
    expect(verdictOn(card, before).checks.chain.state).toBe('fail')
    writeFileSync(join(folder, 'roots', 'second.der'), second.certificate)
    rmSync(join(folder, 'roots', 'first.der'))
    expect(await store.reload()).toBe(true)
    expect(verdictOn(card, store.current()).checks.chain.state).toBe('pass')
    expect(verdictOn(makeCard(authority), store.current()).checks.chain.state).toBe('fail')
    store.close()
  })
  test('a folder that has lost its last root is not taken', async () => {
    const changes: boolean[] = []
    const store = await openTrustStore({ folder, allowTest: true, clock: never, onChange: ({ taken }) => changes.push(taken) })
    const { version } = store.current()
    rmSync(folder, { recursive: true })
    expect(await store.reload()).toBe(false)
    expect([store.current().version, changes]).toEqual([version, [false]])
    mkdirSync(folder)
    writeFileSync(join(folder, 'first.der'), first.certificate)
    expect(await store.reload()).toBe(true)
    store.close()
  })
  test('a folder that is not there is an empty one', async () => {
    const store = await openTrustStore({ folder: join(folder, 'nowhere'), allowTest: true, clock: never })
    expect(store.current().anchors).toEqual([])
    store.close()
  })
  test('it looks by itself, as often as it is told', async () => {
    writeFileSync(join(folder, 'first.der'), first.certificate)
    const taken = Promise.withResolvers<boolean>()
    const onChange = (change: { taken: boolean }) => taken.resolve(change.taken)
    const store = await openTrustStore({ folder, allowTest: true, clock: systemClock, reloadMs: 10, onChange })
    writeFileSync(join(folder, 'second.der'), second.certificate)
    expect(await taken.promise).toBe(true)
    store.close()
  })
})

describe('trust check says', () => {
  const remarks = (...files: Parameters<typeof readTrust>[0]) =>
    checkTrust(readTrust(files, allow), CHIP_POLICY, NOW).map(({ severity, text }) => `${severity}: ${text}`)
  test('that a state has no root', () => {
    expect(remarks(file('u.der', makeForeign('UT').root.certificate))).toEqual([expect.stringMatching(/^stops: no root/)])
  })
  test('nothing where all is well', () => {
    expect(checkTrust(trustIn(authority), CHIP_POLICY, NOW)).toEqual([])
  })
  test('what ends, has ended, is linked to nothing, has no list, an old list, or cannot be read', () => {
    const name = { country: 'VN', commonName: 'Test CSCA old' }
    const keys = makeKeyPair({ kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' })
    const ended = makeCertificate({ name, keys, isAuthority: true, from: '2010-01-01', to: '2020-01-01' })
    const soon = makeCertificate({ name, keys, isAuthority: true, from: '2016-01-01', to: '2026-04-01' })
    const old = makeRevocationList(first, [], '2024-01-01', '2024-02-01')
    expect(
      remarks(
        file('a.der', ended.certificate),
        file('b.der', soon.certificate),
        file('c.der', first.certificate),
        file('d.crl', old),
        file('e.der', Buffer.from('x')),
        file(
          'f.der',
          makeCertificate({
            name: first.name,
            keys,
            issuer: { ...second, name: first.name },
            isAuthority: true,
            from: '2016-01-01',
            to: '2036-04-01',
          }).certificate,
        ),
      ),
    ).toEqual([
      'warns: holds neither DER nor PEM',
      'warns: has ended: it vouches for older cards only',
      'warns: ends in 21 days',
      'warns: not self-signed and linked to no root: trusted by its file alone',
      'warns: has no revocation list: cards are verified, with a lower level',
      'warns: has a revocation list that is out of date',
    ])
  })
})
