import { describe, expect, test } from 'vitest'
import { type Disaster, disasterFor, inDisaster, stateOf } from '../../src/check-in/disaster.ts'
import type { Decided } from '../../src/check-in/outcome.ts'

const at = (time: string) => Date.parse(`${time}:00+07:00`)
const disaster = (changes: Partial<Disaster> = {}): Disaster => ({
  id: 'd_1',
  provinces: ['01', '79'],
  from: '2026-09-07',
  to: '2026-09-20',
  reason: 'storm',
  openedBy: 'client_a',
  openedAt: '2026-09-06T20:00:00.000Z',
  confirmedBy: 'client_b',
  confirmedAt: '2026-09-06T21:00:00.000Z',
  closedBy: null,
  closedAt: null,
  closedReason: null,
  ...changes,
})

describe('a disaster', () => {
  test('is open from the first minute of its first day to the last of its last, in Vietnam, and ends by itself', () => {
    const found = (time: string) => disasterFor('01', at(time), [disaster()])?.id
    expect(found('2026-09-06T23:59')).toBeUndefined()
    expect(found('2026-09-07T00:00')).toBe('d_1')
    expect(found('2026-09-20T23:59')).toBe('d_1')
    expect(found('2026-09-21T00:00')).toBeUndefined()
  })
  test('is open in its provinces alone', () => {
    expect(disasterFor('79', at('2026-09-10T08:00'), [disaster()])?.id).toBe('d_1')
    expect(disasterFor('48', at('2026-09-10T08:00'), [disaster()])).toBeUndefined()
  })
  test('that one operator opened is not open, and lapses after a day', () => {
    const pending = disaster({ confirmedBy: null, confirmedAt: null })
    expect(disasterFor('01', at('2026-09-07T08:00'), [pending])).toBeUndefined()
    expect(stateOf(pending, at('2026-09-07T08:00'))).toBe('pending')
    expect(stateOf(pending, at('2026-09-08T08:00'))).toBe('lapsed')
  })
  test('that was closed early counts for what happened before it was closed', () => {
    const closed = disaster({ closedAt: '2026-09-10T03:00:00.000Z', closedBy: 'client_b', closedReason: 'over' })
    expect(disasterFor('01', at('2026-09-10T09:59'), [closed])?.id).toBe('d_1')
    expect(disasterFor('01', at('2026-09-10T10:00'), [closed])).toBeUndefined()
  })
  test('of several the one that ends last is named', () => {
    const list = [disaster(), disaster({ id: 'd_2', to: '2026-09-30' }), disaster({ id: 'd_3', to: '2026-09-25' })]
    expect(disasterFor('01', at('2026-09-10T08:00'), list)?.id).toBe('d_2')
  })
})

describe('in a disaster', () => {
  const decided = (changes: Partial<Decided>): Decided => ({
    outcome: 'admitted',
    assurance: 'C2',
    reasons: [],
    offers: [],
    legacyCode: '000',
    ...changes,
  })
  test.each([
    [
      'a chip that was verified is admitted as ever',
      { outcome: 'admitted', assurance: 'C2' },
      { outcome: 'admitted', assurance: 'C2' },
    ],
    [
      'what is merely stated is provisional',
      { outcome: 'admitted', assurance: 'C0' },
      { outcome: 'provisional', assurance: 'C0' },
    ],
    [
      'no cover on record is provisional',
      { outcome: 'refused', assurance: null, legacyCode: '010' },
      { outcome: 'provisional', assurance: 'C0' },
    ],
    [
      'another name is provisional',
      { outcome: 'refused', assurance: null, legacyCode: '060' },
      { outcome: 'provisional', assurance: 'C0' },
    ],
    [
      'a forged card stays refused',
      { outcome: 'refused', assurance: null, legacyCode: '100' },
      { outcome: 'refused', assurance: null },
    ],
    ['what was provisional stays so', { outcome: 'provisional', assurance: 'C1' }, { outcome: 'provisional', assurance: 'C1' }],
  ] as const)('%s', (_, before, after) => {
    expect(inDisaster(decided(before))).toMatchObject(after)
  })
})
