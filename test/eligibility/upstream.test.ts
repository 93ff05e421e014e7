import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryCache } from '../../src/cache/memory.ts'
import type { Member, RegisterFact } from '../../src/domain/facts.ts'
import type { DeskEligibility, Sourced } from '../../src/eligibility/eligibility.ts'
import { createUpstreamEligibility } from '../../src/eligibility/upstream.ts'
import { createUpstreamClient } from '../../src/eligibility/upstream-client.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { silentLogger } from '../../src/platform/log.ts'
import { makeMember } from '../support/make-member.ts'

const NOW = Date.parse('2026-03-10T03:00:00Z')
let now = NOW
let monotonic = 0
const clock = { ...systemClock, now: () => now, monotonic: () => performance.now() + monotonic }
const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const member = makeMember({ version: 3 })
const query = { personalId: member.personalId!, socialInsuranceNumbers: [], cardNumbers: [] }

/** An upstream that can be slow, down, or out of its mind. */
let answer: (response: ServerResponse) => void
let asked: { url: string; body: string }[]
let server: Server
let url: string
const say = (content: unknown) => (response: ServerResponse) =>
  void response.end(typeof content === 'string' ? content : JSON.stringify(content))
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ url: request.url ?? '', body })
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/members/look-up`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let own: Sourced<Member>
let eligibility: DeskEligibility
function open({ answerMsMax = 300, inflightMax = 8 } = {}): DeskEligibility {
  return createUpstreamEligibility({
    own: { findMembersSoon: async (queries) => queries.map(() => own), findFacilitiesSoon: async () => [] },
    askUpstream: createUpstreamClient({ url, clock, bounds: { answerMsMax, inflightMax } }),
    cache: createMemoryCache({ entriesMax: 1_000, bytesMax: 1_000_000, clock }),
    ...{ clock, keyedHash, log: silentLogger, olderDays: 30 },
    bounds: { freshMs: 60_000, noneFreshMs: 1_000, keepMs: 86_400_000, lastKnownMax: 100 },
  })
}
const none: Sourced<Member> = { fact: { kind: 'none', asOf: '2026-03-01' }, source: 'register' }
const knownOwn = (asOf: string, version = 3): Sourced<Member> => ({
  fact: { kind: 'known', value: { ...member, version }, asOf, stale: false },
  source: 'cache',
})
const find = async (budgetMs = 1_000) => (await eligibility.findMembersSoon([query], budgetMs))[0]!
const fresh: RegisterFact<Member> = { kind: 'known', value: member, asOf: '2026-03-10', stale: false }

beforeEach(() => {
  now = NOW
  monotonic = 0
  asked = []
  own = none
  answer = say({ asOf: '2026-03-10', member })
  eligibility = open()
})

describe('an upstream register', () => {
  test('is asked for whom the own one does not have, once, and then known from the cache', async () => {
    expect(await find()).toEqual({ fact: fresh, source: 'register' })
    expect(await find()).toEqual({ fact: fresh, source: 'cache' })
    expect(asked).toEqual([{ url: '/members/look-up', body: JSON.stringify({ personalId: member.personalId }) }])
  })
  test('is asked where the own row is too old, and not where it is not', async () => {
    own = knownOwn('2026-02-20')
    expect(await find()).toBe(own)
    expect(asked).toEqual([])
    own = knownOwn('2026-01-20')
    expect((await find()).fact).toEqual(fresh)
  })
  test('never puts a lower version before a higher one', async () => {
    own = knownOwn('2026-01-20', 4)
    expect((await find()).fact).toMatchObject({ value: { version: 4 }, asOf: '2026-01-20' })
  })
  test('that knows nobody either makes the none as new as its answer', async () => {
    answer = say({ asOf: '2026-03-10', member: null })
    expect(await find()).toEqual({ fact: { kind: 'none', asOf: '2026-03-10' }, source: 'register' })
    own = knownOwn('2026-01-20')
    expect(await find()).toBe(own)
  })
  test('that takes five seconds is not waited for, and its last copy answers, marked with its age', async () => {
    eligibility = open({ answerMsMax: 10_000 })
    await find()
    now += 120_000
    answer = () => {}
    const startedAt = performance.now()
    expect(await find(150)).toEqual({ fact: { ...fresh, stale: true }, source: 'last-known' })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
  test('that is down leaves what the own register says', async () => {
    answer = (response) => void response.destroy()
    expect(await find()).toBe(none)
    answer = (response) => void response.writeHead(503).end()
    expect(await find()).toBe(none)
  })
  test.each<[string, unknown]>([
    ['no JSON', '<html>'],
    ['another shape', { ok: true }],
    ['no date', { asOf: 'today', member: null }],
    ['more than was agreed', { asOf: '2026-03-10', member: null, note: 'x' }],
    ['a record that the register would refuse', { asOf: '2026-03-10', member: { ...member, sex: 'm' } }],
    ["somebody else's record", { asOf: '2026-03-10', member: { ...member, personalId: '001000000002' } }],
    ['more than a mebibyte', ' '.repeat(1_100_000)],
  ])('that answers with %s counts as not reachable', async (_, content) => {
    answer = say(content)
    expect(await find()).toBe(none)
  })
  test('is asked by one for all who ask at once, and by no more at once than its bulkhead holds', async () => {
    await Promise.all(Array.from({ length: 20 }, () => find()))
    expect(asked).toHaveLength(1)
    eligibility = open({ inflightMax: 2 })
    answer = () => {}
    asked = []
    const many = Array.from({ length: 10 }, (_, index) => ({ ...query, personalId: `00100000100${index}` }))
    await Promise.all(many.map((one) => eligibility.findMembersSoon([one], 200)))
    expect(asked).toHaveLength(2)
  })
  test('that fails time after time is left alone for a while, then tried by one', async () => {
    answer = (response) => void response.writeHead(500).end()
    for (let count = 0; count < 12; count++) expect(await find()).toBe(none)
    expect(asked).toHaveLength(5)
    monotonic += 6_000
    answer = say({ asOf: '2026-03-10', member })
    expect((await find()).fact).toEqual(fresh)
  })
})
