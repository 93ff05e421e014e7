import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeFacts, decodeWithdrawal, encodeFacts, encodeWithdrawal } from '../../src/adjudication/encode-facts.ts'
import { expectedOf01, factsOf01 } from '../support/sample-claims.ts'
import { anyCase } from './make-any-claim.ts'

test('facts are kept in RFC 8785 form, and come back as they were', () => {
  fc.assert(
    fc.property(anyCase, ({ facts }) => {
      const { text, sha256 } = encodeFacts(facts)
      expect(text).toBe(canonicalize(facts))
      expect(sha256).toBe(createHash('sha256').update(text).digest('hex'))
      expect(decodeFacts(text)).toEqual(facts)
      expect(encodeFacts(decodeFacts(text))).toEqual({ text, sha256 })
    }),
    { numRuns: 200 },
  )
})
test('every kind of register fact has its form', () => {
  const facts = {
    ...factsOf01,
    member: { kind: 'none', asOf: null },
    facility: { kind: 'unavailable' },
    earlierVersion: { version: 2, fundClaimed: expectedOf01.fundPays },
  } as const
  expect(encodeFacts(facts).text).toBe(canonicalize(facts))
  expect(decodeFacts(encodeFacts(facts).text)).toEqual(facts)
})
test('the facts of a void name what it withdraws, and facts of a claim do not', () => {
  expect(decodeWithdrawal(encodeWithdrawal(expectedOf01).text)).toEqual(expectedOf01)
  expect(decodeWithdrawal(encodeFacts(factsOf01).text)).toBeUndefined()
})
