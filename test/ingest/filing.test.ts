import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeClaim } from '../support/fakes-ingest.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'

interface Answer {
  claimId: string
  version: number
  status: string
  replayed: boolean
  current: boolean
  currentVersion: number
  contentSha256: string
  encounterId: string
  decision: { outcome: string }
}
const jsonOf = async <T = Answer>(response: Response) => (await response.json()) as T

let gateway: TestGateway
let bearer: string
beforeAll(async () => {
  gateway = await startGateway()
  bearer = await gateway.token()
})
afterAll(() => gateway.stop())

describe('a claim that is filed', () => {
  test('is answered with its decision', async () => {
    const claim = makeClaim()
    const response = await gateway.post('/v1/claims', bearer, claim)
    expect(response.status).toBe(200)
    expect(response.headers.get('request-id')).toMatch(/^req_[0-9a-f]{24}$/)
    expect(await jsonOf(response)).toMatchObject({
      encounterId: claim.XML1.MA_LK,
      version: 1,
      status: 'decided',
      replayed: false,
      current: true,
      decision: { outcome: 'accept' },
    })
  })
  test('and filed again is replayed with the same decision', async () => {
    const claim = makeClaim()
    const first = await jsonOf(await gateway.post('/v1/claims', bearer, claim))
    const before = gateway.stream.records('claims.submitted.v1').length
    const again = await jsonOf(await gateway.post('/v1/claims', bearer, claim))
    expect(again).toEqual({ ...first, replayed: true })
    expect(gateway.stream.records('claims.submitted.v1')).toHaveLength(before)
  })
})
