import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Cache } from '../../src/cache/cache.ts'
import { createMemoryCache } from '../../src/cache/memory.ts'
import type { CheckInCaller, CheckInRequest } from '../../src/check-in/check-in.ts'
import type { CheckInStore } from '../../src/check-in/check-in-store.ts'
import { createCheckIns } from '../../src/check-in/create-check-in.ts'
import { createOnce } from '../../src/check-in/once.ts'
import { createTickets } from '../../src/check-in/tickets.ts'
import { createFindVisits } from '../../src/check-in/visits-known.ts'
import type { DeskEligibility } from '../../src/eligibility/eligibility.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { systemClock as clock } from '../../src/platform/clock.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import type { Sql } from '../../src/platform/postgres.ts'
import { makeMember } from '../support/make-member.ts'

const COUNT = 20
const caller: CheckInCaller = { clientId: 'c', kioskId: undefined }

/** A desk that counts what it asks; whoever asks in one turn of the loop shares a write. */
function openCountingDesk() {
  const asked: string[] = []
  const turns = new Set<object>()
  let turn: object | undefined
  function count(name: string): void {
    asked.push(name)
    if (turn === undefined) setImmediate(() => (turn = undefined))
    turn ??= {}
    turns.add(turn)
  }
  const memory = createMemoryCache({ entriesMax: 1_000, bytesMax: 10_000_000, clock })
  const cache: Cache = {
    ...memory,
    setIfAbsent(key, value, ttlMs) {
      count('cache')
      return memory.setIfAbsent(key, value, ttlMs)
    },
  }
  let last = 0
  const sql: Sql = {
    async query(_, values, name = '') {
      asked.push(name)
      await clock.sleep(5)
      const [used, holders, , facilities] = values as [string[], string[], string[], (string | null)[]]
      if (name !== 'check-in-once') return { rows: [], rowCount: 0 }
      const taken = facilities.filter((code) => code !== null).length
      last += taken
      const counted = { used: null, holder: null, facilityCode: '01999', taken, last }
      const rows = [...used.map((one, index) => ({ used: one, holder: holders[index] })), { ...counted, day: days(values![4]) }]
      return { rows: rows as never[], rowCount: rows.length }
    },
  }
  const days = (of: unknown) => (of as string[])[0]
  const ledger: Pick<Ledger, 'memberStates'> = {
    async memberStates(refs) {
      asked.push('member-states')
      await clock.sleep(5)
      return refs.map(() => ({ visits: [] })) as never
    },
  }
  const eligibility: DeskEligibility = {
    async findMembersSoon(queries) {
      count('members')
      const member = makeMember({})
      return queries.map(() => ({ fact: { kind: 'known', value: member, asOf: '2026-03-10', stale: false }, source: 'cache' }))
    },
    findFacilitiesSoon: async (codes) => codes.map(() => ({ fact: { kind: 'unavailable' }, source: 'none' })),
  }
  const kept: string[] = []
  const checkIns = createCheckIns({
    ...{ eligibility, cache, clock, randomBytes, keyedHash: createKeyedHash(randomBytes(32)), lookupMsMax: 500 },
    findVisits: createFindVisits(sql, ledger, clock),
    benefitRateHere: () => '80',
    copayHere: () => ({ counted: '0.00', exempt: false }),
    trust: () => {
      throw new Error('no card is laid on')
    },
    once: createOnce({ sql, cache, clock }),
    tickets: createTickets({ sql, cache, clock }),
    store: { answer: async () => undefined } as unknown as CheckInStore,
    async keep({ ticket }) {
      kept.push(ticket)
      return 'stream'
    },
    onTrouble: () => {},
  })
  return { checkIns, asked, turns, kept }
}

function requestOf(index: number): CheckInRequest {
  return {
    ...{ facilityCode: '01999', encounterId: undefined, staff: undefined, personMatch: undefined, contentSha256: `${index}` },
    identity: {
      method: 'card',
      stated: {
        ...{ personalId: undefined, cardNumber: `${1_000_000_000 + index}`, socialInsuranceNumber: undefined },
        ...{ fullName: 'NGUYỄN VĂN A', birthDate: '1985-03-10' },
      },
    },
    visit: { category: '1.1', careType: '01', arrivedAtMs: undefined },
  }
}

test('check-ins that come at once ask in two rounds: whoever came first, and all others together', async () => {
  const desk = openCountingDesk()
  await Promise.all(Array.from({ length: COUNT }, (_, index) => desk.checkIns.checkIn(requestOf(index), caller)))
  const statements = desk.asked.filter((name) => name !== 'cache' && name !== 'members')
  expect(statements.sort()).toEqual([
    ...['check-in-once', 'check-in-once', 'check-in-visits', 'check-in-visits'],
    ...['member-states', 'member-states'],
  ])
  // Single use and members, of everybody in a round by one write.
  expect(desk.asked.filter((name) => name === 'cache' || name === 'members')).toHaveLength(2 * COUNT)
  expect(desk.turns.size).toBe(2)
  expect(new Set(desk.kept).size).toBe(COUNT)
})
