import { describe, expect, test } from 'vitest'
import type { ChipEvidence } from '../../src/check-in/chip/verify-chip.ts'
import { makeAuthority, SIGNER_FORMS } from '../../src/check-in/test-authority/authority.ts'
import { type ChipForm, readCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { makeCitizen, makeDice } from '../../src/check-in/test-authority/citizens.ts'
import { sized } from '../support/size.ts'
import { makeCard, NONCE, P256_CHIP, TODAY, trustIn, verdictOn } from './make-question.ts'

const ISO9796: ChipForm = { kind: 'iso9796', bits: 2048, hash: 'sha256' }
const ALL_PAIRS: readonly (readonly [string, ChipForm])[] = [
  ['p256', P256_CHIP],
  ['pss-2048', ISO9796],
  ...Object.keys(SIGNER_FORMS).flatMap((name): (readonly [string, ChipForm])[] => [
    [name, { kind: 'ecdsa', curve: 'brainpoolP512r1', explicit: true, hash: 'sha512' }],
    [name, { kind: 'iso9796', bits: 2048, hash: 'sha1' }],
  ]),
]
const PAIRS = ALL_PAIRS.slice(0, sized(2, ALL_PAIRS.length))
/** In CI each byte is changed in one way, another for each; in the release in nine: each bit, and all of them. */
const MASKS = [1, 2, 4, 8, 16, 32, 64, 128, 255]

const authority = makeAuthority({ today: TODAY, signers: [...new Set(PAIRS.map(([name]) => name))] })
const trust = trustIn(authority)

type Part = 'sod' | 'answer' | number
const bytesOf = (evidence: ChipEvidence, part: Part): Uint8Array =>
  part === 'sod' ? evidence.sod! : part === 'answer' ? evidence.activeAuthentication! : evidence.groups.get(part)!

function withByte(evidence: ChipEvidence, part: Part, at: number, mask: number): ChipEvidence {
  const bytes = Buffer.from(bytesOf(evidence, part))
  bytes[at]! ^= mask
  if (part === 'sod') return { ...evidence, sod: bytes }
  if (part === 'answer') return { ...evidence, activeAuthentication: bytes }
  return { ...evidence, groups: new Map([...evidence.groups, [part, bytes]]) }
}

describe.each(PAIRS)('a card signed by %s whose chip is %o', (name, form) => {
  const card = makeCard(authority, { signer: authority.signers[name]!, form, citizen: makeCitizen('bytes', 3) })
  const evidence = readCard(card, NONCE)
  test.each<Part>(['sod', 1, 13, 14, 15, 'answer'])(
    'is refused when any single byte of %s is changed',
    (part) => {
      const dice = makeDice(`${name}/${part}`)
      expect(verdictOn(card, trust, { evidence }).outcome).toBe('verified')
      const notRefused: string[] = []
      for (let at = 0; at < bytesOf(evidence, part).length; at++) {
        for (const mask of sized(1, MASKS.length) === 1 ? [1 + dice(255)] : MASKS) {
          const { outcome, reasons } = verdictOn(card, trust, { evidence: withByte(evidence, part, at, mask) })
          if (outcome !== 'refused') notRefused.push(`${at} ^ ${mask}: ${outcome} ${reasons.join()}`)
        }
      }
      expect(notRefused).toEqual([])
    },
    sized(60_000, 3_600_000),
  )
  test('is refused when its answer is cut, lengthened or that of another nonce', () => {
    const answer = Buffer.from(evidence.activeAuthentication!)
    const others = [answer.subarray(1), answer.subarray(0, -1), Buffer.concat([answer, answer]), Buffer.alloc(answer.length)]
    for (const activeAuthentication of [...others, Buffer.alloc(2_000), Buffer.alloc(1)]) {
      expect(verdictOn(card, trust, { evidence: { ...evidence, activeAuthentication } }).reasons).toEqual(['aa_signature'])
    }
  })
})
