import { expect, test } from 'vitest'
import { visitDetailsOf } from '../../src/adjudication/visit-details.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { makeClaim, makeLine } from '../support/make-claim.ts'

/** A decision that says of each line whether a rule denied it. */
function makeDecision(denied: readonly string[] = [], outcome = 'accept'): Decision {
  const lines = denied.map((at) => ({ table: at.split(' ')[0], stt: Number(at.split(' ')[1]), findings: [1] }))
  return { outcome, lines, findings: [{ severity: 'pend' }, { severity: 'deny' }] } as unknown as Decision
}
const exam = (stt: number, code: string, at?: string, more: object = {}) =>
  makeLine({ stt, group: '13', code, price: '50600', ...(at === undefined ? {} : { performedAt: at }), ...more })
const drug = (stt: number, code: string) => makeLine({ table: 'XML2', stt, code })

test('exams that were paid for are kept in order of time, whatever the order of the lines', () => {
  const lines = [exam(1, 'B', '2026-03-10T09:00'), exam(2, 'A', '2026-03-10T08:00'), exam(3, 'C', '2026-03-10T10:00')]
  const claim = makeClaim({ lines })
  const details = visitDetailsOf(claim, makeDecision(['XML3 3']))
  expect(details.exams).toEqual([
    { at: '2026-03-10T08:00', code: 'A', unitPriceMilli: 50_600_000 },
    { at: '2026-03-10T09:00', code: 'B', unitPriceMilli: 50_600_000 },
  ])
  expect(visitDetailsOf({ ...claim, lines: lines.toReversed() }, makeDecision(['XML3 3']))).toEqual(details)
  expect(visitDetailsOf(claim, makeDecision([], 'deny')).exams).toEqual([])
})

test('an exam outside the scope or without a time is none, and the order stands in for the execution', () => {
  const lines = [exam(1, 'A', '2026-03-10T08:00', { scope: '2' }), exam(2, 'B', undefined, { orderedAt: '2026-03-10T08:30' })]
  expect(visitDetailsOf(makeClaim({ lines }), makeDecision()).exams.map(({ code, at }) => [code, at])).toEqual([
    ['B', '2026-03-10T08:30'],
  ])
  const untimed = { ...makeLine({ group: '13' }), orderedAt: undefined, performedAt: undefined }
  expect(visitDetailsOf(makeClaim({ lines: [untimed] }), makeDecision()).exams).toEqual([])
})

test.each([
  ['01', []],
  ['02', ['40.1', '40.2']],
  ['05', ['40.1', '40.2']],
  ['07', ['40.1', '40.2']],
  ['03', []],
])('of care type %s the drugs for use at home suffice until the end of the visit', (careType, codes) => {
  const lines = [drug(1, '40.2'), drug(2, '40.1'), drug(3, '40.1'), drug(4, '40.9'), exam(5, 'A')]
  const claim = { ...makeClaim({ lines }), careType, endedAt: '2026-04-09T23:59' }
  expect(visitDetailsOf(claim, makeDecision(['XML2 4'])).supply).toEqual(codes.map((code) => ({ code, until: '2026-04-09' })))
})

test('category and slip are those of the claim', () => {
  const claim = { ...makeClaim(), visitCategory: '1.5', referralSlip: 'GHK-1' }
  expect(visitDetailsOf(claim, makeDecision())).toMatchObject({ category: '1.5', slip: 'GHK-1' })
  expect(visitDetailsOf({ ...claim, referralSlip: undefined }, makeDecision()).slip).toBeNull()
})
