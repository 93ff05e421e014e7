import type { Coverage, Member } from '../../src/domain/facts.ts'

/** A synthetic member, covered all of 2026. Overrides replace, of coverages each its own fields. */
export function makeMember({
  coverages = [{}],
  ...overrides
}: Partial<Omit<Member, 'coverages'>> & { readonly coverages?: readonly Partial<Coverage>[] } = {}): Member {
  const { personalId = '001000000001' } = overrides
  return {
    personalId,
    socialInsuranceNumber: `9${(personalId ?? '').slice(-9).padStart(9, '0')}`,
    fullName: 'NGUYEN VAN THU A',
    birthDate: '1985-01-01',
    sex: 'male',
    deceasedOn: null,
    version: 1,
    copayCounted: [],
    ...overrides,
    coverages: coverages.map((coverage) => ({
      cardNumber: `DN401${(personalId ?? '').slice(-10).padStart(10, '0')}`,
      validFrom: '2026-01-01',
      validTo: '2026-12-31',
      registeredFacility: '01999',
      fiveYearsFrom: null,
      area: null,
      status: 'active',
      ...coverage,
    })),
  }
}
