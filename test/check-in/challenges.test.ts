import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHALLENGE_MS, createChallenges, OFFLINE_CHALLENGE_MS } from '../../src/check-in/challenges.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { makeClock } from '../support/fakes-ingest.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const kiosk = { clientId: 'client_1', kioskId: 'K1' }
function make() {
  const { clock, advance } = makeClock()
  return { challenges: createChallenges({ keyedHash, clock, randomBytes }), advance }
}

describe('a challenge', () => {
  test('opens for the client and kiosk that it was given to, in any process', () => {
    const issued = make().challenges.issue(kiosk, { isOffline: false, ticket: undefined })
    const opened = make().challenges.open(issued.challengeId, kiosk)
    expect(opened).toMatchObject({ isOffline: false, isExpired: false, ticket: undefined })
    expect(opened!.nonce).toEqual(issued.nonce)
    expect(issued.nonce).toHaveLength(8)
  })
  test('does not open for another client, another kiosk, or none', () => {
    const { challenges } = make()
    const { challengeId } = challenges.issue(kiosk, { isOffline: false, ticket: undefined })
    for (const other of [
      { ...kiosk, clientId: 'client_2' },
      { ...kiosk, kioskId: 'K2' },
      { ...kiosk, kioskId: undefined },
    ]) {
      expect(challenges.open(challengeId, other)).toBeUndefined()
    }
  })
  test('ends after 60 s; one for work offline after 12 h', async () => {
    const { challenges, advance } = make()
    const ids = [false, true].map((isOffline) => challenges.issue(kiosk, { isOffline, ticket: undefined }).challengeId)
    const ended = () => ids.map((id) => challenges.open(id, kiosk)!.isExpired)
    await advance(CHALLENGE_MS, CHALLENGE_MS)
    expect(ended()).toEqual([false, false])
    await advance(1)
    expect(ended()).toEqual([true, false])
    await advance(OFFLINE_CHALLENGE_MS, OFFLINE_CHALLENGE_MS)
    expect(ended()).toEqual([true, true])
  })
  test('carries its ticket', () => {
    const { challenges } = make()
    for (const ticket of ['B-042', 'B-12345']) {
      expect(challenges.open(challenges.issue(kiosk, { isOffline: false, ticket }).challengeId, kiosk)?.ticket).toBe(ticket)
    }
  })
  test('of which any bit was changed is not ours', () => {
    const { challenges } = make()
    const bytes = Buffer.from(challenges.issue(kiosk, { isOffline: false, ticket: 'B-042' }).challengeId, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(challenges.open(changed.toString('base64url'), kiosk)).toBeUndefined()
    }
  })
  test('is never made of what somebody made up', () => {
    const { challenges } = make()
    fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => challenges.open(text, kiosk) === undefined))
  })
})
