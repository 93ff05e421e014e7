import { expect, expectTypeOf, test } from 'vitest'
import type * as wire from '../../schemas/types/wire.d.ts'
import type { ChangeOffered, DecisionExplained, Explanation, LineExplained, Step } from '../../src/domain/explanation.ts'
import { explainTour, explainWire } from '../support/explained.ts'
import { factsOf01 } from '../support/sample-claims.ts'
import { checkerOf, readJson } from './load.ts'

test('what the source calls a thing is what the schema calls it', () => {
  expectTypeOf<wire.Explanation>().toExtend<Explanation>()
  expectTypeOf<keyof Explanation>().toEqualTypeOf<keyof wire.Explanation>()
  expectTypeOf<keyof DecisionExplained>().toEqualTypeOf<keyof wire.DecisionExplained>()
  expectTypeOf<keyof LineExplained>().toEqualTypeOf<keyof wire.LineExplained>()
  expectTypeOf<keyof Step>().toEqualTypeOf<keyof wire.Step>()
  expectTypeOf<keyof ChangeOffered>().toEqualTypeOf<keyof wire.ChangeOffered>()
})

test('an explanation is what its schema says', async () => {
  expect(checkerOf('explanation.json')(await explainTour())).toMatchObject({ ok: true })
})

test('the example is what the engine explains', async () => {
  const claim = readJson('examples/claim.json') as unknown as { XML1: object; XML2: Record<string, string>[] }
  const told = await explainWire(
    {
      ...claim,
      XML1: { ...claim.XML1, T_BHTT: '559342.71', T_BNCCT: '132335.68', T_BHTT_GDV: '559342.71' },
      XML2: claim.XML2.map((row) =>
        row['STT'] === '1' ? { ...row, MUC_HUONG: '100', T_BHTT: '30000.00', T_BNCCT: '0.00' } : row,
      ),
    },
    factsOf01,
  )
  // Hashes change with every edit of the rulebook or the engine; what people read must not.
  const shown = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(/[0-9a-f]{64}/g, 'sha256')) as unknown
  expect(shown(readJson('examples/explanation.json'))).toEqual(shown(told))
})
