import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countingFindings } from '../../src/adjudication/count-findings.ts'
import { createDecider } from '../../src/adjudication/decider.ts'
import { loadRulebook } from '../../src/adjudication/rulebook/load.ts'
import { makeClaim, makeFacts, makeLine } from '../support/make-claim.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../rulebook'))

test('what rules say is counted, apart for those in shadow, and the decision is the same', () => {
  const plain = createDecider(rulebook, 'engine')
  const { decider, counts } = countingFindings(plain)
  // A test without result (CLN-09, in shadow) that claims too high a rate (BEN-01).
  const claim = makeClaim({ lines: [makeLine({ group: '1', code: '23.0075.1494', rate: '95' })] })
  for (let time = 0; time < 3; time++) {
    expect(decider.decide(claim, makeFacts()).encoded).toEqual(plain.decide(claim, makeFacts()).encoded)
  }
  expect(counts().find(({ rule }) => rule === 'CLN-09')).toEqual({ rule: 'CLN-09', severity: 'pend', effect: false, count: 3 })
  expect(counts().filter(({ rule }) => rule === 'BEN-01')).toMatchObject([{ effect: true, count: 3 }])
})
