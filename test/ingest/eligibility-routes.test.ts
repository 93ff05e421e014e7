import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLookUp } from '../../src/check-in/coverage/look-up.ts'
import { createEligibilityCheck } from '../../src/check-in/eligibility-check.ts'
import { LookNotNoted } from '../../src/check-in/note-looks.ts'
import type { Look } from '../../src/check-in/record.ts'
import type { Member } from '../../src/domain/facts.ts'
import type { Sourced } from '../../src/eligibility/eligibility.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'
import { known, makeFacility, makeMember } from '../support/make-claim.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const on = '2026-03-10'
const anybody: Sourced<Member> = { fact: known(makeMember(), on), source: 'cache' }
const question = {
  member: { cardNumber: 'DN4010000000001', fullName: 'NGUYỄN VĂN THỬ A', birthDate: '1985-01-01' },
  ...{ at: on, staff: { name: 'Trần Thị Thử', personalId: '001085000099' } },
}

let gateway: TestGateway
let bearer: string
let looks: Look[]
let canNote: boolean
let member: Sourced<Member>
const noteLook = async (look: Look) => {
  if (!canNote) throw new LookNotNoted('nowhere')
  looks.push(look)
}
const lookUp = createLookUp({
  eligibility: {
    findMembersSoon: async () => [member],
    findFacilitiesSoon: async () => [{ fact: known(makeFacility()), source: 'cache' }],
  },
  findVisits: async () => ({ open: [], sameDay: [], supplyUntil: [], decided: [] }),
  benefitRateHere: () => '80',
  copayHere: () => ({ counted: '0.00', exempt: false }),
  ...{ keyedHash, clock: systemClock, lookupMsMax: 500, onTrouble: () => {} },
})
beforeAll(async () => {
  const checkEligibility = createEligibilityCheck({ lookUp, noteLook, keyedHash, clock: systemClock })
  gateway = await startGateway({ deps: { checkEligibility } })
  bearer = await gateway.token()
})
afterAll(() => gateway.stop())
beforeEach(() => {
  looks = []
  canNote = true
  member = anybody
})
const ask = async (content: unknown, token = bearer) => {
  const response = await gateway.post('/v1/eligibility-checks', token, content)
  return { status: response.status, body: (await response.json()) as Record<string, never> & { errors: { pointer: string }[] } }
}

describe('an eligibility check', () => {
  test("answers with the cover, the rate here and how old the knowledge is, and with nothing of the person's name", async () => {
    const { status, body } = await ask(question)
    expect([status, body]).toMatchObject([
      200,
      {
        coverage: { status: 'active', cardNumber: 'DN4010000000001', benefitRateHere: '80', registeredFacility: '01999' },
        eligibility: { source: 'cache', asOf: on, stale: false },
        legacyCode: '000',
      },
    ])
    expect(JSON.stringify(body)).not.toContain('THỬ')
  })
  test('is noted before it is answered, with who asked, and the staff sealed', async () => {
    await ask(question)
    expect(looks).toMatchObject([{ action: 'eligibility.check', facilityCode: '01999', purpose: 'eligibility' }])
    expect(looks[0]?.actor).toMatch(/^client client_/)
    expect(JSON.stringify(looks)).not.toMatch(/Trần|001085000099|DN4010000000001|NGUY/)
  })
  test('that can be noted nowhere shows nothing', async () => {
    canNote = false
    const { status, body } = await ask(question)
    expect([status, body['code'], body['coverage']]).toEqual([503, 'ledger.unavailable', undefined])
  })
  test('is answered without the register too, and says so', async () => {
    member = { fact: { kind: 'unavailable' }, source: 'none' }
    const { status, body } = await ask(question)
    expect([status, body['legacyCode'], body['eligibility']]).toEqual([200, '101', { source: 'none', asOf: null, stale: false }])
  })
  test('of a number that is somebody else tells nothing of that person', async () => {
    const other = { ...question, member: { ...question.member, fullName: 'LÊ THỊ KHÁC', birthDate: '1990-05-05' } }
    const { body } = await ask(other)
    expect(body).toMatchObject({ legacyCode: '060', coverage: { status: 'unknown', cardNumber: null, validTo: null } })
    expect(looks).toHaveLength(1)
  })
  test('with a name alone that differs is answered, with the code for it', async () => {
    const { body } = await ask({ ...question, member: { ...question.member, fullName: 'NGUYỄN VĂN THỬ ANH' } })
    expect(body).toMatchObject({ legacyCode: '061', coverage: { status: 'active' } })
  })
  test('that is not as it must be is told every fault', async () => {
    const { status, body } = await ask({ member: { fullName: '', birthDate: '1.1.85' }, at: 'today', extra: 1 })
    expect([status, body['code']]).toEqual([422, 'check_in.invalid'])
    const pointers = body.errors.map(({ pointer }) => pointer)
    for (const pointer of ['/member/fullName', '/member/birthDate', '/at', '/extra']) expect(pointers).toContain(pointer)
  })
  test('is for desks and the insurer alone', async () => {
    expect((await ask(question, await gateway.token('01999', 'kiosk'))).status).toBe(200)
    expect((await ask(question, await gateway.token('01999', 'insurer'))).status).toBe(200)
    expect((await ask(question, await gateway.token('01999', 'operator'))).status).toBe(403)
  })
})
