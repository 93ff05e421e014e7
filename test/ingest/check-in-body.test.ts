import { expect, test } from 'vitest'
import { ARRIVED_AHEAD_MS_MAX, ARRIVED_BEFORE_MS_MAX, readCheckIn } from '../../src/ingest/check-in-body.ts'
import { type Fault, Problem } from '../../src/platform/problem.ts'

const identity = { method: 'card', personalId: '001085000001', fullName: 'NGUYỄN VĂN THỬ', birthDate: '1985-01-01' }
const NOW_MS = Date.parse('2027-01-01T00:05:00Z')
function errorsOf(body: object): readonly Fault[] {
  try {
    readCheckIn(Buffer.from(JSON.stringify(body)), '01999', NOW_MS)
    return []
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.errors
    throw thrown
  }
}
const faultsOf = (body: object) => errorsOf(body).map(({ pointer }) => pointer)

test('an arrival that is no instant is a fault of the body', () => {
  expect(faultsOf({ identity, visit: { arrivedAt: '2026-12-31T23:59:60Z' } })).toEqual(['/visit/arrivedAt'])
  expect(faultsOf({ identity, visit: { arrivedAt: '2026-12-31T23:59:59Z' } })).toEqual([])
})
test('an arrival is up to 15 minutes ahead and up to 30 days ago; what lies outside is refused in words', () => {
  expect([ARRIVED_AHEAD_MS_MAX, ARRIVED_BEFORE_MS_MAX]).toEqual([15 * 60_000, 30 * 24 * 3_600_000])
  const arrivedBy = (ms: number) => errorsOf({ identity, visit: { arrivedAt: new Date(NOW_MS + ms).toISOString() } })
  for (const within of [0, ARRIVED_AHEAD_MS_MAX, -ARRIVED_BEFORE_MS_MAX]) expect(arrivedBy(within)).toEqual([])
  for (const outside of [ARRIVED_AHEAD_MS_MAX + 1, -ARRIVED_BEFORE_MS_MAX - 1]) {
    expect(arrivedBy(outside)).toEqual([
      {
        pointer: '/visit/arrivedAt',
        code: 'field.range',
        detail: { vi: expect.stringMatching(/15 phút.*30 ngày/), en: expect.stringMatching(/15 minutes.*30 days/) },
      },
    ])
  }
})
test.each(['\u202eAỬHT', '\ud800', 'A\u0007'])('a name that a screen would show as another is not taken', (name) => {
  expect(faultsOf({ identity: { ...identity, fullName: name } })).toEqual(['/identity/fullName'])
  expect(faultsOf({ identity, staff: { name } })).toEqual(['/staff/name'])
})
