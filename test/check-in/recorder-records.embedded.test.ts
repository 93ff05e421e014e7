import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECK_INS_TOPIC } from '../../src/check-in/record.ts'
import { makeAuthority } from '../../src/check-in/test-authority/authority.ts'
import { makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { openTestDesk, type TestDesk } from './support/desk.ts'

let desk: TestDesk
beforeAll(async () => {
  desk = await openTestDesk(makeAuthority({ today: new Date().toISOString().slice(0, 10) }))
  await desk.startRecorder()
}, 60_000)
afterAll(() => desk.stop())

test('a record of a check-in that the ledger cannot hold holds up nobody after it', async () => {
  const citizen = { ...makeCitizen('recorder', 1), expiresOn: '2040-12-28' }
  await desk.register([citizen])
  const clerk = await desk.gateway.token('01999')
  const identity = {
    method: 'card',
    personalId: citizen.personalId,
    fullName: citizen.fullName,
    birthDate: citizen.birthDate,
  }
  const whole = {
    ...{ recordVersion: 1, claimId: null, facilityCode: '01999', memberRef: 'm', at: new Date().toISOString() },
    ...{ arrivedAt: '2026-03-10T08:00', category: '1.1', careType: '01', method: 'card', assurance: 'C0', outcome: 'admitted' },
    ...{ source: 'register', asOf: null, stale: false, offline: false, legacyCode: '000', ticket: 'B-001', alerts: [] },
    ...{ reasons: [], evidence: {}, disasterId: null, sealed: 'AAAA' },
    look: { ref: 'r', actor: 'a', action: 'check-in', subject: 's', facilityCode: '01999', purpose: 'p', fields: [] },
  }
  const broken = [{ at: 'never' }, { outcome: 'welcome' }, { memberRef: null }, { sealed: '?' }, { alerts: null }, { look: null }]
  // In both partitions, as whoever's check-in comes next.
  for (const key of Array.from({ length: 8 }, (_, index) => `${index}`)) {
    for (const [index, fault] of broken.entries()) {
      const value = Buffer.from(JSON.stringify({ ...whole, checkInId: `k_${key}${index}`, ...fault }))
      await desk.stream.append(CHECK_INS_TOPIC, { key, value, headers: {} })
    }
  }
  const { body } = await desk.checkIn(clerk, { identity })
  await expect
    .poll(
      async () => (await desk.database.pool.query('SELECT FROM check_in WHERE check_in_id = $1', [body.checkInId])).rows.length,
      { timeout: 5_000 },
    )
    .toBe(1)
  const { rows } = await desk.database.pool.query("SELECT FROM check_in WHERE member_ref = 'm'")
  expect(rows).toHaveLength(0)
})
