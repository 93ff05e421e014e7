import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckInAnswer } from '../../src/check-in/check-in.ts'
import { makeAuthority } from '../../src/check-in/test-authority/authority.ts'
import { makeMember } from '../support/make-member.ts'
import { openTestDesk, type TestDesk } from './support/desk.ts'

const sample = readFileSync(join(import.meta.dirname, '../fixtures/samples/10-check-in.xml'), 'utf8')
const row = Object.fromEntries([...sample.matchAll(/<(\w+)>([^<\n]*)<\/\1>/g)].map(([, name, value]) => [name, value]))

let desk: TestDesk
let clerk: string
beforeAll(async () => {
  desk = await openTestDesk(makeAuthority({ signers: ['p256'], today: '2026-03-01' }))
  const coverages = [{ cardNumber: 'DN4010000000001' }]
  await desk.importLines('members', [
    { asOf: '2026-03-10' },
    makeMember({ personalId: '001000000001', socialInsuranceNumber: '0000000001', coverages }),
  ])
  clerk = await desk.gateway.token('01999', 'facility')
}, 60_000)
afterAll(() => desk.stop())

const send = (body: string, type = 'application/xml') => desk.gateway.post('/v1/check-ins', clerk, body, { 'content-type': type })
const json = (...rows: object[]) => JSON.stringify({ XML0: rows })
async function answerTo(response: Response) {
  expect(response.status).toBe(200)
  return (await response.json()) as CheckInAnswer
}
async function faultsOf(response: Response) {
  const { code, errors } = (await response.json()) as { code: string; errors: { pointer: string; code: string }[] }
  return { status: response.status, code, faults: errors?.map((fault) => `${fault.pointer} ${fault.code}`) }
}

describe('the national check-in table', () => {
  test('is a check-in at C0, as XML and as JSON one and the same', async () => {
    const answer = await answerTo(await send(sample))
    expect(answer).toMatchObject({ outcome: 'admitted', assurance: 'C0', legacyCode: '000', coverage: { status: 'active' } })
    expect(await answerTo(await send(json(row), 'application/json'))).toEqual(answer)
  })
  test('with more rows of the same visit is the same check-in, with another visit two answers', async () => {
    const first = await answerTo(await send(sample))
    const later = { ...row, STT: '2', MA_DICH_VU: '22.0001', NGAY_YL: '202603101000' }
    expect((await answerTo(await send(json(row, later), 'application/json'))).checkInId).toBe(first.checkInId)
    const response = await send(json(row, { ...row, STT: '2', MA_LK: 'TN-0002' }), 'application/json')
    const { results } = (await response.json()) as { results: (CheckInAnswer & { encounterId: string; status: number })[] }
    expect(response.status).toBe(207)
    expect(results.map(({ status, encounterId, outcome }) => [status, encounterId, outcome])).toEqual([
      [200, 'TN-0001', 'admitted'],
      [200, 'TN-0002', 'admitted'],
    ])
  })
  test('of a child without a card is taken in with code 130', async () => {
    const child = { ...row, MA_LK: 'TN-3', SO_CCCD: '', MA_THE_BHYT: '', NGAY_SINH: '202305010000' }
    expect(await answerTo(await send(json(child), 'application/json'))).toMatchObject({
      outcome: 'provisional',
      legacyCode: '130',
    })
  })
  test('of another facility is refused', async () => {
    const response = await send(sample.replace('<MA_CSKCB>01999', '<MA_CSKCB>79999'))
    expect(await faultsOf(response)).toMatchObject({ status: 403, code: 'request.other_facility' })
  })
  test('with faults has every one told, as XML and as JSON alike', async () => {
    const bad = { ...row, MA_LK: '', NGAY_VAO: '2026', MA_LA: 'x' }
    const xml = sample
      .replace('<MA_LK>TN-0001</MA_LK>', '<MA_LK></MA_LK>')
      .replace('<NGAY_VAO>202603100800', '<NGAY_VAO>2026')
      .replace('<DU_PHONG></DU_PHONG>', '<MA_LA>x</MA_LA>')
    const expected = ['/XML0/0/MA_LA field.unknown', '/XML0/0/MA_LK field.required', '/XML0/0/NGAY_VAO field.format']
    for (const response of [await send(xml), await send(json(bad), 'application/json')]) {
      const { status, code, faults } = await faultsOf(response)
      expect([status, code, faults?.sort()]).toEqual([422, 'check_in.invalid', expected])
    }
  })
  test.each([
    ['a DOCTYPE', `<!DOCTYPE x [<!ENTITY a "b">]>${sample.slice(sample.indexOf('?>') + 2)}`],
    ['no XML', 'MA_LK;STT'],
    ['a name twice', sample.replace('<STT>1</STT>', '<STT>1</STT><STT>1</STT>')],
  ])('with %s cannot be read', async (_, body) => {
    expect(await faultsOf(await send(body))).toMatchObject({ status: 400, code: 'request.unreadable' })
  })
  test('of another shape is a fault of structure', async () => {
    expect(await faultsOf(await send('<GIAMDINHHS><A>1</A></GIAMDINHHS>'))).toMatchObject({
      status: 422,
      code: 'check_in.invalid',
    })
  })
})
