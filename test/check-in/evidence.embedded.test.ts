import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOnce } from '../../src/check-in/once.ts'
import { makeAuthority } from '../../src/check-in/test-authority/authority.ts'
import { type Citizen, makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openTestDesk, type TestDesk } from './support/desk.ts'

const citizens: readonly Citizen[] = Array.from({ length: 30 }, (_, index) => ({
  ...makeCitizen('evidence', index),
  fullName: 'NGUYỄN VĂN HÒA',
  birthDate: '1985-03-07',
}))
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const others = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = {
  issuer: 'test-vneid',
  keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }],
}

let desk: TestDesk
let clerk: string
let used = 0
const next = (): Citizen => citizens[used++]!

beforeAll(async () => {
  const authority = makeAuthority({ signers: ['p256'], today: new Date().toISOString().slice(0, 10) })
  desk = await openTestDesk(authority, [{ name: 'vneid.jwks.json', bytes: Buffer.from(JSON.stringify(jwks)) }])
  await desk.register(citizens)
  clerk = await desk.gateway.token('01999', 'facility')
}, 60_000)
afterAll(() => desk.stop())

const codes = (told: readonly { readonly code: string }[]) => told.map(({ code }) => code)
const cardNumberOf = ({ personalId }: Citizen) => `DN401${personalId.slice(-10)}`
async function checkIn(identity: object) {
  const { status, body } = await desk.checkIn(clerk, { facilityCode: '01999', identity })
  expect(status).toBe(200)
  return body
}

describe('a printed card', () => {
  const stated = (citizen: Citizen, other: object = {}) =>
    checkIn({
      method: 'card',
      cardNumber: cardNumberOf(citizen),
      fullName: citizen.fullName,
      birthDate: citizen.birthDate,
      ...other,
    })

  test('number, name and birth date that agree with the register are admitted at C0', async () => {
    expect(await stated(next())).toMatchObject({ outcome: 'admitted', assurance: 'C0', legacyCode: '000', reasons: [] })
  })
  test('a name in other spelling is the same name, one without a mark is nearly it', async () => {
    expect((await stated(next(), { fullName: 'nguyễn văn  hoà' })).reasons).toEqual([])
    const near = await stated(next(), { fullName: 'NGUYEN VAN HOA' })
    expect(near.outcome).toBe('admitted')
    expect(codes(near.reasons)).toEqual(['name_near'])
  })
  test.each([
    ['TRẦN VĂN HÒA', 'name_family', '061'],
    ['NGUYỄN VĂN BÌNH', 'name_given', '060'],
  ])('another name alone denies nobody: %s', async (fullName, reason, legacyCode) => {
    const answer = await stated(next(), { fullName })
    expect(answer).toMatchObject({ outcome: 'provisional', assurance: 'C0', legacyCode })
    expect(codes(answer.reasons)).toEqual([reason])
  })
  test('another birth date is for a person to look at', async () => {
    const answer = await stated(next(), { birthDate: '1986-03-07' })
    expect(answer).toMatchObject({ outcome: 'provisional', legacyCode: '070' })
  })
  test('a birth date of which only the year is known fits', async () => {
    expect((await stated(next(), { birthDate: '1985' })).outcome).toBe('admitted')
  })
  test("another name and birth date are another person: refused, and nothing of the number's owner is shown", async () => {
    const answer = await stated(next(), { fullName: 'TRẦN THỊ MAI', birthDate: '1990-01-01' })
    expect(answer).toMatchObject({ outcome: 'refused', legacyCode: '060', member: null })
    expect(answer.coverage.cardNumber).toBeNull()
    expect(codes(answer.offers)).toContain('desk')
  })
  test('a number that the register surely does not know is refused as insured, and offered as self-paid', async () => {
    const answer = await checkIn({
      method: 'card',
      cardNumber: 'DN4010000000000',
      fullName: 'TRẦN THỊ MAI',
      birthDate: '1990-01-01',
    })
    expect(answer).toMatchObject({ outcome: 'refused', legacyCode: '050', coverage: { status: 'none' } })
    expect(codes(answer.offers)).toEqual(['self_pay', 'desk', 'emergency'])
  })
})

describe('an attestation', () => {
  test.each([
    ['emergency', '000'],
    ['lost-card', '000'],
  ])('%s is provisional at C0', async (reason, legacyCode) => {
    const { personalId, fullName, birthDate } = next()
    const answer = await checkIn({ method: 'attested', reason, note: 'để quên thẻ', personalId, fullName, birthDate })
    expect(answer).toMatchObject({ outcome: 'provisional', assurance: 'C0', legacyCode })
  })
  test.each(['newborn', 'child'])('a %s without a card is taken in, code 130', async (reason) => {
    const answer = await checkIn({ method: 'attested', reason, fullName: 'NGUYỄN THỊ BÉ', birthDate: '2026-03-01' })
    expect(answer).toMatchObject({ outcome: 'provisional', legacyCode: '130' })
  })
})

describe('a digital identity', () => {
  interface TokenWish {
    readonly issuer?: string
    readonly audience?: string
    readonly lifeS?: number
    readonly issuedAgoS?: number
    readonly jti?: string
    readonly forged?: boolean
  }
  async function token(citizen: Citizen, wish: TokenWish = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000) - (wish.issuedAgoS ?? 0)
    return new SignJWT({ personal_id: citizen.personalId, name: citizen.fullName, birthdate: citizen.birthDate })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer(wish.issuer ?? 'test-vneid')
      .setAudience(wish.audience ?? 'bhyt-gateway')
      .setIssuedAt(now)
      .setExpirationTime(now + (wish.lifeS ?? 120))
      .setJti(wish.jti ?? randomUUID())
      .sign(wish.forged ? others.privateKey : keys.privateKey)
  }
  const shown = async (citizen: Citizen, wish?: TokenWish) => checkIn({ method: 'vneid', token: await token(citizen, wish) })

  test('a token of a trusted issuer is admitted at C1', async () => {
    expect(await shown(next())).toMatchObject({ outcome: 'admitted', assurance: 'C1', checks: { token: 'pass', use: 'pass' } })
  })
  test.each<[string, TokenWish, string, string]>([
    ['of an issuer that is not trusted', { issuer: 'made-up-vneid' }, 'refused', 'token_issuer'],
    ['signed by another key', { forged: true }, 'refused', 'token_signature'],
    ['that has ended', { issuedAgoS: 400 }, 'provisional', 'token_expired'],
    ['that lives longer than five minutes', { lifeS: 3_600 }, 'provisional', 'token_claims'],
    ['for somebody else', { audience: 'a-bank' }, 'provisional', 'token_claims'],
  ])('one %s', async (_, wish, outcome, reason) => {
    const answer = await shown(next(), wish)
    expect(answer.outcome).toBe(outcome)
    expect(codes(answer.reasons)).toEqual([reason])
    expect(answer.member).toBeNull()
  })
  test('one that is shown a second time is refused, whoever shows it', async () => {
    const citizen = next()
    const text = await token(citizen, { jti: 'once' })
    await checkIn({ method: 'vneid', token: text })
    const again = await desk.checkIn(clerk, { encounterId: 'TN-2', identity: { method: 'vneid', token: text } })
    expect(again.body.outcome).toBe('refused')
    expect(codes(again.body.reasons)).toEqual(['token_used'])
  })
  test('one that was shown is remembered for as long as a queue may bring it again', async () => {
    const jti = randomUUID()
    await shown(next(), { jti })
    const nextWeek = { ...systemClock, now: () => Date.now() + 7 * 86_400_000 }
    await createOnce({ sql: desk.database.pool, cache: desk.cache, clock: nextWeek }).clean()
    const { rows } = await desk.database.pool.query('SELECT FROM check_in_once WHERE used = $1', [`jti:test-vneid:${jti}`])
    expect(rows).toHaveLength(1)
  })
  test('a kind of issuer whose keys we lack is a lack of ours', async () => {
    const answer = await checkIn({ method: 'vssid', token: await token(next()) })
    expect(answer).toMatchObject({ outcome: 'provisional' })
    expect(codes(answer.reasons)).toEqual(['token_no_keys'])
  })
})
