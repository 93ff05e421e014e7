import { createHmac, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckInAnswer } from '../../src/check-in/check-in.ts'
import { createOfflineKeys } from '../../src/check-in/offline.ts'
import { createOfflineEntries } from '../../src/check-in/offline-entries.ts'
import { reconcileOffline } from '../../src/check-in/offline-reconcile.ts'
import { createOnce } from '../../src/check-in/once.ts'
import { makeAuthority, type TestAuthority } from '../../src/check-in/test-authority/authority.ts'
import { type Card, issueCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { type Citizen, makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { startGateway, type TestGateway } from '../support/ingest.ts'
import { P256_CHIP } from './make-question.ts'
import { chipIdentity, openTestDesk, type TestDesk } from './support/desk.ts'

const citizens: readonly Citizen[] = Array.from({ length: 12 }, (_, index) => ({
  ...makeCitizen('offline', index),
  expiresOn: '2040-12-28',
}))
interface Challenge {
  readonly challengeId: string
  readonly nonce: string
}
interface Result {
  readonly status: number
  readonly checkIn?: CheckInAnswer
  readonly code?: string
  readonly errors?: readonly { readonly code: string }[]
}

let authority: TestAuthority
let desk: TestDesk
let gateway: TestGateway
let bearer: string
let challenges: Challenge[]
let key: { keyId: string; key: string }
let used = 0
const since = Date.now() - 1_000

beforeAll(async () => {
  authority = makeAuthority({ today: new Date().toISOString().slice(0, 10) })
  desk = await openTestDesk(authority)
  await desk.register(citizens)
  await desk.startRecorder()
  const offline = {
    keys: createOfflineKeys({ keyedHash: desk.keyedHash, clock: systemClock, randomBytes }),
    entries: createOfflineEntries(desk.database.pool, systemClock, () => {}),
  }
  gateway = await startGateway({ deps: { checkIns: desk.checkIns, offline } })
  bearer = await gateway.token('01999', 'kiosk')
  const fetched = await gateway.post('/v1/check-ins/challenges', bearer, { count: 50, offline: true, kioskId: 'K1' })
  challenges = ((await fetched.json()) as { challenges: Challenge[] }).challenges
  key = (await (await gateway.post('/v1/check-ins/offline-keys', bearer, { kioskId: 'K1' })).json()) as typeof key
}, 60_000)
afterAll(async () => {
  await gateway.stop()
  await desk.stop()
})

const cardOf = (citizen: Citizen): Card => issueCard({ citizen, signer: authority.signers['p256']!, form: P256_CHIP })
const laidOn = (citizen: Citizen, challenge = challenges[used++]!, more: object = {}) => ({
  kioskId: 'K1',
  identity: chipIdentity(cardOf(citizen), challenge),
  visit: { MA_DOITUONG_KCB: '1.1', MA_LOAI_KCB: '01' },
  ...more,
})
function entryOf(checkIn: object, madeAtMs = Date.now(), by = key) {
  const payload = JSON.stringify({ madeAt: new Date(madeAtMs).toISOString(), checkIn })
  return {
    keyId: by.keyId,
    payload,
    signature: createHmac('sha256', Buffer.from(by.key, 'base64url')).update(payload).digest('base64url'),
  }
}
async function upload(entries: readonly object[], kioskId: string | undefined = 'K1', by = bearer) {
  const response = await gateway.post('/v1/check-ins/batch', by, { kioskId, entries })
  return { status: response.status, ...((await response.json()) as { results: readonly Result[]; code?: string }) }
}

describe('a queue that comes in', () => {
  test('is answered entry by entry: good ones are checked in at C2 at most, bad ones say why', async () => {
    const clerk = { staff: { name: 'NGUYEN THI NHAN VIEN' }, personMatch: { by: 'clerk', result: 'match' } }
    const good = entryOf(laidOn(citizens[0]!, undefined, clerk))
    const altered = { ...entryOf(laidOn(citizens[1]!)), signature: 'A'.repeat(43) }
    const late = entryOf(laidOn(citizens[1]!), Date.now() + 3_600_000)
    const other = entryOf({ ...laidOn(citizens[1]!), kioskId: 'K2' })
    const { status, results } = await upload([good, altered, late, other, entryOf({ kioskId: 'K1' })])
    expect(status).toBe(207)
    expect(results.map((one) => one.status)).toEqual([200, 422, 422, 422, 422])
    expect(results[0]!.checkIn).toMatchObject({ outcome: 'admitted', assurance: 'C2', offline: true })
    expect(results.slice(1, 4).map(({ errors }) => errors?.[0]?.code)).toEqual([
      'offline.signature',
      'offline.time',
      'offline.content',
    ])
    expect(results[4]).toMatchObject({ code: 'check_in.invalid' })
  })
  test('that comes twice is one check-in with one answer', async () => {
    const entry = entryOf(laidOn(citizens[2]!))
    const [first, again] = [await upload([entry]), await upload([entry, entry])]
    expect(again.results).toEqual([first.results[0], first.results[0]])
  })
  test('has no second check-in by a challenge that was used', async () => {
    const challenge = challenges[used++]!
    await upload([entryOf(laidOn(citizens[3]!, challenge))])
    const { results } = await upload([entryOf(laidOn(citizens[4]!, challenge))])
    expect(results[0]!.checkIn).toMatchObject({ outcome: 'refused', assurance: null, checks: { challenge: 'fail' } })
  })
  test('was also sent at once, and counts once', async () => {
    const checkIn = laidOn(citizens[5]!)
    const direct = (await (await gateway.post('/v1/check-ins', bearer, checkIn)).json()) as CheckInAnswer
    const { results } = await upload([entryOf(checkIn)])
    expect(results[0]!.checkIn?.checkInId).toBe(direct.checkInId)
  })
  test('of another client is refused entry by entry', async () => {
    const stranger = await gateway.token('01999', 'kiosk')
    const { results } = await upload([entryOf(laidOn(citizens[6]!))], 'K1', stranger)
    expect(results[0]).toMatchObject({ status: 422, errors: [{ code: 'offline.signature' }] })
  })
  test('holds 100 entries at most', async () => {
    const entry = entryOf({})
    expect(await upload(Array.from({ length: 101 }, () => entry))).toMatchObject({ status: 422, code: 'check_in.invalid' })
    expect(await upload([])).toMatchObject({ status: 422 })
  })
})

describe('reconciling', () => {
  const reconciled = () =>
    reconcileOffline({ sql: desk.database.pool, keyedHash: desk.keyedHash, eligibility: desk.deps.eligibility as never }, since)
  test('lists what differs now: refused entries, a challenge used twice, one person at two kiosks, cover that ended', async () => {
    const twice = citizens[7]!
    const otherKey = (await (await gateway.post('/v1/check-ins/offline-keys', bearer, { kioskId: 'K2' })).json()) as typeof key
    const more = (await (
      await gateway.post('/v1/check-ins/challenges', bearer, { offline: true, kioskId: 'K2' })
    ).json()) as Challenge
    await upload([entryOf(laidOn(twice))])
    await upload([entryOf({ ...laidOn(twice, more), kioskId: 'K2' }, Date.now(), otherKey)], 'K2')
    // A kiosk and then the desk of the same facility is no second place.
    const desked = citizens[9]!
    await upload([entryOf(laidOn(desked))])
    const online = (await (await gateway.post('/v1/check-ins/challenges', bearer, {})).json()) as Challenge
    await gateway.post('/v1/check-ins', bearer, { identity: chipIdentity(cardOf(desked), online) })
    const { results } = await upload([entryOf(laidOn(citizens[8]!))])
    const ended = results[0]!.checkIn!.checkInId
    await desk.importLines('members', [
      { asOf: desk.today() },
      {
        ...{
          personalId: citizens[8]!.personalId,
          socialInsuranceNumber: null,
          fullName: citizens[8]!.fullName.normalize('NFC').toUpperCase(),
        },
        ...{ birthDate: citizens[8]!.birthDate, sex: 'unknown', deceasedOn: null, version: 9, coverages: [], copayCounted: [] },
      },
    ])
    await expect
      .poll(async () => (await reconciled()).flatMap(({ what, checkInId }) => (checkInId === ended ? what : [])), {
        timeout: 10_000,
      })
      .toEqual(['coverage_ended'])
    const all = await reconciled()
    const counted = Map.groupBy(
      all.flatMap(({ what }) => what),
      (code) => code,
    )
    expect(counted.get('two_places')).toHaveLength(2)
    expect(counted.get('challenge_used')).toHaveLength(1)
    expect(counted.get('entry_refused')!.length).toBeGreaterThanOrEqual(5)
    expect(JSON.stringify(all)).not.toContain(twice.personalId)
    expect(all.some(({ checkInId, what }) => checkInId !== null && what.length === 0)).toBe(false)
  })
})

describe('a queue much later', () => {
  test('has no second check-in by a challenge that was used with a connection, long after that challenge ended', async () => {
    const challenge = (await (await gateway.post('/v1/check-ins/challenges', bearer, { kioskId: 'K1' })).json()) as Challenge
    const madeAtMs = Date.now()
    await gateway.post('/v1/check-ins', bearer, laidOn(citizens[10]!, challenge, { encounterId: 'OFF-1' }))
    // A day later the cache has forgotten the challenge, and the ledger was cleaned.
    const tomorrow = { ...systemClock, now: () => Date.now() + 86_400_000 }
    await createOnce({ sql: desk.database.pool, cache: desk.cache, clock: tomorrow }).clean()
    desk.faults.cache = true
    const { results } = await upload([entryOf(laidOn(citizens[10]!, challenge, { encounterId: 'OFF-2' }), madeAtMs)])
    desk.faults.cache = false
    expect(results[0]!.checkIn).toMatchObject({ outcome: 'refused', checks: { challenge: 'fail' } })
  })
})
