import { expect, test } from 'vitest'
import { listLooks } from '../../src/check-in/looks.ts'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'

const keyedHash = createKeyedHash(Buffer.alloc(32, 7))
const refOf = (name: string | undefined, nowMs = 0) => {
  const staff = name === undefined ? undefined : { name, personalId: undefined }
  return listLooks([{ auditSubject: 's' }], '01999', { clientId: 'client_1', staff }, keyedHash, nowMs)[0]!.ref
}

test('two clerks who look at one list within the hour are two lines of the access log', () => {
  expect(refOf('NGUYEN THI A')).toBe(refOf('NGUYEN THI A', 60_000))
  expect(new Set([refOf('NGUYEN THI A'), refOf('TRAN VAN B'), refOf(undefined)]).size).toBe(3)
})
