import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { type ChipEvidence, statesOf } from '../../src/check-in/chip/verify-chip.ts'
import { makeAuthority } from '../../src/check-in/test-authority/authority.ts'
import { readCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { sized } from '../support/size.ts'
import { makeCard, NONCE, TODAY, trustIn, verdictOn } from './make-question.ts'

const authority = makeAuthority({ today: TODAY, signers: ['p256', 'pss-2048', 'bp512-explicit'] })
const trust = trustIn(authority)
const cards = Object.values(authority.signers).map((signer, index) =>
  makeCard(authority, { signer, citizen: makeCitizen('hostile', index) }),
)
const texts = cards.flatMap(({ files }) => [files.sod, ...files.groups.values()]).map((bytes) => Uint8Array.from(bytes))

const noise = fc.uint8Array({ maxLength: 400 })
/** A genuine file with a piece cut out, doubled, overwritten or taken from another. */
const spoilt = fc
  .tuple(fc.constantFrom(...texts), fc.constantFrom(...texts), fc.nat(3_000), fc.nat(200), noise)
  .map(([one, other, at, size, bytes]) => {
    const start = at % one.length
    return Buffer.concat([
      one.subarray(0, start),
      bytes.length % 2 === 0 ? bytes : other.subarray(start, start + size),
      one.subarray(start + size),
    ])
  })
const file = fc.oneof(noise, spoilt, fc.constantFrom(...texts), fc.constant(undefined))
const evidences: fc.Arbitrary<ChipEvidence> = fc
  .record({
    sod: file,
    groups: fc.array(fc.tuple(fc.oneof(fc.constantFrom(1, 13, 14, 15), fc.integer()), file), { maxLength: 6 }),
    activeAuthentication: fc.oneof(noise, fc.constant(undefined)),
  })
  .map(({ sod, groups, activeAuthentication }) => ({
    sod,
    groups: new Map(groups.flatMap(([number, bytes]) => (bytes === undefined ? [] : [[number, bytes] as const]))),
    activeAuthentication,
  }))

describe('hostile evidence', () => {
  test('never throws and is never verified', () => {
    fc.assert(
      fc.property(evidences, noise, (evidence, nonce) => {
        expect(verdictOn(cards[0]!, trust, { evidence }).outcome).not.toBe('verified')
        expect(verdictOn(cards[0]!, trust, { evidence, nonce }).outcome).not.toBe('verified')
      }),
      { numRuns: sized(1_000, 50_000) },
    )
  }, 600_000)

  test('is bounded in what it costs: the largest and the deepest are refused at once', () => {
    const deep = Buffer.alloc(CHIP_POLICY.sodBytesMax, Buffer.from('3080', 'hex'))
    const wide = Buffer.concat([Buffer.from('308300ffffff', 'hex').fill(0), Buffer.alloc(60_000)])
    const many = Buffer.concat([Buffer.from('3082fffa', 'hex'), Buffer.alloc(65_530, Buffer.from('0500', 'hex'))])
    for (const sod of [deep, wide, many, Buffer.alloc(10_000_000)]) {
      const from = performance.now()
      const { outcome } = verdictOn(cards[0]!, trust, { evidence: { ...readCard(cards[0]!, NONCE), sod } })
      expect(outcome).toBe('refused')
      expect(performance.now() - from).toBeLessThan(500)
    }
  })
})

test('the states of the checks are as the contract shows them', () => {
  const { checks } = verdictOn(cards[0]!, trust)
  expect(statesOf(checks)).toEqual({
    challenge: 'pass',
    sod: 'pass',
    chain: 'pass',
    revocation: 'pass',
    dataGroups: { '1': 'pass', '13': 'pass', '14': 'pass', '15': 'pass' },
    activeAuthentication: 'pass',
    consistency: 'pass',
  })
})
