import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adjudicate } from '../../../src/adjudication/adjudicate.ts'
import { traceLine, watch } from '../../../src/adjudication/explain/trace.ts'
import { loadRulebook } from '../../../src/adjudication/rulebook/load.ts'
import { claimOfCase, factsOfCase, readCaseFiles } from '../../rules/case-file.ts'
import { anyCase } from '../make-any-claim.ts'

const rulebook = await loadRulebook(join(import.meta.dirname, '../../../rulebook'))

describe('the steps of a line', () => {
  test('end in its decision, for any claim and register', () => {
    fc.assert(
      fc.property(anyCase, ({ claim, facts }) => {
        const decision = adjudicate(claim, facts, rulebook)
        const run = watch(claim, facts, rulebook)
        for (const [index, state] of run.context.lines.entries()) {
          const steps = traceLine(run, state)
          expect(steps.at(-1)?.amounts).toEqual(decision.lines[index]!.decided)
        }
      }),
      { numRuns: 1_000 },
    )
  })
  const cases = readCaseFiles().flatMap(({ rule, cases: all }) => all.map((one) => [`${rule}: ${one.name}`, one] as const))
  test.each(cases)('end in its decision for %s', (_name, one) => {
    const [claim, facts] = [claimOfCase(one), factsOfCase(one)]
    const decision = adjudicate(claim, facts, rulebook)
    const run = watch(claim, facts, rulebook)
    expect(run.context.lines.map((state) => traceLine(run, state).at(-1)?.amounts)).toEqual(
      decision.lines.map(({ decided }) => decided),
    )
  })
})
