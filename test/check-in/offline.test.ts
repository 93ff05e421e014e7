import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createChallenges } from '../../src/check-in/challenges.ts'
import { createOfflineKeys, OFFLINE_KEY_MS, OFFLINE_UPLOAD_MS_MAX } from '../../src/check-in/offline.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'
import { makeClock } from '../support/fakes-ingest.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const caller = { clientId: 'client_a', kioskId: 'K1' }
function kiosk() {
  const { clock, advance } = makeClock()
  const keys = createOfflineKeys({ keyedHash, clock, randomBytes })
  const { keyId, key, expiresAt } = keys.issue(caller)
  const signed = (payload: string) => {
    const signature = createHmac('sha256', Buffer.from(key, 'base64url')).update(payload).digest('base64url')
    return { keyId, payload, signature }
  }
  const entry = (madeAtMs = clock.now(), checkIn: unknown = { a: 1 }) =>
    signed(JSON.stringify({ madeAt: new Date(madeAtMs).toISOString(), checkIn }))
  const later = (ms: number) => advance(ms, ms)
  return { clock, keys, entry, signed, expiresAt, later }
}

describe('an entry of a queue', () => {
  test('is taken as it was signed, up to seven days after it was made', async () => {
    const { keys, entry, later, clock } = kiosk()
    const made = entry()
    const madeAtMs = clock.now()
    expect(keys.open(made, caller)).toEqual({ ok: true, madeAtMs, checkIn: '{"a":1}' })
    await later(OFFLINE_UPLOAD_MS_MAX)
    expect(keys.open(made, caller)).toMatchObject({ ok: true })
    await later(1)
    expect(keys.open(made, caller)).toMatchObject({ ok: false, fault: 'offline.too_old' })
  })
  test('with any character changed is refused for its signature', () => {
    const { keys, entry } = kiosk()
    const made = entry()
    for (let at = 0; at < made.payload.length; at += 1) {
      const changed = `${made.payload.slice(0, at)}${made.payload[at] === '0' ? '1' : '0'}${made.payload.slice(at + 1)}`
      expect(keys.open({ ...made, payload: changed }, caller)).toMatchObject({ ok: false, fault: 'offline.signature' })
    }
    expect(keys.open({ ...made, signature: 'A'.repeat(43) }, caller)).toMatchObject({ fault: 'offline.signature' })
  })
  test('that is signed and nests without end is no content', () => {
    const { keys, clock, signed } = kiosk()
    const nested = `${'['.repeat(60_000)}${']'.repeat(60_000)}`
    const made = signed(`{"madeAt":"${new Date(clock.now()).toISOString()}","checkIn":${nested}}`)
    expect(keys.open(made, caller)).toMatchObject({ ok: false, fault: 'offline.content' })
  })
  test('of another client, of another kiosk or under another key is refused', () => {
    const { keys, entry } = kiosk()
    const made = entry()
    expect(keys.open(made, { ...caller, kioskId: 'K2' })).toMatchObject({ fault: 'offline.signature' })
    expect(keys.open(made, { clientId: 'client_b', kioskId: 'K1' })).toMatchObject({ fault: 'offline.signature' })
    expect(keys.open({ ...made, keyId: keys.issue({ ...caller, kioskId: 'K9' }).keyId }, caller)).toMatchObject({
      fault: 'offline.signature',
    })
    expect(keys.open({ ...made, keyId: 'x' }, caller)).toMatchObject({ fault: 'offline.key' })
  })
  test('lies within the twelve hours of its key, give or take a minute of the clock, and not in the future', async () => {
    const { keys, entry, later, clock } = kiosk()
    const issuedAt = clock.now()
    expect(keys.open(entry(issuedAt - 60_000), caller)).toMatchObject({ ok: true })
    expect(keys.open(entry(issuedAt - 60_001), caller)).toMatchObject({ fault: 'offline.time' })
    expect(keys.open(entry(issuedAt + 60_001), caller)).toMatchObject({ fault: 'offline.time' })
    await later(OFFLINE_KEY_MS + 1)
    expect(keys.open(entry(issuedAt + OFFLINE_KEY_MS), caller)).toMatchObject({ ok: true })
    expect(keys.open(entry(issuedAt + OFFLINE_KEY_MS + 1), caller)).toMatchObject({ fault: 'offline.time' })
  })
  test.each(['{', '[]', 'null', '{"madeAt":1}', '{"madeAt":"2026-03-10"}', '{"madeAt":"2026-13-40T00:00:00Z"}'])(
    'that is signed and says nothing is refused: %s',
    (payload) => {
      const { clock } = makeClock()
      const keys = createOfflineKeys({ keyedHash, clock, randomBytes })
      const { keyId, key } = keys.issue(caller)
      const signature = createHmac('sha256', Buffer.from(key, 'base64url')).update(payload).digest('base64url')
      expect(keys.open({ keyId, payload, signature }, caller)).toMatchObject({ fault: 'offline.content' })
    },
  )
})

describe('a challenge for work offline', () => {
  test('is answered within twelve hours, however late the answer comes', async () => {
    const { clock, advance } = makeClock()
    const challenges = createChallenges({ keyedHash, clock, randomBytes })
    const issuedAt = clock.now()
    const { challengeId } = challenges.issue(caller, { isOffline: true, ticket: undefined })
    await advance(3 * 24 * 3_600_000, 24 * 3_600_000)
    const expired = (madeAt: number) => challenges.open(challengeId, caller, madeAt)!.isExpired
    expect(challenges.open(challengeId, caller)!.isExpired).toBe(true)
    expect(expired(issuedAt + 12 * 3_600_000)).toBe(false)
    expect(expired(issuedAt + 12 * 3_600_000 + 1)).toBe(true)
    expect(expired(issuedAt - 60_000)).toBe(false)
    expect(expired(issuedAt - 60_001)).toBe(true)
  })
})
