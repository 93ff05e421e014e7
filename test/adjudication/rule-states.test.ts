import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../src/adjudication/adjudicate.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import type { FacilityPeriod } from '../../src/domain/facts.ts'
import type { Dated, Rulebook, RuleState } from '../../src/domain/rulebook.ts'
import { known, makeCatalogue, makeClaim, makeFacility, makeFacts, makeLine } from '../support/make-claim.ts'

/** A rule's state by the day of receipt, and a canary by place. PRC-01 speaks of a drug of 1,200 đồng whose bid is 1,150. */
const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))
const RULE = 'PRC-01'

const state = (kind: RuleState['state'], places: Partial<RuleState> = {}): RuleState => ({
  ...{ state: kind, provinces: [], facilities: [] },
  ...places,
})
const always = (value: RuleState): Dated<RuleState> => [{ from: '0000-01-01', to: null, value, legalBasis: [] }]
function ruleIs(states: Dated<RuleState>): Rulebook {
  const card = rulebook.rules.get(RULE)!
  return { ...rulebook, rules: new Map([...rulebook.rules, [RULE, { ...card, states }]]) }
}

interface Case {
  readonly facilityCode?: string
  readonly facility?: Partial<FacilityPeriod> & { readonly province?: string }
  readonly receivedOn?: string
}
/** Whether the rule took effect, was counted in shadow, or was silent. */
function effectOf(book: Rulebook, { facilityCode = '01999', facility, receivedOn = '2026-03-11' }: Case = {}) {
  const line = makeLine({ table: 'XML2', code: '40.0001', quantity: '1', price: '1200' })
  const { province, ...period } = facility ?? {}
  const facts = makeFacts({
    receivedOn,
    catalogue: known(makeCatalogue([{ list: 'drug', code: '40.0001', unitPrice: '1150' }])),
    facility:
      facility === undefined
        ? { kind: 'none', asOf: receivedOn }
        : known({ ...makeFacility(period), ...(province === undefined ? {} : { province }) }),
  })
  const decision = adjudicate(makeClaim({ facilityCode, lines: [line] }), facts, book)
  const has = (findings: typeof decision.findings) => findings.some(({ rule }) => rule === RULE)
  return has(decision.findings) ? 'active' : has(decision.shadow) ? 'shadow' : 'silent'
}

describe('a rule', () => {
  test.each([
    ['active', 'active'],
    ['shadow', 'shadow'],
    ['draft', 'silent'],
    ['retired', 'silent'],
    ['no-data', 'silent'],
  ] as const)('that is %s is %s', (kind, effect) => {
    expect(effectOf(ruleIs(always(state(kind))))).toBe(effect)
  })

  test('changes its state on the day of receipt, not of the visit', () => {
    const book = ruleIs([
      { from: '2026-01-01', to: '2026-03-31', value: state('shadow'), legalBasis: [] },
      { from: '2026-04-01', to: '2026-04-30', value: state('active'), legalBasis: [] },
      { from: '2026-05-01', to: null, value: state('retired'), legalBasis: [] },
    ])
    const on = (receivedOn: string) => effectOf(book, { receivedOn })
    expect(['2025-12-31', '2026-01-01', '2026-03-31'].map(on)).toEqual(['silent', 'shadow', 'shadow'])
    expect(['2026-04-01', '2026-04-30', '2026-05-01'].map(on)).toEqual(['active', 'active', 'silent'])
  })
})

describe('a canary', () => {
  const inProvince = ruleIs(always(state('canary', { provinces: ['01'] })))
  const atFacility = ruleIs(always(state('canary', { facilities: ['01999'] })))

  test('takes effect in its provinces and is in shadow elsewhere, as the register places the facility', () => {
    expect(effectOf(inProvince, { facility: { province: '01' } })).toBe('active')
    expect(effectOf(inProvince, { facility: { province: '79' } })).toBe('shadow')
  })
  test('goes by the first two characters of the code where the register does not say', () => {
    expect(effectOf(inProvince, { facilityCode: '01999' })).toBe('active')
    expect(effectOf(inProvince, { facilityCode: '79999' })).toBe('shadow')
  })
  test('takes effect at its facilities and is in shadow at others of the province', () => {
    expect(effectOf(atFacility, { facilityCode: '01999' })).toBe('active')
    expect(effectOf(atFacility, { facilityCode: '01998' })).toBe('shadow')
  })
  test('is over on its last day', () => {
    const value = state('canary', { facilities: ['01999'] })
    const book = ruleIs([
      { from: '2026-03-01', to: '2026-03-11', value, legalBasis: [] },
      { from: '2026-03-12', to: null, value: state('shadow'), legalBasis: [] },
    ])
    expect(effectOf(book, { receivedOn: '2026-03-11' })).toBe('active')
    expect(effectOf(book, { receivedOn: '2026-03-12' })).toBe('shadow')
  })
})
