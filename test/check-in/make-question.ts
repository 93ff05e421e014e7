import { passed } from '../../src/check-in/chip/checks.ts'
import { CHIP_POLICY } from '../../src/check-in/chip/policy.ts'
import { type ChipQuestion, type ChipVerdict, verifyChip } from '../../src/check-in/chip/verify-chip.ts'
import type { TestAuthority } from '../../src/check-in/test-authority/authority.ts'
import { type Card, type CardWish, type ChipForm, issueCard, readCard } from '../../src/check-in/test-authority/card-simulator.ts'
import { makeCitizen } from '../../src/check-in/test-authority/citizens.ts'
import { readTrust, type TrustFile } from '../../src/check-in/trust/read-trust.ts'
import type { TrustSnapshot } from '../../src/check-in/trust/snapshot.ts'

export const TODAY = '2026-03-01'
/** Noon of 10 March 2026 in Vietnam: the revocation lists are nine days old. */
export const NOW = Date.parse('2026-03-10T12:00:00+07:00')
export const NONCE = Buffer.from('0123456789abcdef', 'hex')

export const P256_CHIP: ChipForm = { kind: 'ecdsa', curve: 'prime256v1', hash: 'sha256' }

export const file = (name: string, bytes: Uint8Array): TrustFile => ({ name, bytes })

export function trustIn(authority: TestAuthority, ...more: readonly TrustFile[]): TrustSnapshot {
  return readTrust(
    [
      file('first.der', authority.first.certificate),
      file('second.der', authority.second.certificate),
      file('first.crl', authority.revocationList),
      file('second.crl', authority.secondRevocationList),
      ...more,
    ],
    { allowTest: true },
  )
}

/** A card of the first citizen by the authority's first signer, unless told otherwise. */
export function makeCard(authority: TestAuthority, wish: Partial<CardWish> = {}): Card {
  const [signer] = Object.values(authority.signers)
  return issueCard({ citizen: makeCitizen('test', 0), signer: signer!, form: P256_CHIP, ...wish })
}

/** Lays the card on the reader and verifies what comes. */
export function verdictOn(card: Card, trust: TrustSnapshot, question: Partial<ChipQuestion> = {}): ChipVerdict {
  return verifyChip({
    evidence: readCard(card, question.nonce ?? NONCE),
    nonce: NONCE,
    challenge: passed,
    claimed: {},
    trust,
    policy: CHIP_POLICY,
    now: NOW,
    ...question,
  })
}
