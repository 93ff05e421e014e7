import { expect, test } from 'vitest'
import { readCheckIn } from '../../src/ingest/check-in-body.ts'
import { Problem } from '../../src/platform/problem.ts'

const identity = { method: 'card', personalId: '001085000001', fullName: 'NGUYỄN VĂN THỬ', birthDate: '1985-01-01' }
function faultsOf(body: object): readonly string[] {
  try {
    readCheckIn(Buffer.from(JSON.stringify(body)), '01999')
    return []
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.errors.map(({ pointer }) => pointer)
    throw thrown
  }
}

test('an arrival that is no instant is a fault of the body', () => {
  expect(faultsOf({ identity, visit: { arrivedAt: '2026-12-31T23:59:60Z' } })).toEqual(['/visit/arrivedAt'])
  expect(faultsOf({ identity, visit: { arrivedAt: '2026-12-31T23:59:59Z' } })).toEqual([])
})
test.each(['\u202eAỬHT', '\ud800', 'A\u0007'])('a name that a screen would show as another is not taken', (name) => {
  expect(faultsOf({ identity: { ...identity, fullName: name } })).toEqual(['/identity/fullName'])
  expect(faultsOf({ identity, staff: { name } })).toEqual(['/staff/name'])
})
