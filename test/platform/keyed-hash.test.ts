import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKeyedHash } from '../../src/platform/keyed-hash.ts'

const anySecret = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'binary', minLength: 300, maxLength: 500 }),
)

test('a digest is HMAC-SHA-256, whatever the lengths of secret and text', () => {
  fc.assert(
    fc.property(anySecret, fc.array(anyText, { minLength: 1, maxLength: 5 }), (secret, texts) => {
      const keyedHash = createKeyedHash(secret)
      for (const text of texts) {
        const wanted = createHmac('sha256', secret).update(['purpose', text].join('\u0000')).digest('hex')
        expect(keyedHash.digest('purpose', text)).toBe(wanted)
      }
    }),
  )
})

test('a claim id is 26 characters of base 32 of the same hash', () => {
  const secret = Buffer.from('a secret of a test')
  const mac = createHmac('sha256', secret).update(['claim', '01999', 'TN-1'].join('\u0000')).digest('hex')
  const bits = [...mac].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('')
  const wanted = Array.from(
    { length: 26 },
    (_, at) => '0123456789abcdefghjkmnpqrstvwxyz'[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)],
  )
  expect(createKeyedHash(secret).claimId('01999', 'TN-1')).toBe(`c_${wanted.join('')}`)
})

test('names of a member are the first 128 bits, of one kind never those of another', () => {
  const secret = Buffer.alloc(32, 7)
  const keyedHash = createKeyedHash(secret)
  const mac = createHmac('sha256', secret).update(['member', 'card', 'DN4010123456789'].join('\u0000')).digest('hex')
  expect(keyedHash.member('card', 'DN4010123456789')).toBe(mac.slice(0, 32))
  expect(keyedHash.member('insurance', 'DN4010123456789')).not.toBe(mac.slice(0, 32))
})
