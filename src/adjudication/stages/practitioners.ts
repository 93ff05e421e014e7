import type { ClaimRule, Proposal, Rule } from './rule.ts'

/** PRV-01: who ordered and who performed is registered at this facility on the day. */
const practitionerIsRegistered: ClaimRule = {
  id: 'PRV-01',
  version: 1,
  on: 'claim',
  propose({ claim, facts: { practitioners }, lines }) {
    if (practitioners.kind === 'unavailable') return { code: 'register_unavailable', severity: 'pend' }
    if (practitioners.kind === 'none') return undefined
    const { value, asOf } = practitioners
    const found: Proposal[] = []
    for (const state of lines) {
      for (const [field, codes] of [
        ['MA_BAC_SI', state.line.orderedBy],
        ['NGUOI_THUC_HIEN', state.line.performedBy],
      ] as const) {
        for (const code of codes) {
          // A code in brackets stands for staff without a practising certificate.
          if (code.startsWith('(')) continue
          const here = value.some(
            (one) =>
              one.code === code &&
              one.facilityCode === claim.facilityCode &&
              one.validFrom <= state.orderedOn &&
              state.orderedOn <= (one.validTo ?? state.orderedOn),
          )
          if (!here)
            found.push({ code: 'not_registered', severity: 'pend', lines: [state], inputs: { field, on: state.orderedOn, asOf } })
        }
      }
    }
    return found
  },
}

/** Rules about scope and hours of practitioners, in shadow (stage 4). */
export const practitionerRules: readonly Rule[] = [practitionerIsRegistered]
