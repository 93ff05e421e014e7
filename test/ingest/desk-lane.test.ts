import { afterEach, expect, test } from 'vitest'
import { checkInBody } from '../../load/check-ins/people.ts'
import type { CheckInAnswer, CheckIns } from '../../src/check-in/check-in.ts'
import type { CheckEligibility } from '../../src/check-in/eligibility-check.ts'
import { type GatewayOptions, startGateway, type TestGateway } from '../support/ingest.ts'

const answer = { checkInId: 'k_1', ticket: 'B-001' } as CheckInAnswer
const nobody = () => Promise.reject(new Error('not in this test'))
const checkIns: CheckIns = { openChallenges: nobody, checkIn: async () => answer, listOn: async () => [], confirm: nobody }
const checkEligibility = (async () => ({})) as unknown as CheckEligibility
const question = { member: { cardNumber: 'DN4010000000001', fullName: 'NGUYỄN VĂN THỬ A', birthDate: '1985-01-01' } }

let gateway: TestGateway
afterEach(() => gateway.stop())

async function openWith(options: GatewayOptions) {
  gateway = await startGateway({ ...options, deps: { checkIns, checkEligibility, ...options.deps } })
  const bearer = await gateway.token()
  const statusOf = async (path: string, body: unknown) => (await gateway.post(path, bearer, body)).status
  let index = 0
  return {
    claim: () => statusOf('/v1/claims', { XML1: { MA_LK: `L${index++}` } }),
    checkIn: () => statusOf('/v1/check-ins', checkInBody(index++, { run: 'L', members: 10 })),
    eligibility: () => statusOf('/v1/eligibility-checks', question),
  }
}

test.each([
  ['more claims wait than the bound', { deps: { lag: () => 2 }, bounds: { lagMax: 1 } }],
  ['the event loop is behind', { deps: { loopDelayMs: () => 100 }, bounds: { loopDelayMsMax: 1 } }],
  ['nobody more may wait for a decision', { bounds: { waitersMax: 0 } }],
  ['bodies of claims fill their bound', { bounds: { inflightBytesMax: 0 } }],
] as const)('where claims are told to come back because %s, the desk is answered', async (_, options) => {
  const { claim, checkIn, eligibility } = await openWith(options)
  expect([await claim(), await checkIn(), await eligibility()]).toEqual([503, 200, 200])
})

test('a facility that has filed more claims than its rate still checks people in, and the other way about', async () => {
  const { claim, checkIn, eligibility } = await openWith({ bounds: { rate: { ratePerS: 0.001, burst: 2 } } })
  await claim()
  await claim()
  expect(await claim()).toBe(429)
  expect([await checkIn(), await eligibility()]).toEqual([200, 200])
  expect(await checkIn()).toBe(429)
})

test('a queue of a kiosk counts against the desk and not against claims', async () => {
  const { claim, checkIn } = await openWith({ bounds: { rate: { ratePerS: 0.001, burst: 2 } } })
  const entry = { keyId: 'A'.repeat(16), payload: '{}', signature: 'A'.repeat(43) }
  const bearer = await gateway.token()
  expect((await gateway.post('/v1/check-ins/batch', bearer, { entries: [entry, entry, entry] })).status).toBe(207)
  expect(await claim()).not.toBe(429)
  expect(await claim()).not.toBe(429)
  expect(await checkIn()).toBe(429)
})

test('the bound of the desk is its own: above it the desk alone is told to come back', async () => {
  let release = () => {}
  const waits = new Promise<void>((done) => {
    release = done
  })
  const slow: CheckIns = { ...checkIns, checkIn: () => waits.then(() => answer) }
  const { claim, checkIn } = await openWith({
    deps: { checkIns: slow },
    bounds: { checkIn: { inflightMax: 1, bodyBytesMax: 262_144 } },
  })
  const first = checkIn()
  await new Promise((done) => setTimeout(done, 100))
  expect(await checkIn()).toBe(503)
  expect(await claim()).not.toBe(503)
  release()
  expect(await first).toBe(200)
})
