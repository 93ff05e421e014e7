import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ShownReferral } from '../../src/check-in/referral-record.ts'
import { vietnamDate } from '../../src/platform/clock.ts'
import { PostgresUnavailable } from '../../src/platform/postgres.ts'
import { makeReferrals } from '../support/fakes-referrals.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

const today = vietnamDate(Date.now())
const personalId = '001085000001'
const transfer = { kind: 'transfer', member: { personalId }, to: '01999', icd: ['I10'], encounterId: 'TN-1' }
let gateway: TestGateway
let [issuing, receiving, stranger]: string[] = []
beforeAll(async () => {
  gateway = await startGateway({ deps: { referrals: makeReferrals(today) } })
  ;[issuing, receiving, stranger] = await Promise.all(['01001', '01999', '79999'].map((code) => gateway.token(code)))
})
afterAll(() => gateway.stop())

const json = async <T>(response: Response) => ({ status: response.status, body: (await response.json()) as T })
const issue = (body: object = transfer, by = issuing!) => gateway.post('/v1/referrals', by, body)
async function slip(body: object = transfer): Promise<string> {
  return ((await (await issue(body)).json()) as ShownReferral).id
}
type Refusal = { code: string; detail: string; errors?: readonly { pointer: string; code: string; detail: string }[] }

describe('a slip over HTTP', () => {
  test('is issued once, with its address, and the same again is the same slip', async () => {
    const body = { ...transfer, encounterId: 'TN-issue' }
    const first = await issue(body)
    const again = await issue(body)
    const { id } = (await first.json()) as ShownReferral
    expect([first.status, again.status]).toEqual([201, 200])
    expect(first.headers.get('location')).toBe(`/v1/referrals/${id}`)
    expect(((await again.json()) as ShownReferral).id).toBe(id)
    expect(id).toMatch(/^r_[0-9a-f]{32}$/)
  })
  test('is read by those whom it names; to others it is as one that does not exist', async () => {
    const id = await slip()
    for (const token of [issuing!, receiving!]) expect((await gateway.get(`/v1/referrals/${id}`, token)).status).toBe(200)
    const without = (text: string) => text.replace(/req_\w+/, '')
    const foreign = await gateway.get(`/v1/referrals/${id}`, stranger!)
    const none = await gateway.get(`/v1/referrals/r_${'0'.repeat(32)}`, stranger!)
    expect([foreign.status, without(await foreign.text())]).toEqual([404, without(await none.text())])
    const used = await gateway.post(`/v1/referrals/${id}/use`, stranger!, { encounterId: 'X' })
    const absent = await gateway.post(`/v1/referrals/r_${'0'.repeat(32)}/use`, stranger!, { encounterId: 'X' })
    expect([used.status, without(await used.text())]).toEqual([404, without(await absent.text())])
  })
  test('is found by the receiving facility alone, and no answer has the identifier', async () => {
    const id = await slip({ ...transfer, encounterId: 'TN-found' })
    const search = async (token: string) =>
      json<{ items: ShownReferral[] }>(await gateway.post('/v1/referrals/search', token, { member: { personalId } }))
    const found = await search(receiving!)
    expect(found.body.items.map((one) => one.id)).toContain(id)
    expect((await search(stranger!)).body.items).toEqual([])
    expect(JSON.stringify(found.body)).not.toContain(personalId)
  })
  test('is used once; the second visit is told when and for which visit of its own', async () => {
    const id = await slip({ ...transfer, encounterId: 'TN-use' })
    const use = async (encounterId: string) =>
      json<ShownReferral & Refusal>(
        await gateway.post(`/v1/referrals/${id}/use`, receiving!, { encounterId }, { 'accept-language': 'en' }),
      )
    expect(await use('K-1')).toMatchObject({ status: 200, body: { status: 'used', usedBy: 'K-1' } })
    expect(await use('K-1')).toMatchObject({ status: 200 })
    const second = await use('K-2')
    expect(second).toMatchObject({ status: 409, body: { code: 'referral.used' } })
    expect(second.body.detail).toMatch(/used the slip at .* for the visit K-1/)
  })
  test('is refused with every fault at once', async () => {
    const refused = async (body: object) => json<Refusal>(await issue(body))
    const many = await refused({ kind: 'transfer', member: {}, icd: [], nickname: 'x' })
    expect(many).toMatchObject({ status: 422, body: { code: 'referral.invalid' } })
    expect(many.body.errors!.map(({ pointer }) => pointer).sort()).toEqual(['/icd', '/member', '/nickname'])
    const one = async (body: object) => (await refused(body)).body.errors!.map(({ code }) => code)
    const { to: _, ...without } = transfer
    expect(await one(without)).toEqual(['referral.to'])
    expect(await one({ ...transfer, to: '01001' })).toEqual(['referral.other_facility'])
    expect(await one({ ...transfer, returnOn: today })).toEqual(['referral.no_return_on'])
    expect(await one({ ...without, kind: 're-visit' })).toEqual(['referral.return_on'])
    expect(await one({ ...without, kind: 're-visit', returnOn: '2020-01-01' })).toEqual(['referral.return_range'])
    expect(await one({ ...transfer, kind: 're-visit', returnOn: today })).toEqual(['referral.own_facility'])
    expect(await one({ ...transfer, member: { cardNumber: 'DN4010000000001' } })).toEqual(['member.unknown'])
  })
  test('that cannot be stored now is 503, and nothing is said of why', async () => {
    const down = async (): Promise<never> => {
      throw new PostgresUnavailable('no connection')
    }
    const dark = await startGateway({ deps: { referrals: { issue: down, read: down, search: down, use: down } } })
    const token = await dark.token('01001')
    expect(await json(await dark.post('/v1/referrals', token, transfer))).toMatchObject({
      status: 503,
      body: { code: 'ledger.unavailable' },
    })
    await dark.stop()
  })
})
