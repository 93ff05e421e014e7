import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { checkInSeal } from '../../src/check-in/check-in-store.ts'
import { createKeyedHash, type KeyedHash } from '../../src/platform/keyed-hash.ts'

function counted(secret: Buffer) {
  const inner = createKeyedHash(secret)
  const purposes: string[] = []
  const keyedHash: KeyedHash = {
    ...inner,
    digest(purpose, value) {
      purposes.push(purpose)
      return inner.digest(purpose, value)
    },
  }
  return { keyedHash, purposes }
}

test('the keys of a secret are derived once, and another secret opens nothing', () => {
  const secret = randomBytes(32)
  const { keyedHash, purposes } = counted(secret)
  const sealed = checkInSeal(keyedHash).seal('text', 'place')
  for (let times = 0; times < 3; times += 1) expect(checkInSeal(keyedHash).open(sealed, 'place')).toBe('text')
  expect(purposes).toEqual(['seal', 'seal-iv'])
  expect(checkInSeal(counted(secret).keyedHash).open(sealed, 'place')).toBe('text')
  expect(checkInSeal(counted(randomBytes(32)).keyedHash).open(sealed, 'place')).toBeUndefined()
})
